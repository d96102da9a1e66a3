/**
 * At most `limit` hits in any window: the strict reading of "20 a second", which a client that counts by calendar
 * seconds fails. Refused hits do not count.
 */
export class SlidingWindow {
  #times: number[] = [];
  #head = 0;

  /** Whether one more fits at `now`; it is counted when it does. */
  take(now: number, windowMs: number, limit: number): boolean {
    this.#forget(now - windowMs);
    if (this.#times.length - this.#head >= limit) return false;
    this.#times.push(now);
    return true;
  }

  /** Hits inside the window that ends now. */
  count(now: number, windowMs: number): number {
    this.#forget(now - windowMs);
    return this.#times.length - this.#head;
  }

  #forget(until: number): void {
    while (this.#head < this.#times.length && (this.#times[this.#head] ?? 0) <= until) this.#head++;
    if (this.#head > 1024) {
      this.#times = this.#times.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** The window of a key, made when it is first asked for. */
export function windowOf(windows: Map<string, SlidingWindow>, key: string): SlidingWindow {
  const known = windows.get(key);
  if (known !== undefined) return known;
  const made = new SlidingWindow();
  windows.set(key, made);
  return made;
}
