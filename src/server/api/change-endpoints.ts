import { z } from 'zod';
import type { Services } from '../services.ts';
import type { Change } from '../changes.ts';
import { refusalOf } from '../changes.ts';
import type { OperationOutcome } from '../ports.ts';
import { reply, type Reply } from '../problem.ts';
import { reload } from '../reload.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import { outcomeJson } from './present.ts';
import * as schemas from './schemas.ts';

/** As many as one may ask for at once; each is answered on its own. */
const ids = z.array(z.string().min(1).max(128)).min(1).max(100);
const note = z.string().max(500).nullable().default(null).describe('For the audit log');
const place = z.strictObject({
  partition: z.int().min(0),
  offset: z
    .string()
    // Kafka counts to 2^63; no topic gets near it.
    .regex(/^\d{1,18}$/)
    .transform(BigInt),
});
const places = z
  .array(place.nullable())
  .max(100)
  .default([])
  .describe('Where each stands in the dead-letter topic, as far as that is known: it spares the search');
const subject = z.string().min(1).max(256).describe('An app, `route:<name>`, or `*` for everything');
const outcomes = z.object({ items: z.array(schemas.outcome) });

/** Everything that changes something: the admin token, and an entry in the audit log, always. */
export function changeEndpoints(services: Services): readonly Endpoint[] {
  const { changes, ports } = services;
  const { operations } = ports;

  const audited = async (
    change: Change,
    work: () => Promise<readonly OperationOutcome[]>,
  ): Promise<Reply<z.output<typeof outcomes>>> => {
    const done = await changes.run(change, work, refusalOf);
    return reply({ items: done.map(outcomeJson) });
  };

  return [
    endpoint({
      method: 'post',
      path: '/reload',
      tag: 'Configuration',
      summary: 'Read the configuration again; with faults the old one stays in force',
      role: 'admin',
      answer: schemas.reloadReport,
      handle: async (_, { actor }) => reply(await reload(services, actor)),
    }),
    endpoint({
      method: 'post',
      path: '/pause',
      tag: 'Service',
      summary: 'Stop new calls of an app, of a route, or all of them; what waits is kept',
      role: 'admin',
      body: z.strictObject({
        subject,
        note,
        until: z.iso
          .datetime({ offset: true })
          .transform((text) => Date.parse(text))
          .nullable()
          .default(null)
          .describe('When it ends by itself'),
      }),
      answer: outcomes,
      handle: ({ body }, { actor }) =>
        audited({ actor, action: 'pause', targets: [body.subject], note: body.note }, async () => [
          await operations.pause(body.subject, body.note, body.until),
        ]),
    }),
    endpoint({
      method: 'post',
      path: '/resume',
      tag: 'Service',
      summary: 'End a pause or any other hold',
      role: 'admin',
      body: z.strictObject({ subject, note }),
      answer: outcomes,
      handle: ({ body }, { actor }) =>
        audited({ actor, action: 'resume', targets: [body.subject], note: body.note }, async () => [
          await operations.resume(body.subject),
        ]),
    }),
    endpoint({
      method: 'post',
      path: '/recall',
      tag: 'Notifications',
      summary: 'Take notifications back: cancel what is not sent, recall what is',
      role: 'admin',
      body: z.strictObject({ notification_ids: ids, note }),
      answer: outcomes,
      handle: ({ body }, { actor }) =>
        audited({ actor, action: 'recall', targets: body.notification_ids, note: body.note }, () =>
          operations.recall(body.notification_ids),
        ),
    }),
    endpoint({
      method: 'post',
      path: '/redrive',
      tag: 'Dead letters',
      summary: 'Send dead letters through their routes once more',
      role: 'admin',
      body: z.strictObject({ dead_letter_ids: ids, places, note }),
      answer: outcomes,
      handle: ({ body }, { actor }) =>
        audited({ actor, action: 'redrive', targets: body.dead_letter_ids, note: body.note }, () =>
          operations.redrive(
            body.dead_letter_ids.map((id, index) => ({ id, place: body.places[index] ?? null })),
          ),
        ),
    }),
    endpoint({
      method: 'post',
      path: '/deliveries/{id}/resolve',
      tag: 'Notifications',
      summary: 'Settle a delivery whose unknown outcome is held for a person',
      role: 'admin',
      params: z.object({ id: z.string().min(1).max(128) }),
      body: z.strictObject({ settlement: z.enum(['sent', 'resend', 'drop']), note }),
      answer: outcomes,
      handle: ({ params, body }, { actor }) =>
        audited(
          {
            actor,
            action: 'resolve',
            targets: [params.id],
            note: [body.settlement, body.note].filter((text) => text !== null).join(': '),
          },
          async () => [await operations.resolve(params.id, body.settlement)],
        ),
    }),
  ];
}
