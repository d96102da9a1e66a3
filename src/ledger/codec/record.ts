import type { RawRecord, RecordHeader } from '../../model/record.ts';

/** Headers as JSON text, values in base 64; null for none, which is what most records have. */
export function encodeHeaders(headers: readonly RecordHeader[]): string | null {
  if (headers.length === 0) return null;
  return JSON.stringify(
    headers.map(({ key, value }) => [key, value === null ? null : value.toString('base64')]),
  );
}

export function decodeHeaders(text: string | null): readonly RecordHeader[] {
  if (text === null) return [];
  const pairs = JSON.parse(text) as [string, string | null][];
  return pairs.map(([key, value]) => ({ key, value: value === null ? null : Buffer.from(value, 'base64') }));
}

/** A record inside another document; named field by field, because what reads Kafka hangs more on its records. */
export function packRecord(record: RawRecord): object {
  return {
    topic: record.topic,
    partition: record.partition,
    timestamp: record.timestamp,
    offset: String(record.offset),
    key: record.key?.toString('base64') ?? null,
    value: record.value?.toString('base64') ?? null,
    headers: encodeHeaders(record.headers),
  };
}

interface PackedRecord extends Omit<RawRecord, 'offset' | 'key' | 'value' | 'headers'> {
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: string | null;
}

export function unpackRecord(packed: unknown): RawRecord {
  const record = packed as PackedRecord;
  return {
    ...record,
    offset: BigInt(record.offset),
    key: record.key === null ? null : Buffer.from(record.key, 'base64'),
    value: record.value === null ? null : Buffer.from(record.value, 'base64'),
    headers: decodeHeaders(record.headers),
  };
}

/** Bytes as they come from an engine; SQLite gives plain arrays of bytes. */
export function bytes(column: Uint8Array | null): Buffer | null {
  if (column === null || Buffer.isBuffer(column)) return column;
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength);
}
