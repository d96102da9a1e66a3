import { InvalidArgumentError } from 'commander';
import { systemClock } from '../base/clock.ts';
import { parseDuration } from '../config/fields.ts';

/** `2h`, `7d`: so long ago; else an ISO 8601 instant with its offset or Z. Milliseconds since the epoch. */
export function readMoment(text: string): number {
  const ago = parseDuration(text);
  if (ago !== null) return systemClock.now() - ago;
  const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const at = zoned ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new InvalidArgumentError('Write 2h (so long ago) or 2026-03-02T14:00:00+08:00.');
  }
  return at;
}

/** How many to list: a whole number from 1 on. */
export function readLimit(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 100_000) {
    throw new InvalidArgumentError('Write a whole number from 1 to 100000.');
  }
  return value;
}
