import type { Clock } from '../../src/base/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/** A clock that stands still until a test turns it. */
export class FakeClock implements Clock {
  #now: number;
  #monotonicOffset = 0;
  #busyMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();
  readonly #settle: () => Promise<void>;

  /**
   * `startMs`: milliseconds since the epoch; noon of 2 March 2026 in Shanghai when absent. `settle`: resolves when
   * everything that is ready to go on has gone on.
   */
  constructor(startMs: number = Date.UTC(2026, 2, 2, 4), settle: () => Promise<void> = settled) {
    this.#now = startMs;
    this.#settle = settle;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#monotonicOffset;
  }

  /** Work takes no time here: all that passes is spent waiting. */
  idle(): number {
    return this.monotonic() - this.#busyMs;
  }

  /** Of the time that has passed, so much was work after all. */
  busy(ms: number): void {
    this.#busyMs += ms;
  }

  schedule(delayMs: number, task: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, task };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** How many tasks wait for their time; a test that expects a loop to be idle looks here. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Turns the clock by `ms` and runs every task that falls due, in order of time, those included that such tasks
   * schedule. Between two tasks everything that is ready to go on goes on, so that code behind an `await` sees the
   * time at which it was woken.
   */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.#settle();
    for (let next = this.#next(until); next !== null; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
      await this.#settle();
    }
    this.#now = until;
    await this.#settle();
  }

  /** Sets the clock to an instant without running anything: a machine whose clock was corrected. */
  set(nowMs: number): void {
    this.#monotonicOffset += nowMs - this.#now;
    this.#now = nowMs;
  }

  #next(until: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (next === null || timer.at < next.at || (timer.at === next.at && timer.order < next.order))
        next = timer;
    }
    return next;
  }
}

/** Lets promises and immediates that are ready run; twice, because one may lead to the other. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
