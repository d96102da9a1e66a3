import type { Event, EventReference } from '../../model/event.ts';
import type { Rules } from '../rules.ts';
import { changesBetween, fateText, type Change } from './compare.ts';
import { ReplaySide, type Outcome, type ReplayConfiguration, type ReplayedRecord } from './side.ts';
import type { ReplayTotals, RouteTotals } from './totals.ts';

/** Something that would be otherwise if one configuration took the place of the other. */
export interface ReplayDifference {
  readonly subject: 'notification' | 'digest' | 'recall' | 'update' | 'dead_letter';
  readonly change: 'added' | 'gone' | 'changed';
  /** Of a digest the first member. */
  readonly event: EventReference;
  /** Null for a record that is no event on one side. */
  readonly route: string | null;
  readonly item: number;
  /** The key of a digest, the correlation of a recall or update, the reason of a dead letter. */
  readonly key: string | null;
  readonly before: ReplayedNotification | null;
  readonly after: ReplayedNotification | null;
  /** What differs, where there is something on both sides. */
  readonly changes: readonly Change[];
}

export interface ReplayedNotification {
  /** `sent`, `deferred until …`, `suppressed: …`, `failed: …`. */
  readonly fate: string;
  readonly template: string | null;
  readonly app: string;
  readonly people: number;
  readonly broadcast: boolean;
  /** Members of a digest. */
  readonly members: number | null;
  /** The message as JSON text; null where none is made. */
  readonly message: string | null;
}

export interface FoundDifference {
  readonly difference: ReplayDifference;
  /** Why the side without it has none: the clause that said no. Null when that cannot be told. Costs an evaluation. */
  readonly why: () => string | null;
}

export interface ReplaySummary {
  readonly records: number;
  readonly before: ReplayTotals;
  readonly after: ReplayTotals;
  readonly routes: readonly RouteSummary[];
  readonly differences: { readonly added: number; readonly gone: number; readonly changed: number };
  /** True when more had to be remembered than is kept: windows over very many keys are then approximate. */
  readonly estimate: boolean;
}

export interface RouteSummary {
  readonly route: string;
  readonly before: RouteTotals;
  readonly after: RouteTotals;
  readonly added: number;
  readonly gone: number;
  readonly changed: number;
}

/**
 * Takes events one after the other through two configurations and tells what differs. It is pure: nothing is sent,
 * stored or looked up, and its memory is bounded whatever the number of events.
 */
export class Replay {
  readonly #rules: { readonly before: Rules; readonly after: Rules };
  readonly #before: ReplaySide;
  readonly #after: ReplaySide;
  readonly #routes = new Map<string, { added: number; gone: number; changed: number }>();
  /** Digests that one side has closed while the other still collects the same one. */
  readonly #waiting = { before: new Map<string, Outcome>(), after: new Map<string, Outcome>() };
  readonly #differences = { added: 0, gone: 0, changed: 0 };
  #records = 0;
  #clockMs = Number.NEGATIVE_INFINITY;

  constructor(before: ReplayConfiguration, after: ReplayConfiguration) {
    this.#rules = { before: before.rules, after: after.rules };
    this.#before = new ReplaySide(before);
    this.#after = new ReplaySide(after);
  }

  /**
   * One record, as each of the configurations reads it, at the instant that its rules shall see. `place` names it
   * where it is no event.
   */
  record(
    before: ReplayedRecord,
    after: ReplayedRecord,
    place: EventReference,
    nowMs: number,
  ): readonly FoundDifference[] {
    this.#records += 1;
    // Records of several partitions may come out of order; windows never go back.
    this.#clockMs = Math.max(this.#clockMs, nowMs);
    const old = this.#before.take(before, nowMs, this.#clockMs);
    const fresh = this.#after.take(after, nowMs, this.#clockMs);
    const found: FoundDifference[] = [...this.#digests(old.digests, fresh.digests)];
    for (const key of new Set([...old.outcomes.keys(), ...fresh.outcomes.keys()])) {
      const [index] = JSON.parse(key) as [number];
      const events = { before: before.events[index], after: after.events[index] };
      found.push(...this.#pair(old.outcomes.get(key), fresh.outcomes.get(key), events, nowMs));
    }
    for (const [key, { signal, event }] of [...old.signals, ...fresh.signals]) {
      if (old.signals.has(key) === fresh.signals.has(key)) continue;
      const change = old.signals.has(key) ? 'gone' : 'added';
      const { kind, route, correlation } = signal;
      found.push(this.#tell({ ...nothing, subject: kind, change, event, route, key: correlation }));
    }
    if (before.deadLetter !== after.deadLetter) {
      const change = before.deadLetter === null ? 'added' : after.deadLetter === null ? 'gone' : 'changed';
      const key = after.deadLetter ?? before.deadLetter;
      const subject = 'dead_letter';
      found.push(this.#tell({ ...nothing, subject, change, event: place, route: null, key }));
    }
    return found;
  }

  /** Ends every window that is still open. */
  finish(): readonly FoundDifference[] {
    return this.#digests(this.#before.finish(), this.#after.finish());
  }

  summary(): ReplaySummary {
    const [before, after] = [this.#before.routeTotals(), this.#after.routeTotals()];
    const names = new Set([...before.keys(), ...after.keys(), ...this.#routes.keys()]);
    const none = { notifications: 0, sent: 0, recipients: 0 };
    return {
      records: this.#records,
      before: this.#before.totals(),
      after: this.#after.totals(),
      routes: [...names].map((route) => ({
        route,
        before: { ...(before.get(route) ?? none) },
        after: { ...(after.get(route) ?? none) },
        ...(this.#routes.get(route) ?? { added: 0, gone: 0, changed: 0 }),
      })),
      differences: { ...this.#differences },
      estimate: this.#before.isEstimate || this.#after.isEstimate,
    };
  }

  #pair(
    old: Outcome | undefined,
    fresh: Outcome | undefined,
    events: { readonly before: Event | undefined; readonly after: Event | undefined },
    nowMs: number,
  ): readonly FoundDifference[] {
    const known = old ?? fresh;
    if (known === undefined) return [];
    const { planned, event, digest } = known;
    const base = {
      subject: digest === null ? ('notification' as const) : ('digest' as const),
      event,
      route: planned.route,
      item: planned.item,
      key: digest?.key ?? null,
      before: old === undefined ? null : shownOf(old),
      after: fresh === undefined ? null : shownOf(fresh),
    };
    if (old !== undefined && fresh !== undefined) {
      const changes = changesBetween(old, fresh);
      return changes.length === 0 ? [] : [this.#tell({ ...base, change: 'changed', changes })];
    }
    const side = old === undefined ? 'before' : 'after';
    const change = old === undefined ? 'added' : 'gone';
    const lacking = digest === null ? events[side] : undefined;
    const why = (): string | null =>
      lacking === undefined ? null : whyNot(this.#rules[side], planned.route, lacking, nowMs);
    return [this.#tell({ ...base, change, changes: [] }, why)];
  }

  #digests(old: ReadonlyMap<string, Outcome>, fresh: ReadonlyMap<string, Outcome>): FoundDifference[] {
    const found: FoundDifference[] = [];
    const { before, after } = this.#waiting;
    for (const [id, outcome] of old) before.set(id, outcome);
    for (const [id, outcome] of fresh) after.set(id, outcome);
    for (const id of new Set([...before.keys(), ...after.keys()])) {
      const [was, is] = [before.get(id), after.get(id)];
      if (was === undefined && this.#before.isCollecting(id)) continue;
      if (is === undefined && this.#after.isCollecting(id)) continue;
      before.delete(id);
      after.delete(id);
      found.push(...this.#pair(was, is, { before: undefined, after: undefined }, this.#clockMs));
    }
    return found;
  }

  #tell(difference: ReplayDifference, why: () => string | null = () => null): FoundDifference {
    const { route, change } = difference;
    this.#differences[change] += 1;
    if (route !== null) {
      const counts = this.#routes.get(route) ?? { added: 0, gone: 0, changed: 0 };
      counts[change] += 1;
      this.#routes.set(route, counts);
    }
    return { difference, why };
  }
}

const nothing = { item: 0, before: null, after: null, changes: [] } as const;

function shownOf({ planned, fate, digest }: Outcome): ReplayedNotification {
  const { template, app, people, audience, message } = planned;
  const members = digest?.members.length ?? null;
  const body = message?.body ?? null;
  return {
    fate: fateText(fate),
    template,
    app,
    people,
    broadcast: audience.everyone,
    members,
    message: body,
  };
}

/** What explaining the event says of the route where it made nothing. */
function whyNot(rules: Rules, route: string, event: Event, nowMs: number): string | null {
  const verdict = rules.explain(event, nowMs).routes.find((each) => each.route === route);
  if (verdict === undefined) return 'there is no such route';
  const refused = verdict.checks.find((check) => !check.ok);
  return refused === undefined ? null : `${refused.clause}: ${refused.detail}`;
}
