import { Timestamp } from '../model/values.ts';

const pattern = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2})$/;

/** An instant as CloudEvents write it; null when it is none. What is finer than a nanosecond is cut off. */
export function parseRfc3339(text: string): Date | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const [, date = '', time = '', fraction = '', zone = ''] = match;
  const nanos = fraction.padEnd(9, '0');
  const ms = Date.parse(`${date}T${time}.${nanos.slice(0, 3)}${zone.toUpperCase()}`);
  if (Number.isNaN(ms)) return null;
  const below = Number(nanos.slice(3));
  return below === 0 ? new Date(ms) : new Timestamp(ms, below);
}
