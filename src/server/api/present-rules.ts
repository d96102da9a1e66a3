import type { z } from 'zod';
import { maskOptional, maskText, presentable } from '../masking.ts';
import type { ExplainedNotification, Explanation } from '../ports.ts';
import { audienceJson, messageJson } from './present.ts';
import type * as schemas from './schemas.ts';

export function explanationJson(explanation: Explanation): z.output<typeof schemas.explanation> {
  return {
    event: {
      source: maskText(explanation.event.source),
      id: maskText(explanation.event.id),
      type: maskOptional(explanation.event.type),
      topic: explanation.event.topic,
    },
    config_hash: explanation.configHash,
    routes: explanation.routes.map((route) => ({
      route: route.route,
      verdict: route.verdict,
      checks: route.checks.map((check) => ({
        clause: check.clause,
        ok: check.ok,
        detail: maskText(check.detail),
      })),
      notifications: route.notifications.map(explainedJson),
    })),
    signals: explanation.signals.map((signal) => ({ ...signal, correlation: maskText(signal.correlation) })),
  };
}

type ExplainedJson = z.output<typeof schemas.explanation>['routes'][number]['notifications'][number];

function explainedJson(one: ExplainedNotification): ExplainedJson {
  return {
    item: one.item,
    app: one.app,
    template: one.template,
    audience: audienceJson(one.audience),
    people: one.people,
    message: one.message === null ? null : messageJson(one.message),
    failure:
      one.failure === null
        ? null
        : {
            reason: one.failure.reason,
            stage: one.failure.stage,
            message: maskText(one.failure.message),
          },
    policies: presentable(one.policies),
    cost: { ...one.cost },
  };
}
