import { exampleOf } from '../base/name-pattern.ts';
import type { CaseConfig, CaseExpectation, Config } from '../config/config.ts';
import { suggest } from '../config/suggest.ts';
import type { PlannedNotification, Signal } from '../model/plan.ts';
import { readAvroSchemas, type AvroSchemas } from './cel/avro-types.ts';
import { differences, type Difference } from './case-differences.ts';
import { eventFromSample } from './event-input.ts';
import type { Rules } from './rules.ts';

/** What became of the cases of a configuration. */
export interface CaseReport {
  readonly cases: readonly CaseResult[];
  /** Enabled routes that no case expects. */
  readonly uncovered: readonly string[];
  readonly ok: boolean;
}

export interface CaseResult {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly ok: boolean;
  readonly differences: readonly Difference[];
  /** What really followed: for updating the file. */
  readonly notifications: readonly PlannedNotification[];
  readonly signals: readonly Signal[];
}

/** An instant for cases whose event names none: the answer must be the same every day. */
const defaultNow = Date.parse('2026-03-02T09:30:00+08:00');

/** Runs every case: an event through the rules, and what follows against what was expected. Pure. */
export function runCases(config: Config, rules: Rules): CaseReport {
  const schemas = readAvroSchemas(config.eventSchemas);
  const cases = config.cases.map((found) => runCase(found, config, rules, schemas));
  const expected = new Set(config.cases.flatMap((found) => found.expect.map(({ route }) => route)));
  const uncovered = config.routes
    .filter((route) => route.enabled && !expected.has(route.name))
    .map((route) => route.name);
  return { cases, uncovered, ok: cases.every((result) => result.ok) };
}

function runCase(found: CaseConfig, config: Config, rules: Rules, schemas: AvroSchemas): CaseResult {
  const { time } = found.event.meta;
  const now = found.now?.getTime() ?? (time instanceof Date ? time.getTime() : defaultNow);
  const event = eventFromSample(found.event, now, schemas, defaultsFor(found, config));
  const { notifications, signals } = rules.plan(event, now);
  const all = [
    ...compareNotifications(found.expect, notifications, config),
    ...compareSignals(found.expectSignals, signals),
  ];
  const { file, line } = config.sources.locate(found.source, ['name']);
  return { name: found.name, file, line, ok: all.length === 0, differences: all, notifications, signals };
}

/** A case that names neither topic nor type is one of the first route that it expects. */
function defaultsFor(found: CaseConfig, config: Config): { topic: string; type: string | null } {
  const name = found.expect[0]?.route;
  const route = config.routes.find((candidate) => candidate.name === name);
  const [firstTopic] = config.topics.keys();
  return { topic: exampleOf(route?.on[0] ?? firstTopic ?? 'sample'), type: route?.type?.[0] ?? null };
}

export interface CasePair {
  /** Null for a notification that nobody expected. */
  readonly expectation: CaseExpectation | null;
  /** Null for an expectation that nothing came of. */
  readonly planned: PlannedNotification | null;
}

/** Each expectation takes the first notification of its route (and element) that no other has taken. */
export function pairUp(
  expected: readonly CaseExpectation[],
  notifications: readonly PlannedNotification[],
): readonly CasePair[] {
  const left = new Set(notifications);
  const pairs = expected.map((expectation): CasePair => {
    const { route, item } = expectation;
    const planned = [...left].find((each) => each.route === route && (item === null || each.item === item));
    if (planned !== undefined) left.delete(planned);
    return { expectation, planned: planned ?? null };
  });
  return [...pairs, ...[...left].map((planned) => ({ expectation: null, planned }))];
}

function compareNotifications(
  expected: readonly CaseExpectation[],
  notifications: readonly PlannedNotification[],
  config: Config,
): readonly Difference[] {
  const pairs = pairUp(expected, notifications);
  const others = pairs.flatMap(({ expectation, planned }) =>
    expectation === null && planned !== null ? [planned.route] : [],
  );
  return pairs.flatMap(({ expectation, planned }): readonly Difference[] => {
    if (expectation === null) return planned === null ? [] : [unexpected(planned)];
    const { route, item } = expectation;
    const name = item === null ? route : `${route}[${item}]`;
    if (planned !== null) return differences(name, expectation, planned);
    const names = config.routes.map((candidate) => candidate.name);
    const meant = names.includes(route) ? null : suggest(route, names);
    const hint = meant === null ? '' : ` (did you mean ${meant}?)`;
    const actual = others.length === 0 ? 'no other notification' : others.join(', ');
    return [{ path: name, expected: `a notification${hint}`, actual }];
  });
}

function unexpected(planned: PlannedNotification): Difference {
  const failure = planned.failure === null ? '' : ` (fails: ${planned.failure.message})`;
  return { path: planned.route, expected: 'no notification', actual: `a notification${failure}` };
}

function compareSignals(
  expected: CaseConfig['expectSignals'],
  signals: readonly Signal[],
): readonly Difference[] {
  if (expected === null) return [];
  const left = new Set(signals);
  const found: Difference[] = [];
  for (const { kind, route, correlation } of expected) {
    const match = [...left].find(
      (signal) =>
        signal.kind === kind &&
        signal.route === route &&
        (correlation === null || signal.correlation === correlation),
    );
    const text = `${kind} of ${route}${correlation === null ? '' : ` ${correlation}`}`;
    if (match === undefined) found.push({ path: 'signals', expected: text, actual: describe([...left]) });
    else left.delete(match);
  }
  if (left.size > 0) {
    found.push({ path: 'signals', expected: 'no other', actual: describe([...left]) });
  }
  return found;
}

function describe(signals: readonly Signal[]): string {
  if (signals.length === 0) return 'none';
  return signals.map(({ kind, route, correlation }) => `${kind} of ${route} ${correlation}`).join(', ');
}
