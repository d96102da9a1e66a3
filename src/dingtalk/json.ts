/** What JSON holds, whole numbers beyond 2^53 as `bigint`, so that no id loses a digit. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Fewer digits in a row than this cannot be a number beyond 2^53. */
const longNumber = /\d{16}/;

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    // Looking at every value takes several times as long as parsing, and hardly any answer needs it.
    if (!longNumber.test(text)) return JSON.parse(text) as Json;
    // The third argument gives the source of a number; TypeScript's library does not know it yet.
    const revive = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
      const source = context?.source;
      if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
      return /^-?[0-9]+$/.test(source) ? BigInt(source) : value;
    };
    return JSON.parse(text, revive) as Json;
  } catch {
    // Not hidden: the caller classifies "no JSON" as an answer of its own.
    return undefined;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of an object; undefined when it is absent. Never anything inherited. */
export function field(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Text or a number as text; null for everything else and for blank text. */
export function textOf(value: Json | undefined): string | null {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null;
  if (typeof value !== 'string') return null;
  return value.trim() === '' ? null : value;
}

/** A whole number, also one written as text; null for everything else. */
export function wholeNumberOf(value: Json | undefined): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null;
  return typeof value === 'string' && /^\s*-?[0-9]{1,40}\s*$/.test(value) ? BigInt(value.trim()) : null;
}

/** Like `wholeNumberOf` for what fits a `number`. */
export function smallNumberOf(value: Json | undefined): number | null {
  const whole = wholeNumberOf(value);
  if (whole === null) return null;
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : null;
}

/**
 * A list in any of the shapes in which DingTalk gives one: absent, null, an array, the JSON text of an array
 * (K63, K117), or texts with commas between (the older documentation of getsendresult).
 */
export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value as readonly Json[];
  if (typeof value === 'string') {
    if (value.trimStart().startsWith('[')) {
      const parsed = parseJson(value);
      if (Array.isArray(parsed)) return parsed as readonly Json[];
    }
    return value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  return typeof value === 'number' || typeof value === 'bigint' ? [value] : [];
}
