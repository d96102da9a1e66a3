import { printed } from './view.ts';

/**
 * What one rendering may cost. As with expressions it is counted, not timed: a template that passes once passes
 * always.
 */
const maxSteps = 3_000;
const maxCharacters = 300_000;
/** A message has 2,048 bytes; whatever is truncated to that comes from a text of this size at most. */
const maxOutput = 65_536;

export class RenderBudgetExceeded extends Error {}

/** Stands in for the limiters of the library: `use` adds up, `check` is called once a step. */
class Counter {
  #used = 0;
  readonly #limit: number;
  readonly #message: string;

  readonly #whole: Counter | null;

  constructor(limit: number, message: string, whole: Counter | null) {
    this.#limit = limit;
    this.#message = message;
    this.#whole = whole;
  }

  use(count: unknown): void {
    const added = Number(count);
    if (added > 0) this.#used += added;
    this.#whole?.use(count);
    const exceeded = this.exceeded;
    if (exceeded !== null) throw new RenderBudgetExceeded(exceeded);
  }

  /** Why nothing more may be used; null while something may. */
  get exceeded(): string | null {
    // `!(… <= …)` also catches what is not a number.
    return !(this.#used <= this.#limit) ? this.#message : null;
  }

  check(): void {
    this.use(1);
  }
}

/** What all texts of one route for one event may cost together. */
export class RouteRenderBudget {
  readonly steps = new Counter(maxSteps * 5, `the messages take more than ${maxSteps * 5} steps`, null);
  readonly memory = new Counter(
    maxCharacters * 5,
    `the messages work on more than ${maxCharacters * 5} characters`,
    null,
  );

  /** Why no further text can be rendered; null while one can. */
  get exceeded(): string | null {
    return this.steps.exceeded ?? this.memory.exceeded;
  }
}

export class RenderBudget {
  readonly steps: Counter;
  readonly memory: Counter;

  constructor(whole: RouteRenderBudget | null) {
    const steps = `the template takes more than ${maxSteps} steps`;
    const memory = `the template works on more than ${maxCharacters} characters`;
    this.steps = new Counter(maxSteps, steps, whole?.steps ?? null);
    this.memory = new Counter(maxCharacters, memory, whole?.memory ?? null);
  }
}

/** Collects the output and stops before it is out of all proportion. */
export class MeteredEmitter {
  buffer = '';
  readonly #budget: RenderBudget;

  constructor(budget: RenderBudget) {
    this.#budget = budget;
  }

  write(html: unknown): void {
    const text = printed(html);
    this.#budget.memory.use(text.length >> 4);
    this.buffer += text;
    if (this.buffer.length > maxOutput) {
      throw new RenderBudgetExceeded(`the text has more than ${maxOutput} characters`);
    }
  }
}
