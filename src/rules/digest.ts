import type { Event } from '../model/event.ts';
import type { Audience, PlanFailure, PlannedNotification } from '../model/plan.ts';
import { computeAudience, nobody } from './audience.ts';
import { Budget, routeSteps } from './cel/budget.ts';
import { chooseVariant, type CompiledRoute } from './compiled-route.ts';
import { failed, failedNotification } from './evaluate-route.ts';
import { EventScope } from './event-scope.ts';
import { RouteRenderBudget } from './liquid/limits.ts';
import { renderMessage } from './message/render-message.ts';
import type { Program } from './plan-event.ts';
import { quietUntil } from './quiet-hours.ts';

/**
 * The one notification of a closed digest: the audiences of its members together, and a message over `items`,
 * `count` and `key`. `data` and `meta` are the first member's.
 */
export function planDigest(
  program: Program,
  route: CompiledRoute,
  key: string,
  members: readonly Event[],
  nowMs: number,
): PlannedNotification | null {
  const [first] = members;
  if (route.digestMessage === null || first === undefined) return null;
  const scopes = members.map((event) => new EventScope(event, nowMs, program.timeZone));
  const own = scopes[0] ?? new EventScope(first, nowMs, program.timeZone);
  const base = failedNotification(route, own, failed('expression_error', 'match', '')).planned;
  const union = unionOfAudiences(program, route, scopes);
  if ('reason' in union) return { ...base, failure: union };
  const liquid = {
    ...own.liquid,
    items: scopes.map((scope) => ({ data: scope.liquid['data'], meta: scope.liquid['meta'] })),
    count: members.length,
    key,
  };
  const until = route.config.quietHours === null ? null : quietUntil(route.config.quietHours, nowMs);
  const planned: PlannedNotification = {
    ...base,
    ...union,
    failure: null,
    policies: {
      ...base.policies,
      // A digest is as new as its window; its members were checked when they came.
      expiresAt: null,
      quiet:
        until === null || route.config.quietHours === null
          ? null
          : { until, action: route.config.quietHours.action },
      mergeable: true,
    },
  };
  const variant = chooseVariant(route.digestMessage, localeOf(route, own));
  if (variant === null) {
    const failure = failed('template_error', 'render', 'the template has no variant for this locale');
    return { ...planned, failure };
  }
  const appendTimeMs = route.config.sameContent === 'append_event_time' ? nowMs : null;
  const budget = new RouteRenderBudget({ members: members.length });
  const message = { liquid, nowMs, appendTimeMs, budget };
  const result = renderMessage(variant.message, message, program.rules);
  if (!result.ok) return { ...planned, template: variant.name, failure: result.failure };
  const mergeable = !result.message.statusBar;
  const policies = { ...planned.policies, mergeable };
  return { ...planned, template: variant.name, message: result.message, policies };
}

function localeOf(route: CompiledRoute, scope: EventScope): string {
  if (route.locale === null || !scope.cel.ok) return '';
  const result = route.locale.evaluate(scope.cel.variables);
  return result.ok && typeof result.value === 'string' ? result.value : '';
}

/** Everybody whom any member would have told. */
function unionOfAudiences(
  program: Program,
  route: CompiledRoute,
  scopes: readonly EventScope[],
): { readonly audience: Audience; readonly people: number } | PlanFailure {
  const userids = new Set<string>();
  const mobiles = new Map<string, Audience['mobiles'][number]>();
  const deptIds = new Set<number>();
  for (const scope of scopes) {
    if (!scope.cel.ok) return failed('expression_error', 'match', scope.cel.message);
    const budgets = { celBudget: new Budget(routeSteps), renderBudget: new RouteRenderBudget() };
    const { liquid, nowMs } = scope;
    const audience = computeAudience(
      route.audience,
      { cel: scope.cel.variables, liquid, nowMs, ...budgets },
      program.rules.engine,
    );
    if (!audience.ok) return failed('expression_error', 'match', audience.message);
    for (const userid of audience.audience.userids) userids.add(userid);
    for (const mobile of audience.audience.mobiles) mobiles.set(mobile.reveal(), mobile);
    for (const id of audience.audience.deptIds) deptIds.add(id);
  }
  const audience: Audience = {
    ...nobody,
    userids: [...userids],
    mobiles: [...mobiles.values()],
    deptIds: [...deptIds],
  };
  const inDepartments = audience.deptIds.reduce((sum, id) => sum + route.audience.departmentSize(id), 0);
  return { audience, people: userids.size + mobiles.size + inDepartments };
}
