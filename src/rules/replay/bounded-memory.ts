import { shortHash } from '../../base/ids.ts';

/** Entries beyond which the oldest are forgotten: enough for any real window, and a few megabytes. */
const defaultLimit = 100_000;
/** Fewer entries than this are not worth a look for those that are over. */
const fewEntries = 2_000;

/**
 * Remembers values by key until they are over. It forgets what is oldest when there is too much, so that a long
 * replay needs no more memory than a short one; how often that happened is told, because the answer is then a guess.
 */
export class BoundedMemory<T> {
  /** Values that were dropped before they were over. */
  forgotten = 0;
  /** By hashes of the keys, which take a fraction of their room. */
  readonly #values = new Map<number, T>();
  readonly #isOver: (value: T, nowMs: number) => boolean;
  readonly #limit: number;
  /** So many entries are looked through for those that are over. */
  #sweepAt: number;

  constructor(isOver: (value: T, nowMs: number) => boolean, limit = defaultLimit) {
    this.#isOver = isOver;
    this.#limit = limit;
    this.#sweepAt = Math.min(limit, fewEntries);
  }

  get(key: string, nowMs: number): T | undefined {
    const value = this.#values.get(shortHash(key));
    return value === undefined || this.#isOver(value, nowMs) ? undefined : value;
  }

  set(key: string, value: T, nowMs: number): void {
    // Put at the end, so that the order is that of the last writing.
    const hash = shortHash(key);
    this.#values.delete(hash);
    this.#values.set(hash, value);
    if (this.#values.size > this.#sweepAt) this.#sweep(nowMs);
  }

  /** The next one comes when there is twice as much, so that an entry is looked at a few times at most. */
  #sweep(nowMs: number): void {
    for (const [key, value] of this.#values) if (this.#isOver(value, nowMs)) this.#values.delete(key);
    if (this.#values.size > this.#limit) this.#forgetOldest();
    this.#sweepAt = Math.min(this.#limit, Math.max(fewEntries, 2 * this.#values.size));
  }

  /** Makes room for a tenth of the limit. */
  #forgetOldest(): void {
    let excess = this.#values.size - Math.floor(this.#limit * 0.9);
    for (const key of this.#values.keys()) {
      if (excess <= 0) return;
      this.#values.delete(key);
      this.forgotten += 1;
      excess -= 1;
    }
  }
}
