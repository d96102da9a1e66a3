import { parseInstant } from '../config/schema-event.ts';
import { Decimal, Timestamp } from '../model/values.ts';
import type { AvroType } from './cel/avro-types.ts';
import { exactNumbers } from './exact-numbers.ts';

/**
 * Gives values that people wrote as text the types that decoding would have given them, so that a case sees what the
 * service sees. What does not fit stays as it is: the expression that uses it will say so.
 */
export function shapeByType(value: unknown, type: AvroType): unknown {
  switch (type.kind) {
    case 'record': {
      if (!isMapping(value)) return exactNumbers(value);
      const shaped = exactNumbers(value) as Record<string, unknown>;
      for (const [name, field] of type.fields) {
        // An encoded record has all of its fields; those that may be null are null when nobody named them.
        if (value[name] !== undefined) shaped[name] = shapeByType(value[name], field);
        else if (field.kind === 'nullable') shaped[name] = null;
      }
      return shaped;
    }
    case 'nullable':
      return value === null ? null : shapeByType(value, type.of);
    case 'list':
      return Array.isArray(value)
        ? value.map((item: unknown) => shapeByType(item, type.item))
        : exactNumbers(value);
    case 'map': {
      if (!isMapping(value)) return exactNumbers(value);
      const entries = Object.entries(value).map(([key, item]) => [key, shapeByType(item, type.value)]);
      return Object.fromEntries(entries) as unknown;
    }
    case 'double':
      return typeof value === 'bigint' ? Number(value) : value;
    case 'decimal':
      return decimalOf(value, type.scale);
    case 'timestamp':
      return instantOf(value, type.unit);
    case 'bytes':
      return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value;
    default:
      return exactNumbers(value);
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function decimalOf(value: unknown, scale: number): unknown {
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  const text = typeof value === 'string' ? value : isNumber ? String(value) : '';
  const match = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/.exec(text);
  if (match === null) return exactNumbers(value);
  const [, sign, whole, fraction = ''] = match;
  if (fraction.length > scale) return exactNumbers(value);
  return new Decimal(BigInt(`${sign}${whole}${fraction.padEnd(scale, '0')}`), scale);
}

const perMilli = { millis: 1n, micros: 1000n, nanos: 1_000_000n } as const;

/** A day, an instant as text, or the number that the schema's unit counts. */
function instantOf(value: unknown, unit: 'millis' | 'micros' | 'nanos' | 'days'): unknown {
  if (typeof value === 'string') {
    const ms = parseInstant(/^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00Z` : value);
    return ms === null ? value : new Date(ms);
  }
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isSafeInteger(value))) return value;
  const count = BigInt(value);
  if (unit === 'days') return new Date(Number(count) * 86_400_000);
  const size = perMilli[unit];
  const rest = ((count % size) + size) % size;
  const ms = Number((count - rest) / size);
  return rest === 0n ? new Date(ms) : new Timestamp(ms, Number(rest * (1_000_000n / size)));
}
