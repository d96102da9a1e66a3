/**
 * One decoded domain event. `data` is plain data: `null`, booleans, strings, `bigint` for whole numbers, `number`
 * for doubles, `Date` for instants (`Timestamp` where finer than a millisecond), `Decimal`, `Uint8Array`, arrays
 * and objects without prototype surprises.
 */
export interface Event {
  readonly data: unknown;
  readonly meta: EventMeta;
}

export interface EventMeta {
  /** With `id` the event's identity, global over topics (CloudEvents' rule). Never empty. */
  readonly source: string;
  readonly id: string;
  readonly type: string | null;
  readonly subject: string | null;
  readonly time: Date | null;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The record's key as UTF-8 text, as rules see it. */
  readonly key: string | null;
  /** Headers as UTF-8 text; of repeated ones the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly traceparent: string | null;
}

/** What of an event is kept in the ledger and told in results. */
export interface EventReference {
  readonly source: string;
  readonly id: string;
  readonly type: string | null;
  /** Milliseconds since the epoch. */
  readonly time: number | null;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
}

export function referenceOf(meta: EventMeta): EventReference {
  return {
    source: meta.source,
    id: meta.id,
    type: meta.type,
    time: meta.time === null ? null : meta.time.getTime(),
    topic: meta.topic,
    partition: meta.partition,
    offset: meta.offset,
    key: meta.key,
  };
}
