/** Calendar arithmetic in a time zone, on top of `Intl`, for quiet hours and for printing. */
export interface ZonedTime {
  readonly year: number;
  /** 1 … 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 = Sunday. */
  readonly weekday: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const minuteMs = 60_000;
const dayMs = 86_400_000;

/** What a clock on the wall of `timeZone` shows at an instant. */
export function zonedTime(ms: number, timeZone: string): ZonedTime {
  const shifted = new Date(ms + offsetMs(ms, timeZone));
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    weekday: shifted.getUTCDay(),
  };
}

/** How far the zone's clocks are ahead of UTC at an instant. */
export function offsetMs(ms: number, timeZone: string): number {
  if (timeZone === 'UTC' || !Number.isFinite(ms)) return 0;
  // Zones change their clocks on quarters of an hour, and events cluster around now.
  const quarter = Math.floor(ms / quarterMs);
  let offsets = knownOffsets.get(timeZone);
  if (offsets === undefined) {
    offsets = new Map<number, number>();
    knownOffsets.set(timeZone, offsets);
  }
  const known = offsets.get(quarter);
  if (known !== undefined) return known;
  const fresh = askForOffset(quarter * quarterMs, timeZone);
  if (offsets.size >= maxKnownOffsets) offsets.clear();
  offsets.set(quarter, fresh);
  return fresh;
}

const quarterMs = 15 * minuteMs;
const maxKnownOffsets = 5000;
const knownOffsets = new Map<string, Map<number, number>>();

function askForOffset(ms: number, timeZone: string): number {
  const parts: Record<string, string> = {};
  for (const { type, value } of formatterOf(timeZone).formatToParts(ms)) parts[type] = value;
  const part = (name: string): number => Number(parts[name]);
  const year = parts['era'] === 'BC' ? 1 - part('year') : part('year');
  const wall = new Date(0);
  wall.setUTCFullYear(year, part('month') - 1, part('day'));
  wall.setUTCHours(part('hour'), part('minute'), part('second'), 0);
  return wall.getTime() - ms;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const number = 'numeric';
  const fresh = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    era: 'short',
    year: number,
    month: number,
    day: number,
    hour: number,
    minute: number,
    second: number,
  });
  formatters.set(timeZone, fresh);
  return fresh;
}

/** The midnight (as ms of a UTC calendar) of the day that a wall clock shows: a name for that day. */
export function dayOf(ms: number, timeZone: string): number {
  return Math.floor((ms + offsetMs(ms, timeZone)) / dayMs) * dayMs;
}

/** The instant when a wall clock shows `minute` of the day named `day`. */
export function instantOf(day: number, minute: number, timeZone: string): number {
  return instantAt(day + minute * minuteMs, timeZone);
}

/** The instant when a wall clock shows `wall` (as ms of a UTC calendar); within a gap, right after the gap. */
export function instantAt(wall: number, timeZone: string): number {
  // The offset may differ between the guess and the answer where clocks are changed.
  const guess = wall - offsetMs(wall, timeZone);
  return wall - offsetMs(guess, timeZone);
}

/** `2026-03-02T09:30:00+08:00`; milliseconds and what is finer are shown only where there are any. */
export function zonedIso(ms: number, timeZone: string, nanosBelowMs = 0): string {
  if (!Number.isFinite(ms)) return 'invalid time';
  const offset = offsetMs(ms, timeZone);
  const [date, clock] = new Date(ms + offset).toISOString().split('T');
  let fraction = String(((ms % 1000) + 1000) % 1000).padStart(3, '0');
  if (nanosBelowMs > 0) fraction += String(nanosBelowMs).padStart(6, '0').replace(/0+$/, '');
  const shownFraction = /^0+$/.test(fraction) ? '' : `.${fraction}`;
  return `${date}T${(clock ?? '').slice(0, 8)}${shownFraction}${offsetText(offset)}`;
}

export function offsetText(offset: number, separator = ':'): string {
  const minutes = Math.round(Math.abs(offset) / minuteMs);
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${hours}${separator}${String(minutes % 60).padStart(2, '0')}`;
}
