import { type Decimal, Timestamp } from '../../model/values.ts';
import { decimalOf, maxScale } from '../decimal.ts';
import { AvroDataError, type Tap } from './tap.ts';

/**
 * What Avro's logical types become. Instants are `Date`, or `Timestamp` where they are finer than a millisecond;
 * what has no time zone (dates, times of day, local timestamps) is ISO 8601 text, because a `Date` would invent one;
 * decimals stay exact. Source: Apache Avro specification 1.12, "Logical Types".
 */
export type ReadValue = (tap: Tap) => unknown;

/** The attributes of a logical type and of the type below it that decide how it is read. */
export interface LogicalAttributes {
  readonly logicalType: string;
  /** `int`, `long`, `bytes`, `fixed` or `string`. */
  readonly underlying: string;
  /** Bytes of a `fixed`. */
  readonly size: number | null;
  readonly precision: unknown;
  readonly scale: unknown;
}

const dayMs = 86_400_000;
/** The largest distance from the epoch that a `Date` takes, ms. Source: ECMA-262, "Time Values and Time Range". */
const maxDateMs = 8.64e15;

/** How to read a logical type; null when its attributes are invalid, for then the type below counts. */
export function readLogical(attributes: LogicalAttributes): ReadValue | null {
  const { logicalType, underlying, size } = attributes;
  if (logicalType === 'decimal') return readDecimal(attributes);
  if (logicalType === 'uuid')
    return underlying === 'fixed' && size === 16 ? (tap) => uuid(tap.readFixed(16)) : null;
  const reader = byUnderlying[underlying]?.[logicalType];
  return reader ?? null;
}

const byUnderlying: Readonly<Record<string, Readonly<Record<string, ReadValue>>>> = {
  int: {
    date: (tap) => isoDate(tap.readNumber()),
    'time-millis': (tap) => timeOfDay(BigInt(tap.readNumber()), 1_000n, 3),
  },
  long: {
    'time-micros': (tap) => timeOfDay(tap.readLong(), 1_000_000n, 6),
    'timestamp-millis': (tap) => instant(tap.readNumber(), 0),
    'timestamp-micros': (tap) => fineInstant(tap.readLong(), 1_000n, 1_000),
    'timestamp-nanos': (tap) => fineInstant(tap.readLong(), 1_000_000n, 1),
    'local-timestamp-millis': (tap) => localText(instant(tap.readNumber(), 0), 3),
    'local-timestamp-micros': (tap) => localText(fineInstant(tap.readLong(), 1_000n, 1_000), 6),
    'local-timestamp-nanos': (tap) => localText(fineInstant(tap.readLong(), 1_000_000n, 1), 9),
  },
};

function instant(ms: number, nanosBelowMs: number): Date {
  if (Math.abs(ms) > maxDateMs) throw new AvroDataError('a timestamp beyond the range of dates');
  return nanosBelowMs === 0 ? new Date(ms) : new Timestamp(ms, nanosBelowMs);
}

/** `perMs` units make a millisecond, each of `unitNanos` nanoseconds. */
function fineInstant(units: bigint, perMs: bigint, unitNanos: number): Date {
  let below = units % perMs;
  if (below < 0n) below += perMs;
  return instant(Number((units - below) / perMs), Number(below) * unitNanos);
}

function isoDate(days: number): string {
  return instant(days * dayMs, 0)
    .toISOString()
    .slice(0, -'T00:00:00.000Z'.length);
}

function timeOfDay(units: bigint, perSecond: bigint, digits: number): string {
  if (units < 0n || units >= 86_400n * perSecond) throw new AvroDataError('a time of day outside the day');
  const seconds = Number(units / perSecond);
  const fraction = String(units % perSecond).padStart(digits, '0');
  return `${new Date(seconds * 1_000).toISOString().slice(11, 19)}.${fraction}`;
}

function localText(local: Date, digits: number): string {
  const text = local.toISOString().slice(0, -1);
  if (digits === 3) return text;
  const nanos = local instanceof Timestamp ? local.nanosBelowMs : 0;
  return (
    text +
    String(nanos)
      .padStart(6, '0')
      .slice(0, digits - 3)
  );
}

function uuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function readDecimal(attributes: LogicalAttributes): ReadValue | null {
  const { underlying, size, precision, scale = 0 } = attributes;
  const valid =
    Number.isInteger(precision) &&
    Number.isInteger(scale) &&
    (precision as number) > 0 &&
    (scale as number) >= 0 &&
    (scale as number) <= Math.min(precision as number, maxScale);
  if (!valid) return null;
  if (underlying === 'bytes') return (tap) => decimal(tap.readBytes(), scale as number);
  if (underlying === 'fixed' && size !== null) return (tap) => decimal(tap.readFixed(size), scale as number);
  return null;
}

function decimal(bytes: Uint8Array, scale: number): Decimal {
  const value = decimalOf(bytes, scale);
  if (value === null) throw new AvroDataError('a decimal of more digits than can be read');
  return value;
}
