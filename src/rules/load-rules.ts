import type { Config } from '../config/config.ts';
import { sortFaults, type Fault } from '../config/fault.ts';
import { loadConfig, type LineSource, type LoadOptions } from '../config/load.ts';
import type { Inputs } from '../config/traced-files.ts';
import { compileRules } from './compile.ts';
import type { Rules } from './rules.ts';

export type LoadRulesResult =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly rules: Rules;
      readonly warnings: readonly Fault[];
      readonly inputs: Inputs;
    }
  | {
      readonly ok: false;
      readonly faults: readonly Fault[];
      readonly lines: LineSource;
      readonly inputs: Inputs;
    };

/**
 * All fallible work of starting and of reloading: files, variables, references, expressions, templates. Where it
 * fails it has found every fault of every file, not only those of the first step that found one.
 */
export function loadRules(options: LoadOptions): LoadRulesResult {
  const loaded = loadConfig(options);
  const { inputs } = loaded;
  if (!loaded.ok) {
    const more = loaded.draft === null ? [] : compileRules(loaded.draft).faults;
    return { ok: false, faults: sortFaults([...loaded.faults, ...more]), lines: loaded.lines, inputs };
  }
  const { config, warnings } = loaded;
  const compiled = compileRules(config);
  const faults = sortFaults([...warnings, ...compiled.faults]);
  if (!compiled.ok) return { ok: false, faults, lines: config.sources, inputs };
  return { ok: true, config, rules: compiled.rules, warnings: faults, inputs };
}
