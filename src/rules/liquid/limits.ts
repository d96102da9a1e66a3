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

/** In groups of three: seven digits in a row would be masked, because they may be a mobile. */
function counted(count: number): string {
  return count.toLocaleString('en-US');
}

export class RenderBudgetExceeded extends Error {}

/** How it is told that a budget is used up: made into a text only then, for every rendering has a budget. */
interface Spent {
  readonly what: string;
  readonly unit: string;
}

const spent = {
  steps: { what: 'the template takes', unit: 'steps' },
  characters: { what: 'the template works on', unit: 'characters' },
  stepsOfAll: { what: 'the messages take', unit: 'steps' },
  charactersOfAll: { what: 'the messages work on', unit: 'characters' },
} satisfies Record<string, Spent>;

/** Stands in for the limiters of the library: `use` adds up, `check` is called once a step. */
class Counter {
  #used = 0;
  readonly #limit: number;
  readonly #spent: Spent;
  readonly #whole: Counter | null;

  constructor(limit: number, spent: Spent, whole: Counter | null) {
    this.#limit = limit;
    this.#spent = spent;
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
    // Asked this way round because it also catches what is not a number.
    if (this.#used <= this.#limit) return null;
    const { what, unit } = this.#spent;
    return `${what} more than ${counted(this.#limit)} ${unit}`;
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
    this.steps = new Counter(steps, spent.stepsOfAll, null);
    this.memory = new Counter(characters, spent.charactersOfAll, null);
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
    this.steps = new Counter(steps, spent.steps, whole?.steps ?? null);
    this.memory = new Counter(characters, spent.characters, whole?.memory ?? null);
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
      throw new RenderBudgetExceeded(`the text has more than ${counted(maxOutput)} characters`);
    }
  }
}
