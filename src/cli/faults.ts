import type { Fault } from '../config/fault.ts';

/** A file's lines, to show a fault where it stands. */
export interface Lines {
  line(file: string, line: number): string | null;
}

/** `file:line:col severity code message`, the line with the fault underlined, and what to do about it. */
export function faultText(fault: Fault, lines: Lines | null): string {
  const { file, line, col, severity, code, message, remedy, length } = fault;
  const text = [`${file}:${line}:${col} ${severity} ${code} ${message}`];
  const source = lines?.line(file, line) ?? null;
  if (source !== null && length > 0) {
    text.push(
      `  ${source}`,
      `  ${' '.repeat(col - 1)}${'^'.repeat(Math.max(1, Math.min(length, source.length - col + 1)))}`,
    );
  }
  if (remedy !== null) text.push(`  → ${remedy}`);
  return text.join('\n');
}

/** Tells faults on standard error, all of them at once. */
export function printFaults(faults: readonly Fault[], lines: Lines | null): void {
  for (const fault of faults) process.stderr.write(`${faultText(fault, lines)}\n`);
  const errors = faults.filter((fault) => fault.severity === 'error').length;
  if (errors > 0)
    process.stderr.write(`${errors} ${errors === 1 ? 'fault' : 'faults'}; the configuration cannot run\n`);
}
