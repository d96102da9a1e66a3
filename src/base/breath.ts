import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock, type Clock } from './clock.ts';

/** Work in pieces goes on for so long at a stretch, ms. Several do so in each turn of the loop: the partitions, the ledger, the calls. */
const stretchMs = 3;

/** For work that may take long: between its pieces it lets the event loop turn when that is overdue. */
export class Breath {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #since: number;

  constructor(clock: Pick<Clock, 'monotonic'> = systemClock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** True when the loop should turn now, by `take`. */
  get due(): boolean {
    return this.#clock.monotonic() - this.#since >= stretchMs;
  }

  /** Resolves in the next turn of the event loop. */
  async take(): Promise<void> {
    await nextTurn();
    this.#since = this.#clock.monotonic();
  }
}
