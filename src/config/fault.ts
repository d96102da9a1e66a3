/**
 * What is wrong with a configuration, and where. A fault of severity `error` keeps the configuration from running;
 * a `warning` is told and changes nothing.
 */
export interface Fault {
  /** As the user would write it: relative to the working directory where that is shorter. */
  readonly file: string;
  /** Both count from 1; 1:1 when the fault concerns the whole file. */
  readonly line: number;
  readonly col: number;
  /** How many characters are at fault; 0 when that is not known. */
  readonly length: number;
  readonly severity: 'error' | 'warning';
  readonly code: FaultCode;
  readonly message: string;
  /** What to do about it, where that is known. */
  readonly remedy: string | null;
}

/** Stable words for scripts and tests; docs/rules.md explains each. */
export type FaultCode =
  // Reading files
  | 'file_missing'
  | 'file_unreadable'
  | 'file_too_large'
  | 'file_not_text'
  | 'glob_empty'
  | 'no_routes'
  // YAML
  | 'yaml_syntax'
  | 'yaml_duplicate_key'
  | 'yaml_alias'
  | 'yaml_merge_key'
  | 'yaml_too_deep'
  | 'yaml_too_large'
  | 'yaml_documents'
  | 'yaml_tag'
  // Variables and secrets
  | 'env_missing'
  | 'env_syntax'
  | 'secret_file'
  // Shape
  | 'unknown_key'
  | 'missing_key'
  | 'wrong_type'
  | 'wrong_value'
  | 'conflict'
  // Meaning
  | 'duplicate_name'
  | 'unknown_topic'
  | 'unknown_app'
  | 'unknown_template'
  | 'unknown_group'
  | 'group_cycle'
  | 'unknown_locale'
  | 'schema_invalid'
  | 'unknown_type'
  // Expressions, templates, messages
  | 'expression_syntax'
  | 'expression_type'
  | 'expression_unknown'
  | 'expression_refused'
  | 'template_syntax'
  | 'template_unknown'
  | 'template_refused'
  | 'message_invalid'
  | 'message_too_long'
  | 'sample_failed'
  | 'media_missing'
  // Warnings
  | 'unused_template'
  | 'unused_group'
  | 'unused_topic'
  | 'unreachable_route'
  | 'insecure';

/** By file, line and column, without repeats: one mistake is told once, even where it took effect several times. */
export function sortFaults(faults: readonly Fault[]): readonly Fault[] {
  const unique = new Map(faults.map((fault) => [keyOf(fault), fault]));
  return [...unique.values()].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.col - b.col || compare(a.code, b.code),
  );
}

function keyOf(fault: Fault): string {
  return [fault.file, fault.line, fault.col, fault.code, fault.message].join('\n');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
