import { Decimal, Timestamp } from '../../model/values.ts';
import { zonedIso } from '../zoned-time.ts';

/**
 * Event data as templates see it: only texts, numbers, booleans, null, lists and mappings. Timestamps print as ISO
 * 8601 in the configured zone, exact decimals and whole numbers beyond 2^53 as plain text. The event's shape has
 * been bounded before (`celView`), so recursion is safe.
 */
export function liquidView(value: unknown, timeZone: string): unknown {
  switch (typeof value) {
    case 'bigint':
      return value >= -maxSafe && value <= maxSafe ? Number(value) : String(value);
    case 'undefined':
    case 'function':
    case 'symbol':
      return null;
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => liquidView(item, timeZone));
  if (value instanceof Timestamp) return zonedIso(value.getTime(), timeZone, value.nanosBelowMs);
  if (value instanceof Date) return zonedIso(value.getTime(), timeZone);
  if (value instanceof Decimal) return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const entries = value instanceof Map ? (value as Map<string, unknown>) : Object.entries(value);
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of entries) copy[key] = liquidView(inner, timeZone);
  return copy;
}

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** A value as text, the way templates print it. */
export function printed(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return plainNumber(value);
  if (Array.isArray(value)) return value.map(printed).join(', ');
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

/** Never in exponent form: `1e21` is no amount that people read. */
export function plainNumber(value: number): string {
  const text = String(value);
  if (!/e/.test(text)) return text;
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 });
}
