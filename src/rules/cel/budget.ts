/**
 * What one evaluation may cost. Time is no measure for it: the same event would pass on a quiet machine and fail on
 * a busy one. Steps are counted instead, weighted so that the whole budget is spent well within 100 ms.
 */
export class Budget {
  #remaining: number;
  #exhausted = false;

  constructor(steps: number) {
    this.#remaining = steps;
  }

  /** @throws BudgetExceeded, always the same instance: throwing it a million times must be cheap. */
  spend(steps: number): void {
    this.#remaining -= steps;
    if (this.#remaining < 0) {
      this.#exhausted = true;
      throw budgetExceeded;
    }
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
/** What an error inside costs: making one takes far longer than an ordinary step, and macros swallow them. */
export const stepsOfError = 100;
/** Lists longer than this are not walked by macros. */
export const maxListItems = 5_000;
