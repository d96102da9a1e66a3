import { parseExactJsonBytes } from '../base/exact-json.ts';
import type { SchemaLookup, SchemaReader } from '../registry/reader.ts';
import { isPlainText, mediaTypeOf } from './content-type.ts';
import type { ReadingFormat } from './outcome.ts';

/** Magic byte 0 and four bytes of schema id, the highest first. Source: Confluent "Wire format". */
const framingBytes = 5;

/** The schema id that a value is framed with; null when it is not framed. */
export function schemaIdOf(value: Buffer): number | null {
  return value.length >= framingBytes && value[0] === 0 ? value.readInt32BE(1) : null;
}

export type BodyResult =
  | { readonly ok: true; readonly data: unknown; readonly type: string | null }
  | { readonly ok: false; readonly reason: 'undecodable' | 'schema_not_found'; readonly message: string };

const kindOfFormat: Partial<Record<ReadingFormat, SchemaReader['kind']>> = {
  avro: 'avro',
  json_schema: 'json',
  protobuf: 'protobuf',
};

/** Whether the value is to be read with a schema of the registry. */
export function needsSchema(value: Buffer, format: ReadingFormat): boolean {
  return format in kindOfFormat || (format !== 'json' && schemaIdOf(value) !== null);
}

/** Reads a framed value with what the registry said of its schema; anything but "unavailable". */
export function readFramed(
  value: Buffer,
  format: ReadingFormat,
  lookup: Exclude<SchemaLookup, { kind: 'unavailable' }>,
): BodyResult {
  if (lookup.kind === 'schema_not_found')
    return { ok: false, reason: 'schema_not_found', message: lookup.message };
  if (lookup.kind === 'unusable') return { ok: false, reason: 'undecodable', message: lookup.message };
  const wanted = kindOfFormat[format];
  if (wanted !== undefined && wanted !== lookup.reader.kind) {
    return undecodable(
      `schema ${lookup.reader.schemaId} is not of the format "${format}" that the topic is set to`,
    );
  }
  const read = lookup.reader.read(value);
  return read.ok ? read : undecodable(read.message);
}

/** Reads a value without framing: JSON, or plain text when a CloudEvent says so of its data. */
export function readUnframed(value: Buffer, dataContentType: string | null): BodyResult {
  if (isPlainText(mediaTypeOf(dataContentType)))
    return { ok: true, data: value.toString('utf8'), type: null };
  const parsed = parseExactJsonBytes(value);
  return parsed.ok ? { ok: true, data: parsed.value, type: null } : undecodable(parsed.message);
}

export function undecodable(message: string): BodyResult & { readonly ok: false } {
  return { ok: false, reason: 'undecodable', message };
}
