import { printed } from './view.ts';

/**
 * What one rendering may cost. As with expressions it is counted, not timed: a template that passes once passes
 * always.
 */
const ofText: Amount = { steps: 3_000, characters: 300_000 };
/** What all texts of one route may cost together, in texts: several fields, and their recipients. */
const textsOfRoute = 5;
/** What comes on top for each member of a digest, and for each element of `for_each`: twice what an ordinary one takes. */
const ofEach: Amount = { steps: 40, characters: 4_000 };
/** A message has 2,048 bytes; whatever is truncated to that comes from a text of this size at most. */
const maxOutput = 65_536;

interface Amount {
  readonly steps: number;
  readonly characters: number;
}

function plus(amount: Amount, times: number): Amount {
  return {
    steps: amount.steps + times * ofEach.steps,
    characters: amount.characters + times * ofEach.characters,
  };
}

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

/**
 * What all texts of one route for one event, or of one digest, may cost together: more for those that the configuration
 * allows to be long, so that a route works with as many elements or members as it may have.
 */
export class RouteRenderBudget {
  readonly steps: Counter;
  readonly memory: Counter;
  /** What one of the texts may cost. */
  readonly ofText: Amount;

  constructor({ items = 0, members = 0 }: { readonly items?: number; readonly members?: number } = {}) {
    this.ofText = plus(ofText, members);
    const texts = { steps: ofText.steps * textsOfRoute, characters: ofText.characters * textsOfRoute };
    const { steps, characters } = plus(texts, items + members);
    this.steps = new Counter(steps, `the messages take more than ${steps} steps`, null);
    this.memory = new Counter(characters, `the messages work on more than ${characters} characters`, null);
  }

  /** Why no further text can be rendered; null while one can. */
  get exceeded(): string | null {
    return this.steps.exceeded ?? this.memory.exceeded;
  }
}

export class RenderBudget {
  readonly steps: Counter;
  readonly memory: Counter;

  constructor(whole: RouteRenderBudget | null) {
    const { steps, characters } = whole?.ofText ?? ofText;
    this.steps = new Counter(steps, `the template takes more than ${steps} steps`, whole?.steps ?? null);
    const tooMuch = `the template works on more than ${characters} characters`;
    this.memory = new Counter(characters, tooMuch, whole?.memory ?? null);
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
