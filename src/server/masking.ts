import { maskMobile, Sensitive } from '../base/sensitive.ts';

/** People type full-width digits too. */
const digit = String.raw`[\d０-９]`;
const before = String.raw`(?<!${digit})(?:(?:\+|[0０]{2})?[8８][6６][- ]?)?`;

/**
 * A mobile number of mainland China in running text, with or without country code and the usual separators. Longer
 * runs of digits (task ids, timestamps in milliseconds) are none, and one dot makes a decimal.
 */
const mobile = new RegExp(
  `${before}([1１][3-9３-９]${digit}(?:[- ]?${digit}{4}[- ]?|\\.${digit}{4}\\.)${digit}{4})(?!${digit})`,
  'g',
);

/** The same, only to see whether there is one: replacing costs much more, and hardly any text has one. */
const anyMobile = new RegExp(mobile.source);

/** Masks every mobile number in a text that upstream wrote: messages, payloads, keys, error texts. */
export function maskText(text: string): string {
  if (!anyMobile.test(text)) return text;
  return text.replace(mobile, (_, number: string) => maskMobile(number.replace(/[-. ]/g, '')));
}

/** `maskText` for a text that may be missing. */
export function maskOptional(text: string | null): string | null {
  return text === null ? null : maskText(text);
}

/**
 * A copy of plain data that is safe to show and to write as JSON: mobile numbers masked wherever they stand (as
 * numbers too), 64-bit whole numbers and exact decimals as text, bytes by their length alone.
 */
export function presentable(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value === 'bigint' || typeof value === 'number') {
    const text = String(value);
    const masked = maskText(text);
    if (masked !== text) return masked;
    return typeof value === 'bigint' && !Number.isSafeInteger(Number(value)) ? text : Number(value);
  }
  if (value === null || typeof value !== 'object') return value ?? null;
  if (value instanceof Sensitive) return value.toString();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return `(${value.byteLength} bytes)`;
  if (Array.isArray(value)) return value.map(presentable);
  if (hasToJson(value)) return presentable(value.toJSON());
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [maskText(key), presentable(item)]));
}

/** Exact decimals and the like say themselves how they are written. */
function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
