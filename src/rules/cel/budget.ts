/**
 * What one evaluation may cost. Time is no measure for it: the same event would pass on a quiet machine and fail on
 * a busy one. Steps are counted instead, weighted so that the whole budget is spent well within 100 ms.
 */
export class Budget {
  #remaining: number;
  #exhausted = false;
  readonly #whole: Budget | null;

  /** `whole`: what several evaluations together may cost; it pays for this one too. */
  constructor(steps: number, whole: Budget | null = null) {
    this.#remaining = steps;
    this.#whole = whole;
  }

  /** @throws BudgetExceeded, always the same instance: throwing it a million times must be cheap. */
  spend(steps: number): void {
    this.#remaining -= steps;
    const within = this.#whole === null || this.#whole.#take(steps);
    if (this.#remaining < 0 || !within) {
      this.#exhausted = true;
      throw budgetExceeded;
    }
  }

  #take(steps: number): boolean {
    this.#remaining -= steps;
    return this.#remaining >= 0;
  }

  /** CEL's `||` and `exists` swallow errors of one side, so the result alone does not tell. */
  get exhausted(): boolean {
    return this.#exhausted;
  }
}

export class BudgetExceeded extends Error {}

const budgetExceeded = new BudgetExceeded('the expression costs more than is allowed for one event');

/** Steps of one expression over one event. */
export const evaluationSteps = 80_000;
/** Steps of all expressions of one route over one event: `for_each` repeats them for every element. */
export const routeSteps = 200_000;
/** What an error inside costs: making one takes far longer than an ordinary step, and macros swallow them. */
export const stepsOfError = 100;
/** Lists longer than this are not walked by macros. */
export const maxListItems = 5_000;
