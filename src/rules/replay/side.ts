import type { Config } from '../../config/config.ts';
import { referenceOf, type Event, type EventReference } from '../../model/event.ts';
import type { PlannedNotification, Signal } from '../../model/plan.ts';
import type { Rules } from '../rules.ts';
import { BoundedMemory } from './bounded-memory.ts';
import { CallCounter } from './call-counter.ts';
import { DigestWindows, type OpenDigest } from './digest-windows.ts';
import { isTold, PolicyWindows, type Fate } from './fate.ts';
import { Reach } from './reach.ts';
import { Tally, type ReplayTotals, type RouteTotals } from './totals.ts';

export interface ReplayConfiguration {
  readonly config: Config;
  readonly rules: Rules;
}

/** What a record is under one configuration: its events, or why it has none (a dead letter's reason). */
export interface ReplayedRecord {
  readonly events: readonly Event[];
  readonly deadLetter: string | null;
}

/** One notification and what would become of it. */
export interface Outcome {
  readonly planned: PlannedNotification;
  readonly fate: Fate;
  /** Of a digest its first member. */
  readonly event: EventReference;
  readonly digest: OpenDigest | null;
}

export interface Consequences {
  /** By what names a notification within its record: event, route, element. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly signals: ReadonlyMap<string, { readonly signal: Signal; readonly event: EventReference }>;
  /** Digests whose window ended, by the id of the window. */
  readonly digests: ReadonlyMap<string, Outcome>;
}

/** One of the two configurations, with what it remembers of the events before. */
export class ReplaySide {
  readonly #config: Config;
  readonly #rules: Rules;
  /** Identities that came lately; one that comes again after very many others counts as new. */
  readonly #known = new BoundedMemory<true>(() => false);
  readonly #windows = new PolicyWindows();
  readonly #digests = new DigestWindows();
  readonly #calls = new CallCounter();
  readonly #reach = new Reach();
  readonly #suppressed = new Tally();
  readonly #failed = new Tally();
  readonly #deadLetters = new Tally();
  readonly #counts = {
    notifications: 0,
    sent: 0,
    deferred: 0,
    digested: 0,
    recalls: 0,
    updates: 0,
    duplicates: 0,
    recipients: 0,
    broadcasts: 0,
  };
  readonly #routes = new Map<string, { notifications: number; sent: number; recipients: number }>();

  constructor({ config, rules }: ReplayConfiguration) {
    this.#config = config;
    this.#rules = rules;
  }

  /** `nowMs`: the instant that rules see; `clockMs`: the same, but never going back, for windows. */
  take(record: ReplayedRecord, nowMs: number, clockMs: number): Consequences {
    const outcomes = new Map<string, Outcome>();
    const signals = new Map<string, { signal: Signal; event: EventReference }>();
    const digests = this.#closeDigests(this.#digests.due(clockMs));
    if (record.deadLetter !== null) this.#deadLetters.add(record.deadLetter);
    for (const [index, event] of record.events.entries()) {
      const reference = referenceOf(event.meta);
      if (this.#isKnown(reference, clockMs)) continue;
      const plan = this.#rules.plan(event, nowMs);
      for (const planned of plan.notifications) {
        const fate = this.#windows.fateOf(planned, nowMs, clockMs);
        this.#count(planned, fate, clockMs);
        const outcome = { planned, fate, event: reference, digest: null };
        outcomes.set(JSON.stringify([index, planned.route, planned.item]), outcome);
        if (fate.kind !== 'digested') continue;
        for (const [id, closed] of this.#closeDigests(this.#digests.join(planned, clockMs)))
          digests.set(id, closed);
      }
      for (const signal of plan.signals) {
        this.#counts[signal.kind === 'recall' ? 'recalls' : 'updates'] += 1;
        signals.set(JSON.stringify([index, signal]), { signal, event: reference });
      }
    }
    return { outcomes, signals, digests };
  }

  /** Closes what is still open. */
  finish(): Consequences['digests'] {
    return this.#closeDigests(this.#digests.due(Number.POSITIVE_INFINITY));
  }

  isCollecting(digestId: string): boolean {
    return this.#digests.isOpen(digestId);
  }

  totals(): ReplayTotals {
    return {
      ...this.#counts,
      suppressed: this.#suppressed.counts(),
      failed: this.#failed.counts(),
      deadLetters: this.#deadLetters.counts(),
      people: this.#reach.people,
      calls: this.#calls.calls,
    };
  }

  routeTotals(): ReadonlyMap<string, RouteTotals> {
    return this.#routes;
  }

  /** Whether more had to be remembered than is: the answer is then an estimate. */
  get isEstimate(): boolean {
    const forgotten = this.#windows.forgotten + this.#digests.forgotten + this.#calls.forgotten;
    return forgotten > 0 || this.#reach.isFull;
  }

  #isKnown({ source, id }: EventReference, clockMs: number): boolean {
    const identity = JSON.stringify([source, id]);
    if (this.#known.get(identity, clockMs) !== undefined) {
      this.#counts.duplicates += 1;
      return true;
    }
    this.#known.set(identity, true, clockMs);
    return false;
  }

  #closeDigests(closed: readonly OpenDigest[]): Map<string, Outcome> {
    const outcomes = new Map<string, Outcome>();
    for (const digest of closed) {
      const [first] = digest.members;
      const planned = this.#rules.planDigest(digest.route, digest.key, digest.members, digest.closesAt);
      if (planned === null || first === undefined) continue;
      // Its windows were asked for every member; what is left are audience and quiet hours.
      const own = {
        ...planned,
        policies: { ...planned.policies, dedupe: null, throttle: null, digest: null },
      };
      const fate = this.#windows.fateOf(own, digest.closesAt, digest.closesAt);
      this.#count(own, fate, digest.closesAt);
      outcomes.set(digest.id, { planned: own, fate, event: referenceOf(first.meta), digest });
    }
    return outcomes;
  }

  #count(planned: PlannedNotification, fate: Fate, nowMs: number): void {
    const route = this.#routes.get(planned.route) ?? { notifications: 0, sent: 0, recipients: 0 };
    this.#routes.set(planned.route, route);
    this.#counts.notifications += 1;
    route.notifications += 1;
    if (fate.kind === 'suppressed') this.#suppressed.add(fate.reason);
    else if (fate.kind === 'failed') this.#failed.add(fate.reason);
    else if (fate.kind === 'digested') this.#counts.digested += 1;
    if (!isTold(fate)) return;
    this.#counts.sent += 1;
    this.#counts.recipients += planned.people;
    route.sent += 1;
    route.recipients += planned.people;
    if (fate.kind === 'deferred') this.#counts.deferred += 1;
    if (planned.audience.everyone) this.#counts.broadcasts += 1;
    const app = this.#config.dingtalk.apps.get(planned.app);
    const sizeOf = (id: number): number => app?.departmentSizes.get(id) ?? app?.defaultDepartmentSize ?? 0;
    this.#reach.add(planned.audience, planned.people, sizeOf);
    this.#calls.add(planned, sizeOf, fate.kind === 'deferred' ? fate.until : nowMs, nowMs);
  }
}
