import type { FaultCode } from './fault.ts';

/** The environment's variables, handed in by whoever may read them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `${NAME}` or `${NAME:-default}` as it stands in a file; `$${NAME}` stands for the text `${NAME}` itself. */
export interface VariableReference {
  readonly name: string;
  /** Taken when the variable is unset or empty; null = there is none. */
  readonly fallback: string | null;
  /** Offset and length in the file. */
  readonly offset: number;
  readonly length: number;
  /** For `$${…}`: the text that it stands for. */
  readonly literal: string | null;
}

export interface VariableFault {
  readonly offset: number;
  readonly length: number;
  readonly code: FaultCode;
  readonly message: string;
  readonly remedy: string | null;
}

export interface MaskedText {
  /** The text with every reference replaced by private characters of the same length, so offsets stay true. */
  readonly text: string;
  readonly references: readonly VariableReference[];
  readonly faults: readonly VariableFault[];
}

/**
 * References are masked before YAML sees them, because YAML would read the braces of `{ port: ${PORT} }` as its
 * own. Reference number n becomes the character U+F0000 + n, filled up to the reference's length. These characters
 * are for private use; a file that contains any of them is refused.
 */
const firstMark = 0xf0000;
const lastMark = 0xffffd;
const filler = '\ufdd1';
const anyMark = /[\u{F0000}-\u{FFFFD}\uFDD1]/u;
const marked = /([\u{F0000}-\u{FFFFD}])\uFDD1*/gu;
/** Closed, or else only as far as a name goes: what follows an unclosed one is text of its own. */
const candidate = /\$?\$\{(?:([^{}\r\n]*)\}|([A-Za-z0-9_]*))/g;
const reference = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/** The most references that one file may hold; masks would run out of characters beyond. */
const maxReferences = lastMark - firstMark;

export function maskVariables(text: string): MaskedText {
  const clash = anyMark.exec(text);
  if (clash !== null) {
    const message = 'the file contains a private-use character (U+F0000 … U+FFFFD or U+FDD1)';
    const fault = { offset: clash.index, length: 1, message, remedy: 'remove it' };
    return { text: '', references: [], faults: [{ ...fault, code: 'file_not_text' }] };
  }
  const references: VariableReference[] = [];
  const faults: VariableFault[] = [];
  const masked = text.replace(candidate, (whole: string, ...groups: unknown[]) => {
    const [closed, , offset] = groups as [string | undefined, string | undefined, number];
    // `${{ … }}` is a dollar sign before Liquid, not a reference.
    if (closed === undefined && text.charAt(offset + whole.length) === '{') return whole;
    const escaped = whole.startsWith('$$');
    const match = closed === undefined ? null : reference.exec(closed);
    if (match === null && !escaped) {
      faults.push({ offset, length: whole.length, ...describeBadReference(whole, text.slice(offset + whole.length)) });
      return '_'.repeat(whole.length);
    }
    if (references.length >= maxReferences) return whole;
    references.push({
      name: match?.[1] ?? '',
      fallback: match?.[2] ?? null,
      offset,
      length: whole.length,
      literal: escaped ? whole.slice(1) : null,
    });
    return String.fromCodePoint(firstMark + references.length - 1) + filler.repeat(whole.length - 2);
  });
  return { text: masked, references, faults };
}

function describeBadReference(whole: string, rest: string): Omit<VariableFault, 'offset' | 'length'> {
  const code = 'env_syntax';
  if (!whole.endsWith('}')) {
    const message = rest.startsWith(':-')
      ? 'a default may not contain braces, nor another variable'
      : 'the reference to a variable is not closed with }';
    return { code, message, remedy: 'write ${NAME}, ${NAME:-default}, or $${…} for the text itself' };
  }
  return {
    code,
    message: `${whole} is not a reference to a variable`,
    remedy: 'write ${NAME} or ${NAME:-default}, or $${…} for the text itself',
  };
}

export function containsReference(masked: string): boolean {
  return anyMark.test(masked);
}

/** Puts the original text back: for keys and error messages. */
export function unmask(masked: string, references: readonly VariableReference[]): string {
  return replaceMarks(masked, references, (found) =>
    found.literal === null
      ? `\${${found.name}${found.fallback === null ? '' : `:-${found.fallback}`}}`
      : `$${found.literal}`,
  );
}

/** Gives each reference its value; `resolve` is asked for real references only, not for `$${…}`. */
export function fillVariables(
  masked: string,
  references: readonly VariableReference[],
  resolve: (found: VariableReference) => string,
): string {
  return replaceMarks(masked, references, (found) => found.literal ?? resolve(found));
}

function replaceMarks(
  masked: string,
  references: readonly VariableReference[],
  replacement: (found: VariableReference) => string,
): string {
  return masked.replace(marked, (whole, mark: string) => {
    const found = references[(mark.codePointAt(0) ?? 0) - firstMark];
    return found === undefined ? whole : replacement(found);
  });
}
