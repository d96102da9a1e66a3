import { isTimeZone } from '../../config/words.ts';
import { instantAt, offsetMs, offsetText, zonedIso, zonedTime } from '../zoned-time.ts';
import { FilterFault } from './filter-fault.ts';

/** ISO 8601 and its usual variants: a blank for the `T`, an hour of one digit, a short offset. */
const isoTime =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{1,2})(:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|UTC|GMT|([+-]\d{2})(?::?(\d{2}))?)?)?$/i;

/** The last instant that a clock can show in every zone. */
const latestMs = 8_640_000_000_000_000 - 86_400_000;

/**
 * An instant: ISO 8601 text, seconds since the epoch as Liquid has it, or `now`. Null when it is none. Without an
 * offset it is a time of `timeZone`: the machine's own zone must not matter.
 */
export function parseTime(value: unknown, nowMs: number, timeZone: string): number | null {
  if (value === 'now') return nowMs;
  if (typeof value === 'number') return Math.abs(value * 1000) <= latestMs ? value * 1000 : null;
  if (typeof value !== 'string') return null;
  if (/^-?\d{1,12}$/.test(value)) return Number(value) * 1000;
  const [, date, hour = '00', rest = ':00', zone, hours = '+00', minutes = '00'] = isoTime.exec(value) ?? [];
  const ms = Date.parse(`${date}T${hour.padStart(2, '0')}${rest}${hours}:${minutes}`);
  if (Number.isNaN(ms)) return null;
  return zone === undefined ? instantAt(ms, timeZone) : ms;
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const maxFormatLength = 200;

/** `%Y-%m-%d %H:%M:%S` and the like, in a time zone. */
export function formatTime(ms: number, format: string, timeZone: string): string {
  if (format.length > maxFormatLength) throw new FilterFault('date: the format is too long');
  if (!isTimeZone(timeZone)) throw new FilterFault(`date: there is no time zone ${timeZone.slice(0, 40)}`);
  const time = zonedTime(ms, timeZone);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  const fields: Record<string, () => string> = {
    Y: () => String(time.year).padStart(4, '0'),
    y: () => two(time.year % 100),
    m: () => two(time.month),
    d: () => two(time.day),
    e: () => String(time.day),
    H: () => two(time.hour),
    I: () => two(hour12),
    l: () => String(hour12),
    M: () => two(time.minute),
    S: () => two(time.second),
    L: () => String(((ms % 1000) + 1000) % 1000).padStart(3, '0'),
    p: () => (time.hour < 12 ? 'AM' : 'PM'),
    B: () => months[time.month - 1] ?? '',
    b: () => (months[time.month - 1] ?? '').slice(0, 3),
    A: () => weekdays[time.weekday] ?? '',
    a: () => (weekdays[time.weekday] ?? '').slice(0, 3),
    u: () => String(time.weekday === 0 ? 7 : time.weekday),
    w: () => String(time.weekday),
    F: () => zonedIso(ms, timeZone).slice(0, 10),
    T: () => `${two(time.hour)}:${two(time.minute)}:${two(time.second)}`,
    R: () => `${two(time.hour)}:${two(time.minute)}`,
    z: () => offsetText(offsetMs(ms, timeZone), ''),
    s: () => String(Math.floor(ms / 1000)),
    '%': () => '%',
  };
  return format.replace(/%-?([A-Za-z%])/g, (whole: string, letter: string) => {
    const field = fields[letter];
    if (field === undefined) throw new FilterFault(`date: ${whole} is not known`);
    const text = field();
    return whole.startsWith('%-') ? text.replace(/^0(?=\d)/, '') : text;
  });
}

const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** `3小时前`, `in 2 days`. */
export function relativeTime(ms: number, nowMs: number, locale: string): string {
  const difference = ms - nowMs;
  const [unit, size] = units.find(([, length]) => Math.abs(difference) >= length) ?? ['second', 1000];
  return relativeFormatter(locale).format(Math.trunc(difference / size), unit);
}

function relativeFormatter(locale: string): Intl.RelativeTimeFormat {
  try {
    return new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  } catch (error) {
    throw new FilterFault(`relative_time: ${error instanceof Error ? error.message : 'not possible'}`);
  }
}
