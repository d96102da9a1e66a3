import type { SampleEvent } from '../config/config.ts';
import { instantRemedy, parseInstant } from '../config/schema-event.ts';
import type { Event } from '../model/event.ts';
import type { AvroSchemas } from './cel/avro-types.ts';
import { exactNumbers } from './exact-numbers.ts';
import { shapeByType } from './shape-by-type.ts';

export type EventInput =
  { readonly ok: true; readonly event: Event } | { readonly ok: false; readonly message: string };

/** What an event gets that does not say it itself. */
export interface EventDefaults {
  readonly topic: string;
  readonly type: string | null;
}

const noDefaults: EventDefaults = { topic: 'sample', type: null };
const metaKeys = [
  'topic',
  'type',
  'source',
  'id',
  'subject',
  'time',
  'partition',
  'offset',
  'key',
  'headers',
  'traceparent',
] as const;

/**
 * An event as people write it: `{ data, meta: { topic, type, … } }`, or with the keys of `meta` beside `data`, as
 * cases have it. Only `data` is needed. Numbers may be `number` or `bigint`. With a schema for its type, texts become
 * timestamps and decimals where the schema has them.
 */
export function eventFromInput(
  input: unknown,
  nowMs: number,
  schemas: AvroSchemas | null = null,
  defaults: EventDefaults = noDefaults,
): EventInput {
  if (!isMapping(input)) return { ok: false, message: 'an event is an object with the key data' };
  if (!('data' in input)) return { ok: false, message: 'the event has no data' };
  const nested: unknown = input['meta'] ?? {};
  if (!isMapping(nested)) return { ok: false, message: 'meta must be an object' };
  const meta: Record<string, unknown> = { ...input, ...nested };
  const known: readonly string[] = metaKeys;
  for (const key of Object.keys(nested)) {
    if (!known.includes(key)) return { ok: false, message: `meta has no field ${key.slice(0, 60)}` };
  }
  for (const key of ['topic', 'type', 'source', 'id', 'subject', 'key', 'traceparent']) {
    const value = meta[key];
    if (value !== undefined && value !== null && typeof value !== 'string') {
      return { ok: false, message: `${key} must be a text` };
    }
  }
  const time = timeOf(meta['time'], nowMs);
  if (time === undefined)
    return { ok: false, message: `time must be an instant with a time zone; ${instantRemedy}` };
  const position = positionOf(meta);
  if (position === null) return { ok: false, message: 'partition and offset must be whole numbers' };
  const text = (key: string): string | null => (typeof meta[key] === 'string' ? meta[key] : null);
  const topic = text('topic') ?? defaults.topic;
  const type = text('type') ?? defaults.type;
  const schema = type === null ? undefined : schemas?.records.get(type);
  const event: Event = {
    data: schema === undefined ? exactNumbers(input['data']) : shapeByType(input['data'], schema),
    meta: {
      source: text('source') ?? topic,
      id: text('id') ?? `${position.partition}/${position.offset}`,
      type,
      subject: text('subject'),
      time,
      topic,
      ...position,
      key: text('key'),
      headers: headersOf(meta['headers']),
      traceparent: text('traceparent'),
    },
  };
  return { ok: true, event };
}

/** The same for samples and cases, whose form has been checked before. */
export function eventFromSample(
  sample: SampleEvent,
  nowMs: number,
  schemas: AvroSchemas,
  defaults: EventDefaults,
): Event {
  const read = eventFromInput({ data: sample.data, meta: sample.meta }, nowMs, schemas, defaults);
  if (!read.ok) throw new TypeError(`a checked sample was refused: ${read.message}`);
  return read.event;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined when it is no instant; null when it is written as null. */
function timeOf(value: unknown, nowMs: number): Date | null | undefined {
  if (value === undefined) return new Date(nowMs);
  if (value === null) return null;
  if (value instanceof Date) return value;
  const ms = typeof value === 'string' ? parseInstant(value) : null;
  return ms === null ? undefined : new Date(ms);
}

function positionOf(meta: Record<string, unknown>): { partition: number; offset: bigint } | null {
  const whole = (value: unknown): bigint | null => {
    if (value === undefined || value === null) return 0n;
    if (typeof value === 'bigint') return value;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
    return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : null;
  };
  const partition = whole(meta['partition']);
  const offset = whole(meta['offset']);
  return partition === null || offset === null ? null : { partition: Number(partition), offset };
}

function headersOf(value: unknown): Record<string, string> {
  if (!isMapping(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
