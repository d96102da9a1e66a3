import type { PlannedNotification, Signal } from '../model/plan.ts';
import type { CompiledRoute, CompiledSignal } from './compiled-route.ts';
import { evaluateRoute, failed, failedNotification, type RouteResult } from './evaluate-route.ts';
import type { EventScope } from './event-scope.ts';
import { keyText } from './key-text.ts';
import type { MessageRules } from './message/render-message.ts';
import type { RouteIndex } from './route-index.ts';
import { signalFailure } from './signal-failure.ts';

/** What the evaluation of events works with. */
export interface Program {
  readonly routes: readonly CompiledRoute[];
  /** Enabled routes: the ordinary ones in order, then the fallbacks in order. */
  readonly index: RouteIndex<CompiledRoute>;
  readonly signals: RouteIndex<CompiledSignal>;
  readonly rules: MessageRules;
  readonly timeZone: string;
}

export interface RouteVisit {
  readonly route: CompiledRoute;
  /** Null when the route was passed over: which earlier route is the reason, and how. */
  readonly result: RouteResult | null;
  readonly passedOver: { readonly because: 'stop' | 'fallback'; readonly of: string } | null;
}

/**
 * Asks the candidates in order. `stop` keeps later routes from the event; a fallback is asked only when none before
 * it matched. The explanation and the plan are both made of these visits.
 */
export function visitRoutes(program: Program, scope: EventScope): readonly RouteVisit[] {
  const { topic, type } = scope.event.meta;
  const visits: RouteVisit[] = [];
  let matched: string | null = null;
  let stopped: string | null = null;
  for (const route of program.index.find(topic, type)) {
    const { name, fallback, stop } = route.config;
    if (stopped !== null) {
      visits.push({ route, result: null, passedOver: { because: 'stop', of: stopped } });
      continue;
    }
    if (fallback && matched !== null) {
      visits.push({ route, result: null, passedOver: { because: 'fallback', of: matched } });
      continue;
    }
    const result = evaluateRoute(route, scope, program.rules);
    visits.push({ route, result, passedOver: null });
    if (result.verdict !== 'matched') continue;
    matched ??= name;
    if (stop) stopped = name;
  }
  return visits;
}

export interface SignalsResult {
  readonly signals: readonly Signal[];
  /** A signal whose key could not be told fails in the name of its route, so that it is not lost in silence; once a route. */
  readonly failures: readonly PlannedNotification[];
}

export function findSignals(program: Program, scope: EventScope): SignalsResult {
  const { topic, type } = scope.event.meta;
  return evaluateSignals(program.signals.find(topic, type), scope, program);
}

/** One route's share of them. */
export function findSignalsOf(route: string, program: Program, scope: EventScope): SignalsResult {
  const { topic, type } = scope.event.meta;
  const candidates = program.signals.find(topic, type);
  return evaluateSignals(
    candidates.filter((each) => each.route.config.name === route),
    scope,
    program,
  );
}

function evaluateSignals(
  candidates: readonly CompiledSignal[],
  scope: EventScope,
  program: Program,
): SignalsResult {
  if (candidates.length === 0) return { signals: [], failures: [] };
  const signals: Signal[] = [];
  const failures: PlannedNotification[] = [];
  for (const candidate of candidates) {
    const found = evaluateSignal(candidate, scope, program);
    if (typeof found === 'string') {
      if (failures.some(({ route }) => route === candidate.route.config.name)) continue;
      const failure = failed('expression_error', 'match', signalFailure(candidate.kind, found));
      failures.push(failedNotification(candidate.route, scope, failure).planned);
    } else if (found !== null) signals.push(found);
  }
  return { signals, failures };
}

/** The signal, null when its condition is false, or what went wrong. */
function evaluateSignal(signal: CompiledSignal, scope: EventScope, program: Program): Signal | string | null {
  const { cel } = scope;
  if (!cel.ok) return `key: ${cel.message}`;
  if (signal.when !== null) {
    const result = signal.when.evaluate(cel.variables);
    if (!result.ok) return `when: ${result.message}`;
    if (result.value !== true) return null;
  }
  const key = signal.key.evaluate(cel.variables);
  if (!key.ok) return `key: ${key.message}`;
  const correlation = keyText(key.value);
  if (!correlation.ok) return `key: ${correlation.message}`;
  let statusValue: string | null = null;
  if (typeof signal.statusValue === 'string') statusValue = signal.statusValue;
  else if (signal.statusValue !== null) {
    const rendering = program.rules.engine.render(signal.statusValue, scope.liquid, scope.nowMs);
    if (!rendering.ok) return `status_value: ${rendering.message}`;
    statusValue = rendering.text;
  }
  return {
    kind: signal.kind,
    route: signal.route.config.name,
    correlation: correlation.text,
    statusValue,
    statusBg: signal.statusBg,
  };
}

/** Everything that follows from an event. */
export function planEvent(
  program: Program,
  scope: EventScope,
): { readonly notifications: readonly PlannedNotification[]; readonly signals: readonly Signal[] } {
  const notifications = visitRoutes(program, scope).flatMap(
    (visit) => visit.result?.notifications.map(({ planned }) => planned) ?? [],
  );
  const { signals, failures } = findSignals(program, scope);
  const besides = failures.map((failure) =>
    besideNotifications(failure, notifications.filter(({ route }) => route === failure.route).length),
  );
  return { notifications: [...notifications, ...besides], signals };
}

/** A signal's failure behind what its route makes of the same event, so that each has a name of its own. */
export function besideNotifications(failure: PlannedNotification, count: number): PlannedNotification {
  return { ...failure, item: count };
}
