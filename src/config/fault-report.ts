import { conceal } from './conceal.ts';
import type { Fault } from './fault.ts';

/** A file's lines, to show a fault where it stands. */
export interface Lines {
  line(file: string, line: number): string | null;
}

export type FaultFormat = 'human' | 'json' | 'github';

/** All faults in one of three forms: for people, for programs, and as annotations of GitHub Actions. */
export function reportFaults(faults: readonly Fault[], lines: Lines | null, format: FaultFormat): string {
  switch (format) {
    case 'human':
      return faults.map((fault) => humanFault(fault, lines)).join('\n');
    case 'json':
      return JSON.stringify({ ok: !faults.some(isError), faults }, null, 2);
    case 'github':
      return faults.map(githubFault).join('\n');
  }
}

export function isError(fault: Fault): boolean {
  return fault.severity === 'error';
}

/** `file:line:col severity code message`, the line with the fault underlined, and what to do about it. */
export function humanFault(fault: Fault, lines: Lines | null): string {
  const { file, line, col, severity, code, message, remedy, length } = fault;
  const text = [`${file}:${line}:${col} ${severity} ${code} ${message}`];
  const source = lines?.line(file, line) ?? null;
  if (source !== null && source.trim() !== '') text.push(...underlined(conceal(source), col, length));
  if (remedy !== null) text.push(`  → ${remedy}`);
  return text.join('\n');
}

const maxShown = 160;

/** The line around the fault and marks below it; a very long line is cut at both ends. */
function underlined(source: string, col: number, length: number): readonly string[] {
  const start = col - 1 > maxShown - 40 ? col - 1 - 40 : 0;
  const shown = source.slice(start, start + maxShown).replaceAll('\t', ' ');
  const before = shown.slice(0, col - 1 - start);
  const marked = shown.slice(col - 1 - start, col - 1 - start + Math.max(1, length));
  const marks = '^'.repeat(Math.max(1, width(marked)));
  return [`  ${shown}`, `  ${' '.repeat(width(before))}${marks}`];
}

/** Columns that a text takes in a terminal: East Asian characters take two, combining ones none. */
function width(text: string): number {
  let columns = 0;
  for (const char of text) {
    if (/\p{Mark}/u.test(char)) continue;
    columns += wide.test(char) ? 2 : 1;
  }
  return columns;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Source: "Workflow commands for GitHub Actions", setting an error or warning message. */
function githubFault(fault: Fault): string {
  const { file, line, col, severity, code, message, remedy } = fault;
  const properties = [
    `file=${property(file)}`,
    `line=${line}`,
    `col=${col}`,
    `title=${property(code)}`,
  ].join(',');
  const text = remedy === null ? message : `${message} (${remedy})`;
  return `::${severity} ${properties}::${data(text)}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
