/** How much of a window is ours. */
export interface Allowance {
  /** Further units may be taken while fewer than these are in use; 0 when what was granted is too old to be believed. */
  units(): number;
  /** Units that may be in use at once: more than `units` while a part is given back. */
  held(): number;
}

const everything: Allowance = { units: () => Infinity, held: () => Infinity };

/**
 * A sliding window over something that is counted: at most `limit` units in use at any time. A unit is in use from
 * its taking until it is told when it becomes free; it never becomes free by being forgotten. Times only ever rise.
 */
export class SlidingWindow {
  readonly limit: number;
  /** Units that are taken and whose end is not known yet. */
  #open = 0;
  /** Units that become free at a known time, in order of that time. */
  #cooling: { readonly at: number; readonly units: number }[] = [];
  #coolingUnits = 0;
  readonly #allowed: () => Allowance;

  /**
   * `limit`: whole units; 0 or Infinity means that nothing is limited. `allowed`: the part of them that may be in use
   * here, when others use the rest.
   */
  constructor(limit: number, allowed: () => Allowance = () => everything) {
    this.limit = limit === 0 ? Infinity : limit;
    this.#allowed = allowed;
  }

  /** Units that could be taken at `now`. */
  free(now: number): number {
    if (this.limit === Infinity) return Infinity;
    return Math.max(0, Math.min(this.limit, this.#allowed().units()) - this.used(now));
  }

  /** Units in use at `now`. */
  used(now: number): number {
    this.#advance(now);
    return this.#open + this.#coolingUnits;
  }

  /** False when more is in use than may be: what was taken and is not begun must not begin. */
  covered(now: number): boolean {
    return this.limit === Infinity || this.used(now) <= this.#allowed().held();
  }

  /** What asking for `units` comes to: more than the whole window can hold waits for an empty window. */
  bounded(units: number): number {
    return Math.min(units, this.limit);
  }

  take(units: number): void {
    this.#open += units;
  }

  /** Taken units will be free at `at`. */
  release(units: number, at: number): void {
    this.#open -= units;
    if (this.limit === Infinity || units === 0) return;
    this.#coolingUnits += units;
    let index = this.#cooling.length;
    while (index > 0 && (this.#cooling[index - 1]?.at ?? 0) > at) index--;
    this.#cooling.splice(index, 0, { at, units });
  }

  /** Taken units are free at once: they were not used. */
  giveBack(units: number): void {
    this.#open -= units;
  }

  /** When `units` will be free at the earliest; null while that hangs on units whose end is not known. */
  freeAt(units: number, now: number): number | null {
    let missing = units - this.free(now);
    if (missing <= 0) return now;
    for (const { at, units: freed } of this.#cooling) {
      missing -= freed;
      if (missing <= 0) return at;
    }
    return null;
  }

  #advance(now: number): void {
    let done = 0;
    for (const { at, units } of this.#cooling) {
      if (at > now) break;
      this.#coolingUnits -= units;
      done++;
    }
    if (done > 0) this.#cooling.splice(0, done);
  }
}

/**
 * The smallest round trip of late. A call is counted by DingTalk somewhere between its sending and its answer; how far
 * two calls may drift together on the way is the difference of their round trips to the smallest possible one, so the
 * limiter waits that much longer and no more. Only time in which this thread waited belongs to a round trip: what it
 * was busy with in the meantime, the other calls of a burst above all, makes an answer look late that is not, and the
 * next one may be there so much sooner.
 */
export class RoundTrips {
  #count = 0;
  #current = Infinity;
  #previous = Infinity;
  #since = 0;

  /** Remembers for one to two of these, so that a change of route is noticed. Milliseconds. */
  static readonly memoryMs = 30_000;
  /** Fewer round trips than this tell nothing. */
  static readonly enough = 20;

  add(waitedMs: number, now: number): void {
    if (now - this.#since > RoundTrips.memoryMs || now < this.#since) {
      this.#previous = this.#current;
      this.#current = Infinity;
      this.#since = now;
    }
    this.#count++;
    this.#current = Math.min(this.#current, waitedMs);
  }

  /** Milliseconds; 0 while too little is known, which is the careful answer. */
  get smallest(): number {
    const smallest = Math.min(this.#current, this.#previous);
    return this.#count < RoundTrips.enough || smallest === Infinity ? 0 : Math.max(0, smallest);
  }

  /** The estimate was wrong: start again carefully. */
  forget(): void {
    this.#count = 0;
    this.#current = Infinity;
    this.#previous = Infinity;
  }
}
