import type { Config } from '../config/config.ts';
import type { Fault } from '../config/fault.ts';
import type { Inputs } from '../config/traced-files.ts';
import type { Active, Loaded } from './configuration.ts';
import { fingerprint } from './fingerprint.ts';

export interface ReloadOutcome {
  readonly at: number;
  readonly loaded: Loaded;
  /** Keys that differ from what this process was started with; they take effect at the next start. */
  readonly needsRestart: readonly string[];
}

/**
 * The configuration in force. A reload reads and compiles everything first and then swaps one reference, so nobody
 * ever sees half of each; what is in flight keeps the object that it began with.
 */
export class Current {
  #active: Active;
  /** What runs of the settings that a reload cannot change, however many reloads there were. */
  readonly #started: Config;
  #last: ReloadOutcome | null = null;
  /** Of the last attempt, whether it was taken or not. */
  #inputs: Inputs;
  readonly #load: () => Loaded;
  readonly #now: () => number;
  readonly #listeners: ((active: Active) => void)[] = [];

  constructor(active: Active, load: () => Loaded, now: () => number) {
    this.#active = active;
    this.#started = active.config;
    this.#inputs = active.inputs;
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

  /** What the last attempt to load was made of. */
  get inputs(): Inputs {
    return this.#inputs;
  }

  onSwap(listener: (active: Active) => void): void {
    this.#listeners.push(listener);
  }

  /** What a reload would take now; nothing is swapped and nothing remembered. */
  preview(): Loaded {
    return this.#next();
  }

  reload(): ReloadOutcome {
    return this.#take(this.#next());
  }

  /** The same where the content has changed since the last attempt; else null, and nothing else. */
  reloadIfChanged(): ReloadOutcome | null {
    const loaded = this.#next();
    const before = this.#inputs.content;
    this.#inputs = inputsOf(loaded);
    return this.#inputs.content === before ? null : this.#take(loaded);
  }

  /** A folder that is away for a moment looks like one without rules, and every event would be passed over for good. */
  #next(): Loaded {
    const loaded = this.#load();
    if (!loaded.ok || loaded.active.config.routes.length > 0) return loaded;
    const running = this.#active.config.routes.length;
    if (running === 0) return loaded;
    const { config, inputs, warnings } = loaded.active;
    const fault: Fault = {
      file: config.mainFile,
      line: 1,
      col: 1,
      length: 0,
      severity: 'error',
      code: 'no_routes',
      message: `no route is left of the ${running} that are in force`,
      remedy: 'put the files that `routes:` names back; to run without routes, start dingbus anew',
    };
    return { ok: false, faults: [fault, ...warnings], lines: config.sources, inputs };
  }

  #take(loaded: Loaded): ReloadOutcome {
    this.#inputs = inputsOf(loaded);
    const needsRestart = loaded.ok ? restartKeys(this.#started, loaded.active.config) : [];
    this.#last = { at: this.#now(), loaded, needsRestart };
    if (loaded.ok) {
      this.#active = loaded.active;
      for (const listener of this.#listeners) listener(loaded.active);
    }
    return this.#last;
  }
}

function inputsOf(loaded: Loaded): Inputs {
  return loaded.ok ? loaded.active.inputs : loaded.inputs;
}

/** What is read once at the start and not exchanged while running. */
const readAtStart: Readonly<Record<string, (config: Config) => unknown>> = {
  kafka: ({ kafka }) => kafka,
  schema_registry: ({ schemaRegistry }) => schemaRegistry,
  store: ({ store }) => store,
  results: ({ results }) => results,
  // Its tokens are looked up at each request.
  server: ({ server }) => [server.host, server.port],
  shutdown_timeout: ({ shutdownTimeoutMs }) => shutdownTimeoutMs,
  'log.level': ({ log }) => log.level,
};

function restartKeys(started: Config, wanted: Config): string[] {
  return Object.entries(readAtStart)
    .filter(([, part]) => fingerprint(part(started)) !== fingerprint(part(wanted)))
    .map(([key]) => key);
}
