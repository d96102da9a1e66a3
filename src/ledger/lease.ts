import { ageFromNow, type Age } from '../base/age.ts';
import type { Clock } from '../base/clock.ts';
import type { Tenure } from './ledger.ts';

/** The part of a lease after which this instance no longer counts on it: what it begins must arrive within the rest. */
const trusted = 0.8;

/** What this instance knows of its own lease: no more than that a heartbeat began then and has succeeded. */
export class Lease {
  readonly #clock: Clock;
  readonly #trustedMs: number;
  #beat: Age | null = null;
  /** Counts the times that the lease was, or may have been, lost. */
  #gaps = 0;

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#trustedMs = leaseMs * trusted;
  }

  /** Makes a heartbeat. */
  async renew<T>(beat: () => Promise<T>): Promise<T> {
    // The server stamps it some time after this.
    const began = ageFromNow(this.#clock);
    const value = await beat();
    if (!this.#held()) this.#gaps += 1;
    this.#beat = began;
    return value;
  }

  tenure(): Tenure {
    const gaps = this.#held() ? this.#gaps : null;
    return { unbroken: () => gaps === this.#gaps && this.#held() };
  }

  #held(): boolean {
    return this.#beat !== null && this.#beat.ms() < this.#trustedMs;
  }
}

/** Where there is only one process, nobody can take its work away. */
export const undisputed: Tenure = { unbroken: () => true };
