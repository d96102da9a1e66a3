import type { DingbusError } from '../base/errors.ts';
import type { Event } from '../model/event.ts';
import type { RawRecord } from '../model/record.ts';

/** Why a record could not become an event. */
export type DecodeFault = 'undecodable' | 'no_identity' | 'schema_not_found';

/** What became of one record. */
export type DecodeOutcome =
  /** Usually one event; a CloudEvents batch gives as many as it holds, possibly none. */
  | { readonly kind: 'events'; readonly events: readonly Event[] }
  /** A null value: it deletes a key for compaction and tells no event. */
  | { readonly kind: 'tombstone' }
  /** The whole record goes to the dead-letter topic. `message` quotes nothing of the record. */
  | {
      readonly kind: 'dead_letter';
      readonly stage: 'decode';
      readonly reason: DecodeFault;
      readonly message: string;
      readonly className: string;
    }
  /** The schema registry cannot be asked now: the partition has to wait and the record to be decoded again. */
  | { readonly kind: 'wait'; readonly error: DingbusError };

/** How a topic's records are read; the meaning of each word is in docs/events.md. */
export type ReadingFormat = 'auto' | 'json' | 'avro' | 'json_schema' | 'protobuf' | 'cloudevents';

/**
 * A topic's own expressions, compiled. Each is called with the event as it is without them and may throw; a throw,
 * null or "" means that the event has no identity. Null = not set for this topic.
 */
export interface TopicIdentity {
  readonly source: ((event: Event) => unknown) | null;
  readonly id: ((event: Event) => unknown) | null;
  readonly type: ((event: Event) => unknown) | null;
  readonly time: ((event: Event) => unknown) | null;
}

export interface TopicReading {
  readonly format: ReadingFormat;
  readonly identity: TopicIdentity | null;
}

/** Turns records into events. Never throws, whatever the bytes. */
export interface EventDecoder {
  /** A promise only when a schema has to be fetched first. Calls may overlap: one request is made per schema id. */
  decode(record: RawRecord, reading: TopicReading): DecodeOutcome | Promise<DecodeOutcome>;
  /**
   * The event's type as far as it shows without decoding: a text, null for "has none", undefined for "cannot tell".
   * What it tells is what `decode` would give, so that a record which no route can match need not be decoded.
   */
  typeHint(record: RawRecord, reading: TopicReading): string | null | undefined;
}
