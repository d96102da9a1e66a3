/**
 * Shares the limits of an app, or of a public address, with other processes. Each has a part of each limit, for a few
 * seconds at a time, and counts its calls against that part by itself, so a call costs no journey to the store. Parts
 * follow the demand. It must never believe in a part that others may have taken for free: what was granted is
 * measured from before it was asked for, by a clock that nobody sets, and is void when it has grown old.
 */
import { ageFromNow, type Age } from '../base/age.ts';
import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Holds } from './holds.ts';
import type { Part, PermitSource, SharedLimit } from './permits.ts';
import {
  nextPart,
  readDocument,
  withMember,
  type HeldPart,
  type NextPart,
  type SharedDocument,
  type SharedStore,
} from './shared-document.ts';
import { exchangeHolds } from './shared-holds.ts';

export interface SharedPermitsOptions {
  readonly store: SharedStore;
  /** Names the document: everyone who calls for this app, or from this address, has the same. */
  readonly name: string;
  /** Names this process start; never used again. */
  readonly owner: string;
  /** What is stopped for one is stopped for all. */
  readonly holds: Holds;
  readonly clock: Clock;
  readonly random: Random;
  /** Stops have come or gone elsewhere: those who wait should look again. */
  readonly onHolds: () => void;
  readonly onTrouble: (thrown: unknown) => void;
}

/** How long a part may be used without being renewed: as long as others wait for one who was killed or frozen. */
export const partLifeMs = 3_000;
const renewEveryMs = 1_000;
/** While calls wait for units that others are to give up, or that nobody has. */
const wantingEveryMs = 300;
/** While each time brings more. */
const growingEveryMs = 20;
/** Whoever has not used a limit for so long gives its part back. */
const idleAfterMs = 10_000;
const retryMs = 300;
/** Somebody else changed the document meanwhile; among many a few attempts are needed. */
const attempts = 8;

interface Entry {
  readonly limit: SharedLimit;
  /** What may be in use, and up to what may be taken, if it is not too old. */
  held: number;
  units: number;
  /** What somebody waits for; 0 = nobody. */
  need: number;
  /** At the last renewal. */
  used: number;
  /** Since more was used or waited for. */
  idle: Age | null;
  /** Waiting for a larger part is vain: nobody has one to give. */
  bound: boolean;
}

export class SharedPermits implements PermitSource {
  readonly #options: SharedPermitsOptions;
  readonly #entries: Entry[] = [];
  #granted: Age | null = null;
  #renewed: Age | null = null;
  #grew = false;
  #running: Promise<void> | null = null;
  #again = false;
  #timer: { readonly dueAt: number; readonly cancel: () => void } | null = null;
  #first = true;
  #closed = false;

  constructor(options: SharedPermitsOptions) {
    this.#options = options;
    options.holds.onChange(() => {
      this.#renewIn(0);
    });
  }

  open(limit: SharedLimit): Part {
    const entry: Entry = { limit, held: 0, units: 0, need: 0, used: 0, idle: null, bound: false };
    this.#entries.push(entry);
    return {
      units: () => (this.#isFresh() ? entry.units : 0),
      held: () => (this.#isFresh() ? entry.held : 0),
      wish: (units) => {
        const news = units > entry.need;
        entry.need = Math.max(entry.need, units);
        if (news) this.#renewIn(this.#gapOf(entry));
      },
    };
  }

  /** Gives back what is not in use; the rest is free for others as soon as it no longer counts. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#running;
    if (this.#entries.some(({ held }) => held > 0)) await this.#renew();
  }

  #isFresh(): boolean {
    return this.#granted !== null && this.#granted.ms() < partLifeMs;
  }

  /** How soon after the last renewal the next one makes sense for a call that waits. */
  #gapOf(entry: Entry): number {
    if (this.#grew) return growingEveryMs;
    return entry.bound && this.#isFresh() ? renewEveryMs : wantingEveryMs;
  }

  /** Renews soon, but not sooner after the last time than told. */
  #renewIn(gapMs: number): void {
    if (this.#closed) return;
    if (this.#running !== null) {
      this.#again = true;
      return;
    }
    this.#schedule(Math.max(0, gapMs - (this.#renewed?.ms() ?? Infinity)));
  }

  /** The earlier of two times counts. */
  #schedule(delayMs: number): void {
    const { clock } = this.#options;
    const dueAt = clock.monotonic() + delayMs;
    if (this.#timer !== null && this.#timer.dueAt <= dueAt) return;
    this.#timer?.cancel();
    const cancel = clock.schedule(delayMs, () => {
      this.#timer = null;
      this.#running = this.#renew().finally(() => {
        this.#running = null;
        if (!this.#closed) this.#scheduleNext();
      });
    });
    this.#timer = { dueAt, cancel };
  }

  #scheduleNext(): void {
    const waiting = this.#entries.filter(({ need }) => need > 0);
    if (this.#again) {
      this.#again = false;
      this.#renewIn(Math.min(wantingEveryMs, ...waiting.map((entry) => this.#gapOf(entry))));
    } else if (waiting.length > 0) this.#renewIn(Math.min(...waiting.map((entry) => this.#gapOf(entry))));
    // What is still in use when nobody calls any more runs out by itself, for the others too.
    else if (this.#entries.some(isActive) || this.#options.holds.entries().length > 0)
      this.#schedule(renewEveryMs);
  }

  async #renew(): Promise<void> {
    const { clock, random } = this.#options;
    try {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        if (await this.#tryOnce()) return;
        await new Promise<void>((resolve) => clock.schedule(random() * 10 * attempt, resolve));
      }
    } catch (thrown) {
      this.#options.onTrouble(thrown);
      await new Promise<void>((resolve) => clock.schedule(retryMs, resolve));
    }
    // What is held lapses by itself; the next attempt comes soon.
    this.#again = true;
  }

  async #tryOnce(): Promise<boolean> {
    const { store, name, owner, holds, clock } = this.#options;
    const began = ageFromNow(clock);
    const { text, version, now } = await store.read(name);
    const before = this.#first ? withoutFaults(readDocument(text)) : readDocument(text);
    const exchanged = exchangeHolds(holds, before, now, clock.now() - now);
    this.#lookAtUse();
    const parts: Record<string, HeldPart> = {};
    const next = this.#entries.map((entry) => {
      const each = nextPart(before, owner, this.#askOf(entry), now);
      parts[entry.limit.name] = each.part;
      // Until it is known which of both stands in the document, only the smaller part is sure.
      entry.held = Math.min(entry.held, each.part.held);
      entry.units = Math.min(entry.units, each.units);
      return each;
    });
    // Whoever closes begins no further call: what is still in use only has to run out.
    const until = this.#closed ? now : now + partLifeMs;
    const after = withMember({ ...before, holds: exchanged.holds }, owner, { until, parts }, now);
    const changed = text === null ? !isEmpty(after) : JSON.stringify(after) !== text;
    if (changed && !(await store.replace(name, JSON.stringify(after), version))) return false;
    exchanged.stored();
    this.#first = false;
    this.#settle(began, next);
    if (exchanged.changed) this.#options.onHolds();
    return true;
  }

  #settle(began: Age, next: readonly NextPart[]): void {
    const lapsed = !this.#isFresh();
    this.#granted = began;
    this.#renewed = ageFromNow(this.#options.clock);
    this.#grew = false;
    for (const [index, entry] of this.#entries.entries()) {
      const each = next[index];
      if (each === undefined) continue;
      const { part, units, fair } = each;
      const grown = units > entry.units;
      entry.held = part.held;
      entry.units = units;
      entry.bound = part.held >= fair && fair < part.want;
      if (units - entry.limit.used() >= entry.need) entry.need = 0;
      this.#grew ||= grown;
      if (grown || (lapsed && units > 0)) entry.limit.grown();
    }
  }

  #lookAtUse(): void {
    for (const entry of this.#entries) {
      const used = entry.limit.used();
      if (entry.need > 0 || used > entry.used) entry.idle = ageFromNow(this.#options.clock);
      entry.used = used;
    }
  }

  #askOf(entry: Entry): Parameters<typeof nextPart>[2] {
    const { name, whole, windowMs } = entry.limit;
    const { used, need } = entry;
    return {
      name,
      whole,
      windowMs,
      used,
      need: this.#closed ? 0 : need,
      active: !this.#closed && isActive(entry),
    };
  }
}

/** Calls that need units of several limits would otherwise lose the one while they wait for the other. */
function isActive({ idle }: Entry): boolean {
  return idle !== null && idle.ms() < idleAfterMs;
}

/** A start says, as a reload does, that whatever was set up wrongly has been mended. */
function withoutFaults(document: SharedDocument): SharedDocument {
  const holds = Object.entries(document.holds).filter(([, { reason }]) => reason !== 'configuration');
  return { ...document, holds: Object.fromEntries(holds) };
}

function isEmpty({ members, holds }: SharedDocument): boolean {
  return Object.keys(members).length + Object.keys(holds).length === 0;
}
