import type { Event } from '../model/event.ts';
import type { NotificationPolicies, PlanFailure, PlannedNotification } from '../model/plan.ts';
import { computeAudience, nobody, type AudienceScope } from './audience.ts';
import { Budget, routeSteps } from './cel/budget.ts';
import type { Expression } from './cel/expression.ts';
import { chooseVariant, type CompiledRoute, type MessageChoice } from './compiled-route.ts';
import type { EventScope } from './event-scope.ts';
import type { Origin } from './explanation.ts';
import { keyText } from './key-text.ts';
import { RouteRenderBudget } from './liquid/limits.ts';
import { renderMessage, type MessageRules } from './message/render-message.ts';
import { quietUntil } from './quiet-hours.ts';

/** What one route makes of one event. `no`: its condition is false. `failed`: its condition could not be told. */
export interface RouteResult {
  readonly verdict: 'no' | 'matched' | 'failed';
  readonly notifications: readonly EvaluatedNotification[];
}

export interface EvaluatedNotification {
  readonly planned: PlannedNotification;
  readonly origins: readonly Origin[];
}

/** More elements than this are taken for a mistake: each would be a message. */
export const maxForEachItems = 1000;

/** Evaluates a route that is a candidate by topic and type. */
export function evaluateRoute(route: CompiledRoute, scope: EventScope, rules: MessageRules): RouteResult {
  const { cel } = scope;
  if (!cel.ok) {
    const failure = failed('expression_error', 'match', cel.message);
    return { verdict: 'failed', notifications: [failedNotification(route, scope, failure)] };
  }
  const run = new RouteRun(route, scope, cel.variables, rules);
  return run.evaluate();
}

/** A notification that stands for a failure before anything else is known of it. */
export function failedNotification(
  route: CompiledRoute,
  scope: EventScope,
  failure: PlanFailure,
): EvaluatedNotification {
  const { config } = route;
  const policies: NotificationPolicies = {
    dedupe: null,
    throttle: null,
    digest: null,
    quiet: null,
    expiresAt: expiryOf(route, scope.event, scope.nowMs),
    overLimit: config.overLimit,
    onUnknown: config.onUnknown,
    track: config.track,
    priority: config.priority,
    correlation: null,
    mergeable: false,
  };
  return {
    planned: {
      route: config.name,
      item: 0,
      template: config.template,
      app: config.app,
      agentId: route.agentId,
      audience: nobody,
      people: 0,
      maxRecipients: config.maxRecipients,
      message: null,
      failure,
      policies,
      digestItem: null,
    },
    origins: [],
  };
}

export function failed(
  reason: PlanFailure['reason'],
  stage: PlanFailure['stage'],
  message: string,
): PlanFailure {
  return { reason, stage, message };
}

/** Counted from the event's own time; an event without one is as old as its receipt. */
export function expiryOf(route: CompiledRoute, event: Event, nowMs: number): number | null {
  const after = route.config.expiresAfterMs;
  return after === null ? null : (event.meta.time?.getTime() ?? nowMs) + after;
}

class RouteRun {
  readonly #route: CompiledRoute;
  readonly #scope: EventScope;
  readonly #variables: Readonly<Record<string, unknown>>;
  readonly #rules: MessageRules;
  readonly #celBudget = new Budget(routeSteps);
  #renderBudget = new RouteRenderBudget();

  constructor(
    route: CompiledRoute,
    scope: EventScope,
    variables: Readonly<Record<string, unknown>>,
    rules: MessageRules,
  ) {
    this.#route = route;
    this.#scope = scope;
    this.#variables = variables;
    this.#rules = rules;
  }

  evaluate(): RouteResult {
    const { when, forEach } = this.#route;
    if (when !== null) {
      const result = when.evaluate(this.#variables, this.#celBudget);
      if (!result.ok) return this.#fail('failed', `when: ${result.message}`);
      if (result.value === false) return { verdict: 'no', notifications: [] };
      if (result.value !== true) return this.#fail('failed', 'when: gives neither true nor false');
    }
    if (forEach === null) {
      return { verdict: 'matched', notifications: [this.#notification(0, undefined)] };
    }
    const items = forEach.evaluate(this.#variables, this.#celBudget);
    if (!items.ok) return this.#fail('matched', `for_each: ${items.message}`);
    if (!Array.isArray(items.value)) return this.#fail('matched', 'for_each: gives no list');
    if (items.value.length > maxForEachItems) {
      return this.#fail('matched', `for_each: the list has more than ${maxForEachItems} elements`);
    }
    const list = items.value as readonly unknown[];
    this.#renderBudget = new RouteRenderBudget({ items: list.length });
    return { verdict: 'matched', notifications: list.map((item, index) => this.#notification(index, item)) };
  }

  #fail(verdict: 'matched' | 'failed', message: string): RouteResult {
    const failure = failed('expression_error', 'match', message);
    return { verdict, notifications: [failedNotification(this.#route, this.#scope, failure)] };
  }

  /** `item` is undefined outside of `for_each`. */
  #notification(index: number, item: unknown): EvaluatedNotification {
    const route = this.#route;
    const scope = this.#itemScope(item);
    const base = failedNotification(route, this.#scope, failed('expression_error', 'match', '')).planned;
    const audience = computeAudience(route.audience, scope, this.#rules.engine);
    if (!audience.ok) {
      const failure = failed('expression_error', 'match', audience.message);
      return { planned: { ...base, item: index, failure }, origins: [] };
    }
    const known = { ...base, item: index, audience: audience.audience, people: audience.people };
    const policies = this.#policies(scope.cel, base.policies);
    if (typeof policies === 'string') {
      const failure = failed('expression_error', 'match', policies);
      return { planned: { ...known, failure }, origins: audience.origins };
    }
    const isDigest = policies.digest !== null;
    const rendered = isDigest
      ? { template: base.template, message: null, failure: null }
      : this.#message(route.message, scope);
    const statusBar = rendered.message?.statusBar ?? false;
    const planned: PlannedNotification = {
      ...known,
      ...rendered,
      policies: { ...policies, mergeable: policies.mergeable && !statusBar },
      digestItem: isDigest ? this.#scope.event : null,
    };
    return { planned, origins: audience.origins };
  }

  #itemScope(item: unknown): AudienceScope {
    const { nowMs } = this.#scope;
    const budgets = { celBudget: this.#celBudget, renderBudget: this.#renderBudget };
    if (item === undefined) return { cel: this.#variables, liquid: this.#scope.liquid, nowMs, ...budgets };
    return { cel: { ...this.#variables, item }, liquid: this.#scope.withItem(item), nowMs, ...budgets };
  }

  #message(
    choice: MessageChoice,
    scope: AudienceScope,
  ): Pick<PlannedNotification, 'template' | 'message' | 'failure'> {
    const { locale, config } = this.#route;
    let wanted = '';
    if (locale !== null) {
      const result = locale.evaluate(scope.cel, this.#celBudget);
      if (!result.ok) {
        const failure = failed('expression_error', 'match', `locale: ${result.message}`);
        return { template: config.template, message: null, failure };
      }
      wanted = typeof result.value === 'string' ? result.value : '';
    }
    const variant = chooseVariant(choice, wanted);
    if (variant === null) {
      const failure = failed('template_error', 'render', 'the template has no variant for this locale');
      return { template: config.template, message: null, failure };
    }
    const eventTime = this.#scope.event.meta.time?.getTime() ?? this.#scope.nowMs;
    const result = renderMessage(
      variant.message,
      {
        liquid: scope.liquid,
        nowMs: scope.nowMs,
        appendTimeMs: config.sameContent === 'append_event_time' ? eventTime : null,
        budget: this.#renderBudget,
      },
      this.#rules,
    );
    return result.ok
      ? { template: variant.name, message: result.message, failure: null }
      : { template: variant.name, message: null, failure: result.failure };
  }

  /** The policies with their keys for this event, or which key could not be told. */
  #policies(
    variables: Readonly<Record<string, unknown>>,
    base: NotificationPolicies,
  ): NotificationPolicies | string {
    const { config, dedupeKey, throttleKey, digestKey, correlation } = this.#route;
    const keys: Record<string, string | null> = {};
    const expressions = {
      'dedupe.key': dedupeKey,
      'throttle.key': throttleKey,
      'digest.key': digestKey,
      correlation,
    };
    for (const [name, expression] of Object.entries(expressions)) {
      const key = this.#key(name, expression, variables);
      if (key.problem !== null) return key.problem;
      keys[name] = key.text;
    }
    const keyed = <T extends { readonly windowMs: number }>(
      policy: T | null,
      key: string | null | undefined,
    ) => (policy === null || key === null || key === undefined ? null : { ...policy, key });
    const dedupe = keyed(config.dedupe, keys['dedupe.key']);
    const throttle = keyed(config.throttle, keys['throttle.key']);
    const digest = keyed(config.digest, keys['digest.key']);
    const until = config.quietHours === null ? null : quietUntil(config.quietHours, this.#scope.nowMs);
    return {
      ...base,
      dedupe: dedupe === null ? null : { key: dedupe.key, windowMs: dedupe.windowMs },
      throttle:
        throttle === null ? null : { key: throttle.key, limit: throttle.limit, windowMs: throttle.windowMs },
      digest: digest === null ? null : { key: digest.key, windowMs: digest.windowMs, max: digest.max },
      quiet:
        until === null || config.quietHours === null ? null : { until, action: config.quietHours.action },
      correlation: keys['correlation'] ?? null,
      mergeable: config.recallOn.length === 0 && config.updateOn.length === 0,
    };
  }

  #key(
    name: string,
    expression: Expression | null,
    variables: Readonly<Record<string, unknown>>,
  ): { readonly text: string | null; readonly problem: string | null } {
    if (expression === null) return { text: null, problem: null };
    const result = expression.evaluate(variables, this.#celBudget);
    if (!result.ok) return { text: null, problem: `${name}: ${result.message}` };
    const key = keyText(result.value);
    return key.ok ? { text: key.text, problem: null } : { text: null, problem: `${name}: ${key.message}` };
  }
}
