import { backoffMs, type BackoffOptions, type Random } from '../base/backoff.ts';
import type { CallError } from '../dingtalk/outcomes.ts';

/** After so many answers without what was asked for, over some ten minutes, DingTalk is not going to give it. */
const enough = 8;
/** Of what nobody asks for any more; forgetting the rest with it costs a few attempts. */
const mostKept = 10_000;

interface Trial {
  /** Attempts that failed, for the time until the next one. */
  failures: number;
  /** Those of them to which DingTalk gave an answer of its own. */
  answers: number;
}

/**
 * What could not be had for now, by what it is: a number that is looked up, a file that is uploaded. Each attempt waits
 * longer than the one before. While DingTalk cannot be reached, or the app is held, that goes on; answers about the thing
 * itself are an end of it.
 */
export class Trials {
  readonly #trials = new Map<string, Trial>();
  readonly #backoff: BackoffOptions;
  readonly #random: Random;

  constructor(backoff: BackoffOptions, random: Random) {
    this.#backoff = backoff;
    this.#random = random;
  }

  /** When to try again, ms from now; null when there has been enough of it. */
  failed(what: string, error: CallError): number | null {
    if (this.#trials.size >= mostKept) this.#trials.clear();
    const trial = this.#trials.get(what) ?? { failures: 0, answers: 0 };
    trial.failures += 1;
    if (error.class === 'retry' && error.httpStatus === 200) trial.answers += 1;
    this.#trials.set(what, trial);
    if (trial.answers >= enough) {
      this.ended(what);
      return null;
    }
    return error.retryAfterMs ?? backoffMs(trial.failures, this.#backoff, this.#random);
  }

  ended(what: string): void {
    this.#trials.delete(what);
  }
}
