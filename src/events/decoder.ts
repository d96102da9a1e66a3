/**
 * Bytes to events. Each record is read in two layers, the envelope and the body, and each layer tells by itself what
 * it is. Nothing here decides whether an event matters, and nothing here throws: whatever the bytes, the outcome is
 * events, a tombstone, a dead letter with its reason, or "wait" while the schema registry cannot be asked.
 */
import { messageOf } from '../base/errors.ts';
import { parseExactJsonBytes } from '../base/exact-json.ts';
import type { Event } from '../model/event.ts';
import type { RawRecord } from '../model/record.ts';
import type { SchemaLookup, SchemaReaders } from '../registry/reader.ts';
import { type BodyResult, needsSchema, readFramed, readUnframed, schemaIdOf, undecodable } from './body.ts';
import {
  type Attributes,
  binaryAttributes,
  type Enveloped,
  readStructured,
  structuredMode,
} from './envelope.ts';
import { HeaderTexts, headerText, isAttribute, isContentType, isTypeAttribute } from './headers.ts';
import { applyIdentity } from './identity.ts';
import { composeEvent } from './meta.ts';
import type { DecodeFault, DecodeOutcome, EventDecoder, TopicReading } from './outcome.ts';

/** `readers`: null when no schema registry is configured; then records that need one are undecodable. */
export function createEventDecoder(readers: SchemaReaders | null): EventDecoder {
  return {
    decode(record, reading) {
      try {
        const outcome = new Decoding(record, reading, readers).run();
        return outcome instanceof Promise ? outcome.catch(unforeseen) : outcome;
      } catch (thrown) {
        return unforeseen(thrown);
      }
    },
    typeHint: (record, reading) => typeHint(record, reading, readers),
  };
}

const tombstone: DecodeOutcome = { kind: 'tombstone' };

const classNames: Readonly<Record<DecodeFault, string>> = {
  undecodable: 'dingbus.UndecodableError',
  no_identity: 'dingbus.NoIdentityError',
  schema_not_found: 'dingbus.SchemaNotFoundError',
};

function deadLetter(reason: DecodeFault, message: string, className = classNames[reason]): DecodeOutcome {
  return { kind: 'dead_letter', stage: 'decode', reason, message, className };
}

/**
 * A fault of the program itself must not stop the partition either: the record is kept as a dead letter that names
 * the fault's class. Its text stays out, for it may quote the record.
 */
function unforeseen(thrown: unknown): DecodeOutcome {
  const className = thrown instanceof Error ? thrown.name : typeof thrown;
  const detail = thrown instanceof RangeError ? `: ${messageOf(thrown)}` : '';
  return deadLetter('undecodable', `an unforeseen fault while decoding${detail}`, className);
}

/** One record on its way. */
class Decoding {
  readonly #record: RawRecord;
  readonly #reading: TopicReading;
  readonly #readers: SchemaReaders | null;

  constructor(record: RawRecord, reading: TopicReading, readers: SchemaReaders | null) {
    this.#record = record;
    this.#reading = reading;
    this.#readers = readers;
  }

  run(): DecodeOutcome | Promise<DecodeOutcome> {
    const { value } = this.#record;
    if (value === null) return tombstone;
    if (value.length === 0) return deadLetter('undecodable', 'a value of zero bytes');
    const { format } = this.#reading;
    const headers = new HeaderTexts(this.#record);
    const takesStructured = format === 'auto' || format === 'cloudevents';
    const mode = takesStructured ? structuredMode(headers.contentType) : null;
    if (mode === 'unreadable')
      return deadLetter('undecodable', 'CloudEvents in an event format other than JSON');
    if (mode !== null) return this.#structured(value, mode, headers);
    if (headers.attributes !== null) return this.#body(value, headers, binaryAttributes(headers.attributes));
    // A topic that is set to CloudEvents may well lack the content type; the document itself then has to be one.
    return format === 'cloudevents'
      ? this.#structured(value, 'single', headers)
      : this.#body(value, headers, null);
  }

  #structured(value: Buffer, mode: 'single' | 'batch', headers: HeaderTexts): DecodeOutcome {
    const document = parseExactJsonBytes(value);
    if (!document.ok) return deadLetter('undecodable', document.message);
    const read = readStructured(document.value, mode);
    return read.ok ? this.#events(read.events, headers, null) : deadLetter('undecodable', read.message);
  }

  #body(
    value: Buffer,
    headers: HeaderTexts,
    attributes: Attributes | null,
  ): DecodeOutcome | Promise<DecodeOutcome> {
    const { format } = this.#reading;
    const finish = (body: BodyResult): DecodeOutcome =>
      body.ok
        ? this.#events([{ attributes: attributes ?? noAttributes, data: body.data }], headers, body.type)
        : deadLetter(body.reason, `${body.message}${schemaInHeader in headers.all ? idInHeader : ''}`);
    if (!needsSchema(value, format)) {
      return finish(readUnframed(value, attributes === null ? null : headers.contentType));
    }
    const schemaId = schemaIdOf(value);
    if (schemaId === null)
      return finish(undecodable(`no schema id, although the topic is set to "${format}"`));
    if (this.#readers === null) return finish(undecodable('no schema registry is configured'));
    const readWith = (lookup: SchemaLookup): DecodeOutcome =>
      lookup.kind === 'unavailable'
        ? { kind: 'wait', error: lookup.error }
        : finish(readFramed(value, format, lookup));
    const lookup = this.#readers.readerFor(schemaId);
    return lookup instanceof Promise ? lookup.then(readWith) : readWith(lookup);
  }

  #events(enveloped: readonly Enveloped[], headers: HeaderTexts, type: string | null): DecodeOutcome {
    const events: Event[] = [];
    for (const [index, one] of enveloped.entries()) {
      const event = composeEvent(this.#record, headers, one, {
        type,
        batchIndex: enveloped.length === 1 ? null : index,
      });
      if (this.#reading.identity === null) {
        events.push(event);
        continue;
      }
      const identified = applyIdentity(event, this.#reading.identity);
      if (!identified.ok) return deadLetter('no_identity', identified.message);
      events.push(identified.event);
    }
    return { kind: 'events', events };
  }
}

/** Where newer serializers of Confluent write the schema's id when they are told to keep it out of the value. */
const schemaInHeader = '__value_schema_id';
const idInHeader = `; its schema is named by the header ${schemaInHeader}, which is not read: have the serializer write the id before the value, as is its default`;

const noAttributes: Attributes = {
  source: null,
  id: null,
  type: null,
  subject: null,
  time: null,
  traceparent: null,
  extensions: null,
};

function typeHint(
  record: RawRecord,
  reading: TopicReading,
  readers: SchemaReaders | null,
): string | null | undefined {
  const { value } = record;
  const { format, identity } = reading;
  if (value === null || value.length === 0 || (identity !== null && identity.type !== null)) return undefined;
  if (format === 'auto' || format === 'cloudevents') {
    if (structuredMode(headerText(record, isContentType)) !== null) return undefined;
  }
  const named = headerText(record, isTypeAttribute);
  if (named !== null && named !== '') return named;
  if (format === 'cloudevents' && headerText(record, isAttribute) === null) return undefined;
  if (!needsSchema(value, format)) return null;
  const schemaId = schemaIdOf(value);
  const reader = schemaId === null || readers === null ? null : readers.cachedReader(schemaId);
  return reader === null ? undefined : reader.typeOf(value);
}
