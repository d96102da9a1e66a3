import type { Clock } from '../base/clock.ts';

/**
 * The simulator's own time: the given clock plus what was added through the control API. Nothing in the simulator
 * waits for an instant (progress, reading and expiry are computed when somebody asks), so a move needs no wake-ups;
 * timers, which only delay answers, keep the given clock's pace.
 */
export class MovableClock implements Clock {
  readonly #base: Clock;
  #offsetMs = 0;

  constructor(base: Clock) {
    this.#base = base;
  }

  now(): number {
    return this.#base.now() + this.#offsetMs;
  }

  monotonic(): number {
    return this.#base.monotonic();
  }

  idle(): number {
    return this.#base.idle();
  }

  schedule(delayMs: number, task: () => void): () => void {
    return this.#base.schedule(delayMs, task);
  }

  /** Moves forward (or, negative, back) by so many milliseconds. */
  advance(ms: number): void {
    this.#offsetMs += ms;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  set offsetMs(ms: number) {
    this.#offsetMs = ms;
  }
}
