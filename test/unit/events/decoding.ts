import avro from 'avsc';
import { createEventDecoder } from '../../../src/events/decoder.ts';
import type {
  DecodeOutcome,
  ReadingFormat,
  TopicIdentity,
  TopicReading,
} from '../../../src/events/outcome.ts';
import type { Event } from '../../../src/model/event.ts';
import type { RawRecord, RecordHeader } from '../../../src/model/record.ts';
import { AvroReader } from '../../../src/registry/avro/avro-reader.ts';
import { parseOptions } from '../../../src/registry/avro/schema.ts';
import type { SchemaLookup, SchemaReaders } from '../../../src/registry/reader.ts';
import { aRecord } from '../../fakes/builders.ts';

/** Schema 7: the one that the registry of these tests knows. */
export const orderSchema = {
  type: 'record',
  name: 'OrderRefundRequested',
  namespace: 'shop',
  fields: [
    { name: 'order_id', type: 'string' },
    { name: 'amount_cents', type: 'long' },
  ],
};
const orderType = avro.Type.forSchema(orderSchema as Parameters<typeof avro.Type.forSchema>[0]);
const orderReader = new AvroReader(
  7,
  avro.Type.forSchema(orderSchema as Parameters<typeof avro.Type.forSchema>[0], parseOptions()),
);

export function framed(value: unknown, schemaId = 7): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return Buffer.concat([header, orderType.toBuffer(value)]);
}

export const readers: SchemaReaders = {
  cachedReader: (schemaId) => (schemaId === 7 ? orderReader : null),
  readerFor: (schemaId): SchemaLookup =>
    schemaId === 7
      ? { kind: 'reader', reader: orderReader }
      : { kind: 'schema_not_found', message: `the schema registry does not know schema ${schemaId}` },
};

export const decoder = createEventDecoder(readers);

export const auto: TopicReading = { format: 'auto', identity: null };

export function reading(format: ReadingFormat, identity: Partial<TopicIdentity> | null = null): TopicReading {
  if (identity === null) return { format, identity };
  return { format, identity: { source: null, id: null, type: null, time: null, ...identity } };
}

export function headers(texts: Readonly<Record<string, string | null>>): RecordHeader[] {
  return Object.entries(texts).map(([key, text]) => ({
    key,
    value: text === null ? null : Buffer.from(text),
  }));
}

export function jsonRecord(value: unknown, overrides: Partial<RawRecord> = {}): RawRecord {
  return aRecord({
    value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    ...overrides,
  });
}

/** The outcome, when no promise is needed for it. */
export function decode(record: RawRecord, how: TopicReading = auto): DecodeOutcome {
  const outcome = decoder.decode(record, how);
  if (outcome instanceof Promise) throw new Error('a promise, although the schema is cached');
  return outcome;
}

export function events(record: RawRecord, how: TopicReading = auto): readonly Event[] {
  const outcome = decode(record, how);
  if (outcome.kind !== 'events') throw new Error(`not events but ${JSON.stringify(outcome)}`);
  return outcome.events;
}

export function event(record: RawRecord, how: TopicReading = auto): Event {
  const all = events(record, how);
  if (all.length !== 1) throw new Error(`${all.length} events`);
  return all[0] as Event;
}
