import type { RawRecord, RecordHeader } from '../model/record.ts';
import { isBase64 } from './base64.ts';

/**
 * A Kafka record as one line of JSON, its bytes in base 64: what a recording of a topic holds. Everything that decides
 * how the record is read (headers in their order, repeats and nulls, the bytes themselves) comes back as it was.
 */
export type RecordedRecord =
  { readonly ok: true; readonly record: RawRecord } | { readonly ok: false; readonly message: string };

export function recordedLine(record: RawRecord): string {
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  const text = (bytes: Buffer | null): string => JSON.stringify(bytes?.toString('base64') ?? null);
  const pairs = headers.map(
    (header) => `{"key":${JSON.stringify(header.key)},"value_base64":${text(header.value)}}`,
  );
  // Composed by hand, because an offset beyond 2^53 must keep its digits.
  return `{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${offset},"timestamp":${timestamp},"key_base64":${text(key)},"value_base64":${text(value)},"headers":[${pairs.join(',')}]}`;
}

/** Whether a JSON value means to be a recorded record; exported dead letters hold one as their `record`. */
export function isRecorded(input: Readonly<Record<string, unknown>>): boolean {
  return 'value_base64' in bytesOf(input);
}

/**
 * Reads what `recordedLine` wrote, whole numbers as `bigint`. `place` stands in for an offset that is not given, so
 * that records without one stay apart.
 */
export function readRecorded(input: Readonly<Record<string, unknown>>, place: bigint): RecordedRecord {
  const refuse = (message: string): RecordedRecord => ({ ok: false, message });
  const { topic, partition = 0n, offset = place, timestamp = -1n } = input;
  if (typeof topic !== 'string' || topic === '') return refuse('topic must be a text');
  const [number, at, time] = [whole(partition), whole(offset), whole(timestamp)];
  if (number === null || at === null) return refuse('partition and offset must be whole numbers');
  if (time === null) return refuse('timestamp must be milliseconds since 1970');
  const bytes = bytesOf(input);
  const key = decode(bytes['key_base64']);
  const value = decode(bytes['value_base64']);
  if (key === undefined || value === undefined)
    return refuse('key_base64 and value_base64 must be base 64 or null');
  const headers = readHeaders(bytes['headers']);
  if (headers === null) return refuse('headers must be a list of { key, value_base64 }');
  const record = {
    topic,
    partition: Number(number),
    offset: at,
    timestamp: Number(time),
    key,
    value,
    headers,
  };
  return { ok: true, record };
}

function bytesOf(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { record } = input;
  return isMapping(record) ? record : input;
}

function readHeaders(value: unknown): readonly RecordHeader[] | null {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return null;
  const headers: RecordHeader[] = [];
  for (const header of value as unknown[]) {
    if (!isMapping(header) || typeof header['key'] !== 'string') return null;
    const bytes = decode(header['value_base64']);
    if (bytes === undefined) return null;
    headers.push({ key: header['key'], value: bytes });
  }
  return headers;
}

/** Undefined when it is neither base 64 nor null. */
function decode(value: unknown): Buffer | null | undefined {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' && isBase64(value) ? Buffer.from(value, 'base64') : undefined;
}

function whole(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : null;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
