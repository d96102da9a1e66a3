import type { Config } from '../config/config.ts';
import type { Fault } from '../config/fault.ts';
import type { ConfigFiles } from '../config/files.ts';
import type { LineSource } from '../config/load.ts';
import type { Inputs } from '../config/traced-files.ts';
import { loadRules } from '../rules/load-rules.ts';
import type { Rules } from '../rules/rules.ts';

/** A configuration that may run: read, checked and compiled as a whole. */
export interface Active {
  readonly config: Config;
  readonly rules: Rules;
  readonly warnings: readonly Fault[];
  /** ms since the epoch. */
  readonly loadedAt: number;
  readonly inputs: Inputs;
}

export type Loaded =
  | { readonly ok: true; readonly active: Active }
  | {
      readonly ok: false;
      readonly faults: readonly Fault[];
      readonly lines: LineSource;
      readonly inputs: Inputs;
    };

export interface Source {
  /** dingbus.yaml, or the folder that holds it. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the files are; without it those of the machine. */
  readonly files?: ConfigFiles;
}

/** All fallible work of starting and of reloading: files, variables, references, expressions, templates. */
export function loadActive(source: Source, now: number): Loaded {
  const loaded = loadRules(source);
  if (!loaded.ok) return loaded;
  const { config, rules, warnings, inputs } = loaded;
  return { ok: true, active: { config, rules, warnings, loadedAt: now, inputs } };
}
