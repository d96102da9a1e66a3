import { Sensitive } from '../base/sensitive.ts';
import type { Active, Loaded } from './configuration.ts';

export interface ReloadOutcome {
  readonly at: number;
  readonly loaded: Loaded;
  /** Keys that changed and take effect only at the next start. */
  readonly needsRestart: readonly string[];
}

/**
 * The configuration in force. A reload reads and compiles everything first and then swaps one reference, so nobody
 * ever sees half of each; what is in flight keeps the object that it began with.
 */
export class Current {
  #active: Active;
  #last: ReloadOutcome | null = null;
  readonly #load: () => Loaded;
  readonly #now: () => number;
  readonly #listeners: ((active: Active) => void)[] = [];

  constructor(active: Active, load: () => Loaded, now: () => number) {
    this.#active = active;
    this.#load = load;
    this.#now = now;
  }

  get active(): Active {
    return this.#active;
  }

  /** The last attempt to reload; null before the first. */
  get lastReload(): ReloadOutcome | null {
    return this.#last;
  }

  onSwap(listener: (active: Active) => void): void {
    this.#listeners.push(listener);
  }

  reload(): ReloadOutcome {
    const loaded = this.#load();
    const needsRestart = loaded.ok ? restartKeys(this.#active, loaded.active) : [];
    this.#last = { at: this.#now(), loaded, needsRestart };
    if (loaded.ok) {
      this.#active = loaded.active;
      for (const listener of this.#listeners) listener(loaded.active);
    }
    return this.#last;
  }
}

/** What is opened once at the start and not exchanged while running. */
const openedAtStart = ['kafka', 'schemaRegistry', 'store', 'results', 'server'] as const;
const shownAs: Readonly<Record<(typeof openedAtStart)[number], string>> = {
  kafka: 'kafka',
  schemaRegistry: 'schema_registry',
  store: 'store',
  results: 'results',
  server: 'server',
};

function restartKeys(before: Active, after: Active): string[] {
  return openedAtStart
    .filter((key) => fingerprint(before.config[key]) !== fingerprint(after.config[key]))
    .map((key) => shownAs[key]);
}

/** Secrets count by their value, which does not leave this function. */
function fingerprint(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (each instanceof Sensitive ? each.reveal() : each));
}
