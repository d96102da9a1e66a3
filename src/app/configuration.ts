import type { Config } from '../config/config.ts';
import { sortFaults, type Fault } from '../config/fault.ts';
import { loadConfig, type LineSource } from '../config/load.ts';
import { compileRules } from '../rules/compile.ts';
import type { Rules } from '../rules/rules.ts';

/** A configuration that may run: read, checked and compiled as a whole. */
export interface Active {
  readonly config: Config;
  readonly rules: Rules;
  readonly warnings: readonly Fault[];
  /** ms since the epoch. */
  readonly loadedAt: number;
}

export type Loaded =
  | { readonly ok: true; readonly active: Active }
  | { readonly ok: false; readonly faults: readonly Fault[]; readonly lines: LineSource };

export interface Source {
  /** dingbus.yaml, or the folder that holds it. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** All fallible work of starting and of reloading: files, variables, references, expressions, templates. */
export function loadActive(source: Source, now: number): Loaded {
  const loaded = loadConfig({ path: source.path, env: source.env });
  if (!loaded.ok) return loaded;
  const compiled = compileRules(loaded.config);
  const found = sortFaults([...loaded.warnings, ...compiled.faults]);
  if (!compiled.ok) return { ok: false, faults: found, lines: loaded.config.sources };
  return {
    ok: true,
    active: { config: loaded.config, rules: compiled.rules, warnings: found, loadedAt: now },
  };
}
