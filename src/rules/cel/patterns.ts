import { RE2JS } from 're2js';

/**
 * Regular expressions on RE2, whose time grows with the text and never explodes. Patterns are written in the
 * expression, never taken from an event, so they are compiled when the configuration is loaded.
 */
const compiled = new Map<string, RE2JS>();
const maxCompiled = 2000;
export const maxPatternLength = 500;
/** Longer texts are not searched: RE2 in JavaScript takes microseconds a character. */
export const maxSearchedLength = 8192;

export type PatternResult =
  { readonly ok: true; readonly pattern: RE2JS } | { readonly ok: false; readonly message: string };

export function compilePattern(pattern: string): PatternResult {
  const known = compiled.get(pattern);
  if (known !== undefined) return { ok: true, pattern: known };
  if (pattern.length > maxPatternLength) {
    return { ok: false, message: `the pattern is longer than ${maxPatternLength} characters` };
  }
  try {
    const fresh = RE2JS.compile(pattern);
    // RE2 unfolds `{1000}`; what is left after the bound on length is bounded here.
    if (fresh.programSize() > maxProgramSize) return { ok: false, message: 'the pattern is too large' };
    if (compiled.size >= maxCompiled) compiled.clear();
    compiled.set(pattern, fresh);
    return { ok: true, pattern: fresh };
  } catch (error) {
    // The library tells a bad pattern by throwing; the caller makes it a fault of the configuration.
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

const maxProgramSize = 2000;

/**
 * A search may ask every instruction of the pattern for every character. This many such questions take as long as a
 * step of the budget, in the worst of the patterns that were measured (some 36 ns each, `.{0,100}[0-9]{3}`).
 */
const questionsPerStep = 24;

/** What it costs to search `text`. Nothing when it is too long: it is refused before the search. */
export function searchSteps(text: string, pattern: string): number {
  const result = compilePattern(pattern);
  if (!result.ok || text.length > maxSearchedLength) return 0;
  return Math.ceil((text.length * result.pattern.programSize()) / questionsPerStep);
}

/** Whether `pattern` is found anywhere in `text`. @throws when the text is too long to be searched. */
export function matchesPattern(text: string, pattern: string): boolean {
  if (text.length > maxSearchedLength) {
    throw new TextTooLong(`re() searches texts of at most ${maxSearchedLength} characters`);
  }
  const result = compilePattern(pattern);
  if (!result.ok) throw new TextTooLong(result.message);
  return result.pattern.matcher(text).find();
}

export class TextTooLong extends Error {}
