import type { Clock } from '../base/clock.ts';

export interface LiveOptions<T> {
  readonly clock: Clock;
  /** What subscribers get; one call serves them all. */
  readonly snapshot: () => Promise<T>;
  readonly onFault: (thrown: unknown) => void;
  readonly intervalMs: number;
  readonly maxSubscribers: number;
}

/** One look at the program every few seconds for all open pages together, and none while no page is open. */
export class LiveFeed<T> {
  readonly #options: LiveOptions<T>;
  readonly #listeners = new Set<(value: T | null) => void>();
  #cancel: (() => void) | null = null;
  #looking = false;
  #closed = false;

  constructor(options: LiveOptions<T>) {
    this.#options = options;
  }

  /** Null when there are too many subscribers or the feed is closed; else a function that ends the subscription. */
  subscribe(listener: (value: T | null) => void): (() => void) | null {
    if (this.#closed || this.#listeners.size >= this.#options.maxSubscribers) return null;
    this.#listeners.add(listener);
    if (this.#cancel === null && !this.#looking) void this.#look();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#rest();
    };
  }

  /** Tells every subscriber `null`, the end. */
  close(): void {
    this.#closed = true;
    this.#rest();
    for (const listener of [...this.#listeners]) listener(null);
    this.#listeners.clear();
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  async #look(): Promise<void> {
    this.#cancel = null;
    this.#looking = true;
    try {
      const value = await this.#options.snapshot();
      for (const listener of [...this.#listeners]) listener(value);
    } catch (thrown) {
      this.#options.onFault(thrown);
    } finally {
      this.#looking = false;
    }
    if (this.#listeners.size === 0 || this.#closed) return;
    this.#cancel = this.#options.clock.schedule(this.#options.intervalMs, () => void this.#look());
  }
}
