import { Timestamp } from '../model/values.ts';

const pattern = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Years 1 to 9999 in UTC: what RFC 3339 can write and every consumer's own kind of date can hold. .NET's empty date in
 * China's time zone is outside, and so are microseconds taken for milliseconds.
 */
const earliest = Date.parse('0001-01-01T00:00:00Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');

export function isInstant(ms: number): boolean {
  return ms >= earliest && ms <= latest;
}

/** An instant as CloudEvents write it; null when it is none. What is finer than a nanosecond is cut off. */
export function parseRfc3339(text: string): Date | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const [, date = '', time = '', fraction = '', zone = ''] = match;
  const nanos = fraction.padEnd(9, '0');
  const ms = Date.parse(`${date}T${time}.${nanos.slice(0, 3)}${zone.toUpperCase()}`);
  if (!isInstant(ms)) return null;
  const below = Number(nanos.slice(3));
  return below === 0 ? new Date(ms) : new Timestamp(ms, below);
}
