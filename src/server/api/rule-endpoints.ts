import { z } from 'zod';
import type { Services } from '../services.ts';
import { refuse, reply } from '../problem.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import { messageJson } from './present.ts';
import { replayJson } from './present-replay.ts';
import { explanationJson } from './present-rules.ts';
import { replayReport } from './replay-schemas.ts';
import * as schemas from './schemas.ts';

const event = z
  .unknown()
  .refine((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'must be an object { data, meta? }',
  })
  .meta({ type: 'object', description: 'An event as in cases: { "data": …, "meta": { "topic": … } }' });

const recorded = event.meta({
  type: 'object',
  description:
    'An event as in cases, or a recorded record: { "topic", "partition", "offset", "timestamp", "key_base64", "value_base64", "headers": [{ "key", "value_base64" }] }',
});

/** Events in one comparison; more would block the process for too long. */
const mostReplayed = 1_000;

/** Dry runs: they compute and change nothing, so the read role may ask for them. */
export function ruleEndpoints(services: Services): readonly Endpoint[] {
  const { rules } = services.ports;
  return [
    endpoint({
      method: 'post',
      path: '/explain',
      tag: 'Rules',
      summary: 'What each route makes of an event, and why; nothing is sent',
      role: 'read',
      body: z.strictObject({ event }),
      answer: schemas.explanation,
      refusals: [422],
      handle: async ({ body }) => {
        const answer = await rules.explain(body.event);
        return answer.ok
          ? reply(explanationJson(answer.value))
          : refuse(422, 'event_invalid', answer.message);
      },
    }),
    endpoint({
      method: 'post',
      path: '/render',
      tag: 'Rules',
      summary: 'One template filled in with an event; nothing is sent',
      role: 'read',
      body: z.strictObject({ template: z.string().min(1).max(256), event }),
      answer: schemas.message,
      refusals: [422],
      handle: async ({ body }) => {
        const answer = await rules.render(body.template, body.event);
        return answer.ok ? reply(messageJson(answer.value)) : refuse(422, 'render_failed', answer.message);
      },
    }),
    endpoint({
      method: 'post',
      path: '/replay',
      tag: 'Rules',
      summary: 'What would change for these events if the configuration on disk were loaded now',
      role: 'read',
      body: z.strictObject({ events: z.array(recorded).min(1).max(mostReplayed) }),
      answer: replayReport,
      refusals: [422],
      handle: async ({ body }) => {
        const answer = await rules.replay(body.events);
        return answer.ok ? reply(replayJson(answer.value)) : refuse(422, 'event_invalid', answer.message);
      },
    }),
  ];
}
