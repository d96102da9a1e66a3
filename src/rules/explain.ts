import { fits } from '../base/name-pattern.ts';
import type { RouteConfig } from '../config/config.ts';
import type { PlannedNotification } from '../model/plan.ts';
import { callsFor, countOf } from './calls.ts';
import type { Expression } from './cel/expression.ts';
import type { CompiledRoute } from './compiled-route.ts';
import type { EvaluatedNotification } from './evaluate-route.ts';
import { type EventScope } from './event-scope.ts';
import type { Check, ExplainedNotification, Explanation, RouteVerdict } from './explanation.ts';
import { printed } from './liquid/view.ts';
import { liquidView } from './liquid/view.ts';
import {
  besideNotifications,
  findSignals,
  visitRoutes,
  type Program,
  type RouteVisit,
} from './plan-event.ts';
import { refusalOf } from './refusal.ts';
import { zonedIso } from './zoned-time.ts';

const maxValueLength = 120;

/** Tells, route by route, what the plan for an event is made of. */
export function explainEvent(program: Program, scope: EventScope, configHash: string): Explanation {
  const visits = new Map(visitRoutes(program, scope).map((visit) => [visit.route, visit]));
  const { signals, failures } = findSignals(program, scope);
  const failureOf = new Map(failures.map((failure) => [failure.route, failure]));
  const { source, id, type, topic } = scope.event.meta;
  return {
    event: { source, id, type, topic },
    configHash,
    routes: program.routes.map((route) => {
      const told = explainRoute(route, visits.get(route), scope, program);
      const failure = failureOf.get(route.config.name);
      return failure === undefined ? told : withSignalFailure(told, failure, route, scope, program);
    }),
    signals,
  };
}

/** A recall or update that could not be made out, whatever its route makes of the event besides. */
function withSignalFailure(
  told: RouteVerdict,
  failure: PlannedNotification,
  route: CompiledRoute,
  scope: EventScope,
  program: Program,
): RouteVerdict {
  const planned = besideNotifications(failure, told.notifications.length);
  const explained = explainNotification({ planned, origins: [] }, route, scope, program);
  const message = failure.failure?.message ?? '';
  return {
    ...told,
    verdict: 'failed',
    checks: [...told.checks, no(clauseOf(message), message)],
    notifications: [...told.notifications, explained],
  };
}

function explainRoute(
  route: CompiledRoute,
  visit: RouteVisit | undefined,
  scope: EventScope,
  program: Program,
): RouteVerdict {
  const { config } = route;
  const verdict = (name: RouteVerdict['verdict'], checks: readonly Check[]): RouteVerdict => ({
    route: config.name,
    verdict: name,
    checks,
    notifications: [],
  });
  if (!config.enabled) return verdict('disabled', [no('enabled', 'enabled: false')]);
  const checks = checkTopicAndType(config, scope);
  if (checks.some((check) => !check.ok) || visit === undefined) return verdict('not_matched', checks);
  if (visit.passedOver !== null) {
    const { because, of } = visit.passedOver;
    const reason =
      because === 'stop' ? `the route ${of} stopped the event` : `not needed: the route ${of} matched`;
    return verdict('skipped', [...checks, no(because, reason)]);
  }
  const result = visit.result;
  if (result === null) return verdict('not_matched', checks);
  if (config.fallback) checks.push(yes('fallback', 'no route before it matched'));
  if (route.when !== null) checks.push(checkWhen(route.when, result.verdict, scope));
  if (result.verdict === 'no') return verdict('not_matched', checks);
  if (route.forEach !== null && result.verdict === 'matched') checks.push(checkForEach(route, scope));
  const notifications = result.notifications.map((found) =>
    explainNotification(found, route, scope, program),
  );
  for (const { failure } of notifications) {
    if (failure === null) continue;
    checks.push(no(failure.stage === 'render' ? 'message' : clauseOf(failure.message), failure.message));
  }
  if (config.stop && result.verdict === 'matched') {
    checks.push(yes('stop', 'later routes do not see the event'));
  }
  const broken = notifications.some(({ failure }) => failure !== null);
  return { route: config.name, verdict: broken ? 'failed' : 'matched', checks, notifications };
}

function yes(clause: string, detail: string, values: Check['values'] = []): Check {
  return { clause, ok: true, detail, values };
}

function no(clause: string, detail: string, values: Check['values'] = []): Check {
  return { clause, ok: false, detail, values };
}

function checkTopicAndType(config: RouteConfig, scope: EventScope): Check[] {
  const { topic, type } = scope.event.meta;
  const checks: Check[] = [];
  const topics = config.on.join(', ');
  if (!config.on.some((names) => fits(names, topic)))
    return [no('on', `reads ${topics}; the event is on ${topic}`)];
  checks.push(yes('on', topic));
  if (config.type === null) return checks;
  const types = config.type.join(', ');
  if (type !== null && config.type.includes(type)) checks.push(yes('type', type));
  else checks.push(no('type', `takes ${types}; the event ${type === null ? 'has no type' : `is ${type}`}`));
  return checks;
}

function checkWhen(when: Expression, verdict: 'no' | 'matched' | 'failed', scope: EventScope): Check {
  const values = partsOf(when, scope);
  if (verdict === 'no') return no('when', `${when.source} is false`, values);
  // An error of the condition is told once, by the failure that it leads to.
  return verdict === 'matched'
    ? yes('when', `${when.source} is true`, values)
    : yes('when', when.source, values);
}

function checkForEach(route: CompiledRoute, scope: EventScope): Check {
  const source = route.forEach?.source ?? '';
  if (!scope.cel.ok) return no('for_each', source);
  const result = route.forEach?.evaluate(scope.cel.variables);
  const count = result?.ok === true && Array.isArray(result.value) ? result.value.length : null;
  return yes('for_each', count === null ? source : `${source} has ${count} elements`);
}

function partsOf(expression: Expression, scope: EventScope): Check['values'] {
  const { cel } = scope;
  if (!cel.ok) return [];
  return expression.parts(cel.variables).map(({ expression: text, evaluation }) => {
    const value = evaluation.ok ? shown(evaluation.value) : evaluation.message;
    return { expression: text, value };
  });
}

function shown(value: unknown): string {
  const view = liquidView(value, 'UTC');
  const text = typeof view === 'string' ? JSON.stringify(view) : view === null ? 'null' : printed(view);
  return text.length <= maxValueLength ? text : `${text.slice(0, maxValueLength - 1)}…`;
}

/** Failures begin with the name of the clause that they stand for. */
function clauseOf(message: string): string {
  return /^([a-z_]+)/.exec(message)?.[1] ?? 'to';
}

function explainNotification(
  { planned, origins }: EvaluatedNotification,
  route: CompiledRoute,
  scope: EventScope,
  program: Program,
): ExplainedNotification {
  const { item, app, template, audience, people, message, failure, policies } = planned;
  const calls = callsFor(audience, message, route.audience.departmentSize);
  return {
    item,
    app,
    template,
    audience,
    origins,
    people,
    message,
    failure,
    policies,
    cost: { calls: countOf(calls), recipients: people, broadcasts: calls.broadcasts },
    outcome: outcomeOf(planned, scope.nowMs, program.timeZone),
  };
}

/** What the policies that need no memory say; dedupe and throttle depend on what was sent before. */
function outcomeOf(planned: EvaluatedNotification['planned'], nowMs: number, timeZone: string): string {
  const { failure, policies, people, maxRecipients } = planned;
  if (failure !== null) return `fails: ${failure.reason}`;
  const refusal = refusalOf(planned, nowMs);
  if (refusal === 'audience_too_large') {
    return `suppressed: audience_too_large (${people} people, ${maxRecipients} are allowed)`;
  }
  if (refusal !== null) return `suppressed: ${refusal}`;
  const conditions = [
    policies.dedupe === null ? null : `unless ${policies.dedupe.key} was told within the window of dedupe`,
    policies.throttle === null ? null : `unless ${policies.throttle.key} is throttled`,
  ].filter((text) => text !== null);
  const after = conditions.length === 0 ? '' : `, ${conditions.join(', ')}`;
  if (policies.digest !== null) return `collected for the digest of ${policies.digest.key}${after}`;
  if (policies.quiet !== null) {
    return policies.quiet.action === 'drop'
      ? `suppressed: quiet_hours${after}`
      : `deferred until ${zonedIso(policies.quiet.until, timeZone)}${after}`;
  }
  return `sent now${after}`;
}
