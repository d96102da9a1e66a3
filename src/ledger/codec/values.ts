import { Decimal, Timestamp } from '../../model/values.ts';
import { LedgerMisuseError } from '../errors.ts';

/**
 * Event data as JSON text that gives back exactly what went in. JSON's own values stand for themselves; whatever
 * it cannot carry (whole numbers as bigint, instants, decimals, bytes, NaN) becomes an object with the single
 * member `$`, and an object of the event that has a member `$` itself is wrapped, so that the two cannot be confused.
 */
export function encodeData(data: unknown): string {
  return JSON.stringify(wrap(data));
}

export function decodeData(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  // Most events hold nothing but plain JSON; then there is nothing to look for.
  return text.includes('"$":') ? unwrap(parsed) : parsed;
}

type Wrapped = { readonly $: string; readonly v?: unknown };

function wrap(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : tag('number', nameOf(value));
    case 'bigint':
      return tag('int', String(value));
    case 'undefined':
      return tag('undefined', null);
    case 'object':
      return value === null ? null : wrapObject(value);
    default:
      throw new LedgerMisuseError(`event data holds a ${typeof value}, which is no data`);
  }
}

function wrapObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(wrap);
  if (value instanceof Timestamp) return tag('timestamp', [value.getTime(), value.nanosBelowMs]);
  // An invalid date has the time NaN, which JSON writes as null.
  if (value instanceof Date) return tag('date', Number.isNaN(value.getTime()) ? null : value.getTime());
  if (value instanceof Decimal) return tag('decimal', [String(value.unscaled), value.scale]);
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return tag(Buffer.isBuffer(value) ? 'buffer' : 'bytes', bytes.toString('base64'));
  }
  if (value instanceof Map)
    return tag(
      'map',
      [...value].map(([key, each]) => [wrap(key), wrap(each)]),
    );
  // Without a prototype a member called `__proto__` is a member like any other.
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of Object.entries(value)) copy[key] = wrap(member);
  return Object.hasOwn(value, '$') ? tag('object', copy) : copy;
}

function tag(kind: string, v: unknown): Wrapped {
  return { $: kind, v };
}

function nameOf(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Works in place: the objects come fresh from `JSON.parse`, where `__proto__` is an own member. */
function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) value[index] = unwrap(each);
    return value;
  }
  if (Object.hasOwn(value, '$')) return untag(value as Wrapped);
  return unwrapMembers(value as Record<string, unknown>);
}

function unwrapMembers(object: Record<string, unknown>): Record<string, unknown> {
  for (const key of Object.keys(object)) object[key] = unwrap(object[key]);
  return object;
}

function untag(wrapped: Wrapped): unknown {
  const { v } = wrapped;
  switch (wrapped.$) {
    case 'int':
      return BigInt(v as string);
    case 'number':
      return v === '-0' ? -0 : Number(v);
    case 'undefined':
      return undefined;
    case 'date':
      return new Date(v === null ? Number.NaN : (v as number));
    case 'timestamp':
      return new Timestamp(...(v as [number, number]));
    case 'decimal': {
      const [unscaled, scale] = v as [string, number];
      return new Decimal(BigInt(unscaled), scale);
    }
    case 'bytes':
      return new Uint8Array(Buffer.from(v as string, 'base64'));
    case 'buffer':
      return Buffer.from(v as string, 'base64');
    case 'map':
      return new Map((v as [unknown, unknown][]).map(([key, each]) => [unwrap(key), unwrap(each)]));
    case 'object':
      return unwrapMembers(v as Record<string, unknown>);
    default:
      throw new LedgerMisuseError(`the ledger holds a value of the unknown kind "${wrapped.$}"`);
  }
}
