/** One Kafka header as it stood in the record. Order, repeats and nulls matter to the dead-letter topic. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** One Kafka record, bytes untouched: the input of decoding and what a dead letter gives back. */
export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since the epoch: the record's own timestamp (create time or log-append time); -1 when unknown. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

/** The farthest instants that a date can hold, ms from the epoch. */
const farthest = 8_640_000_000_000_000;

/** A record's timestamp as far as it can be one; producers may write anything, such as nanoseconds. */
export function recordTime(ms: number): number {
  return Math.abs(ms) <= farthest ? ms : -1;
}
