import type { QuietHoursConfig } from '../config/config.ts';
import { dayOf, instantOf, offsetMs } from './zoned-time.ts';

const dayMs = 86_400_000;
const minutesOfDay = 1440;
/** A quiet time ends within this many days, or the configuration names nothing but quiet days. */
const maxDays = 400;

/**
 * When the quiet time that `nowMs` lies in ends (ms), or null outside of it. Nights and quiet days that follow each
 * other count as one.
 */
export function quietUntil(quiet: QuietHoursConfig, nowMs: number): number | null {
  let end: number | null = null;
  let at = nowMs;
  for (let round = 0; round < maxDays; round += 1) {
    const next = stretchEnd(quiet, at);
    if (next === null || next <= at) break;
    end = next;
    at = next;
  }
  return end;
}

/** The end of the stretch (a night or a whole day) that `ms` lies in, or null. */
function stretchEnd(quiet: QuietHoursConfig, ms: number): number | null {
  const day = dayOf(ms, quiet.timeZone);
  if (isQuietDay(quiet, day)) return instantOf(day + dayMs, 0, quiet.timeZone);
  if (!quiet.nightly) return null;
  const minute = (ms + offsetMs(ms, quiet.timeZone) - day) / 60_000;
  const { fromMinute, toMinute } = quiet;
  const overnight = toMinute <= fromMinute;
  if (overnight && minute < toMinute && begins(quiet, day - dayMs)) {
    return instantOf(day, toMinute, quiet.timeZone);
  }
  const inside = overnight ? minute >= fromMinute : minute >= fromMinute && minute < toMinute;
  if (!inside || !begins(quiet, day)) return null;
  return overnight
    ? instantOf(day + dayMs, toMinute, quiet.timeZone)
    : instantOf(day, Math.min(toMinute, minutesOfDay), quiet.timeZone);
}

/** Whether the nightly window begins on this day. */
function begins(quiet: QuietHoursConfig, day: number): boolean {
  return quiet.days === null || quiet.days.includes(new Date(day).getUTCDay());
}

function isQuietDay(quiet: QuietHoursConfig, day: number): boolean {
  const date = new Date(day);
  return (
    quiet.quietDays.includes(date.getUTCDay()) || quiet.holidays.includes(date.toISOString().slice(0, 10))
  );
}
