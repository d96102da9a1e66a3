/** What one configuration makes of all events together. */
export interface ReplayTotals {
  /** One event, one route (and element of `for_each`): those of digests included. */
  readonly notifications: number;
  /** Would go out, at once or after quiet hours. */
  readonly sent: number;
  readonly deferred: number;
  /** Went into a digest, which is a notification of its own. */
  readonly digested: number;
  readonly suppressed: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  readonly recalls: number;
  readonly updates: number;
  /** Records that would go to the dead letters undecoded, by reason. */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** Events whose identity came before. */
  readonly duplicates: number;
  /** People reached, each counted once; departments and everyone by their configured size. */
  readonly people: number;
  /** The same counted once for each message. */
  readonly recipients: number;
  readonly broadcasts: number;
  /** Calls that send. Questions about outcomes come on top. */
  readonly calls: number;
}

/** The countable part of a configuration's consequences, for one route. */
export interface RouteTotals {
  readonly notifications: number;
  readonly sent: number;
  readonly recipients: number;
}

export class Tally {
  readonly #counts = new Map<string, number>();

  add(word: string): void {
    this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
  }

  /** By name, so that two of them read alike. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
