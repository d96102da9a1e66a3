import type { z } from 'zod';
import type { ExplainedNotification, Explanation } from '../../rules/explanation.ts';
import { maskOptional, maskText, presentable } from '../masking.ts';
import { audienceJson, messageJson } from './present.ts';
import type * as schemas from './schemas.ts';

export function explanationJson(explanation: Explanation): z.output<typeof schemas.explanation> {
  return {
    event: {
      source: maskText(explanation.event.source),
      id: maskText(explanation.event.id),
      type: maskOptional(explanation.event.type),
      topic: maskText(explanation.event.topic),
    },
    config_hash: explanation.configHash,
    routes: explanation.routes.map((route) => ({
      route: route.route,
      verdict: route.verdict,
      checks: route.checks.map((check) => ({
        clause: check.clause,
        ok: check.ok,
        detail: maskText(check.detail),
        values: check.values.map(({ expression, value }) => ({
          expression: maskText(expression),
          value: maskText(value),
        })),
      })),
      notifications: route.notifications.map(explainedJson),
    })),
    signals: explanation.signals.map(({ kind, route, correlation }) => ({
      kind,
      route,
      correlation: maskText(correlation),
    })),
  };
}

type ExplainedJson = z.output<typeof schemas.explanation>['routes'][number]['notifications'][number];

function explainedJson(one: ExplainedNotification): ExplainedJson {
  return {
    item: one.item,
    app: one.app,
    template: one.template,
    audience: audienceJson(one.audience),
    origins: one.origins.map(({ kind, value, from }) => ({ kind, value: maskText(value), from })),
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
    outcome: maskText(one.outcome),
  };
}
