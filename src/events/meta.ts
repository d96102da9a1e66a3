import type { Event } from '../model/event.ts';
import type { RawRecord } from '../model/record.ts';
import type { Enveloped } from './envelope.ts';
import type { HeaderTexts } from './headers.ts';
import { isInstant } from './rfc3339.ts';

export interface Fallbacks {
  /** The full name of the body's type, when the envelope names none. */
  readonly type: string | null;
  /** The event's place in a batch of several; null when it is the record's only one. */
  readonly batchIndex: number | null;
}

/**
 * Data and envelope of an event together with what the record itself says. An event whose envelope gives no id is
 * known by its place in the topic, which a redelivery does not change; in a batch the index belongs to the place.
 */
export function composeEvent(
  record: RawRecord,
  headers: HeaderTexts,
  enveloped: Enveloped,
  fallbacks: Fallbacks,
): Event {
  const { attributes, data } = enveloped;
  const place = `${record.partition}/${record.offset}`;
  return {
    data,
    meta: {
      source: attributes.source ?? record.topic,
      id: attributes.id ?? (fallbacks.batchIndex === null ? place : `${place}/${fallbacks.batchIndex}`),
      type: attributes.type ?? fallbacks.type,
      subject: attributes.subject,
      time: attributes.time ?? timeOf(record),
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      key: record.key === null ? null : record.key.toString('utf8'),
      headers:
        attributes.extensions === null ? headers.all : withExtensions(headers.all, attributes.extensions),
      traceparent: headers.traceparent ?? attributes.traceparent,
    },
  };
}

/** Records of very old producers carry no timestamp; Kafka then gives −1. */
function timeOf({ timestamp }: RawRecord): Date | null {
  return timestamp >= 0 && isInstant(timestamp) ? new Date(timestamp) : null;
}

/** Extensions of a structured event look like those of binary mode, so that a rule need not know the mode. */
function withExtensions(
  headers: Readonly<Record<string, string>>,
  extensions: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.assign(Object.create(null) as Record<string, string>, headers, extensions);
}
