import type { Clock } from '../base/clock.ts';

export interface LiveOptions<T> {
  readonly clock: Clock;
  /** What subscribers get; one call serves them all. */
  readonly snapshot: () => Promise<T>;
  readonly onFault: (thrown: unknown) => void;
  readonly intervalMs: number;
  readonly maxSubscribers: number;
}

export interface Subscriber<T> {
  /** Resolves when it has taken the value. */
  readonly tell: (value: T) => Promise<void>;
  /** Nothing more comes: the feed is closed, or the subscriber has not taken its value for too long. */
  readonly end: () => void;
}

/** Who takes nothing for so long (a peer that is gone without a word) holds no place any more. */
const patienceMs = 15_000;

/** One look at the program every few seconds for all open pages together, and none while no page is open. */
export class LiveFeed<T> {
  readonly #options: LiveOptions<T>;
  /** With the time since which each has a value to take; null when it has taken all. */
  readonly #subscribers = new Map<Subscriber<T>, number | null>();
  #cancel: (() => void) | null = null;
  #looking = false;
  #closed = false;

  constructor(options: LiveOptions<T>) {
    this.#options = options;
  }

  /** Null when there are too many subscribers or the feed is closed; else a function that ends the subscription. */
  subscribe(subscriber: Subscriber<T>): (() => void) | null {
    if (this.#closed || this.#subscribers.size >= this.#options.maxSubscribers) return null;
    this.#subscribers.set(subscriber, null);
    if (this.#cancel === null && !this.#looking) void this.#look();
    return () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) this.#rest();
    };
  }

  close(): void {
    this.#closed = true;
    this.#rest();
    for (const subscriber of this.#subscribers.keys()) this.#drop(subscriber);
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #drop(subscriber: Subscriber<T>): void {
    this.#subscribers.delete(subscriber);
    subscriber.end();
  }

  async #look(): Promise<void> {
    this.#cancel = null;
    this.#looking = true;
    try {
      const value = await this.#options.snapshot();
      for (const [subscriber, since] of this.#subscribers) this.#tell(subscriber, since, value);
    } catch (thrown) {
      this.#options.onFault(thrown);
    } finally {
      this.#looking = false;
    }
    if (this.#subscribers.size === 0 || this.#closed) return;
    this.#cancel = this.#options.clock.schedule(this.#options.intervalMs, () => void this.#look());
  }

  /** One that still has a value to take is left out: what nobody reads must not pile up. */
  #tell(subscriber: Subscriber<T>, since: number | null, value: T): void {
    const now = this.#options.clock.monotonic();
    if (since !== null) {
      if (now - since >= patienceMs) this.#drop(subscriber);
      return;
    }
    this.#subscribers.set(subscriber, now);
    void subscriber.tell(value).then(() => {
      if (this.#subscribers.has(subscriber)) this.#subscribers.set(subscriber, null);
    });
  }
}
