/** Entries beyond which the oldest are forgotten: enough for any real window, a few tens of megabytes at most. */
const defaultLimit = 100_000;

/**
 * Remembers values by key until they are over. It forgets what is oldest when there is too much, so that a long
 * replay needs no more memory than a short one; how often that happened is told, because the answer is then a guess.
 */
export class BoundedMemory<T> {
  /** Values that were dropped before they were over. */
  forgotten = 0;
  readonly #values = new Map<string, T>();
  readonly #isOver: (value: T, nowMs: number) => boolean;
  readonly #limit: number;

  constructor(isOver: (value: T, nowMs: number) => boolean, limit = defaultLimit) {
    this.#isOver = isOver;
    this.#limit = limit;
  }

  get(key: string, nowMs: number): T | undefined {
    const value = this.#values.get(key);
    return value === undefined || this.#isOver(value, nowMs) ? undefined : value;
  }

  set(key: string, value: T, nowMs: number): void {
    // Put at the end, so that the order is that of the last writing.
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#limit) this.#sweep(nowMs);
  }

  /** Makes room for a tenth of the limit at least, so that it is not done for every entry. */
  #sweep(nowMs: number): void {
    for (const [key, value] of this.#values) if (this.#isOver(value, nowMs)) this.#values.delete(key);
    let excess = this.#values.size - Math.floor(this.#limit * 0.9);
    for (const key of this.#values.keys()) {
      if (excess <= 0) return;
      this.#values.delete(key);
      this.forgotten += 1;
      excess -= 1;
    }
  }
}
