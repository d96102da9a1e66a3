import { DingbusError } from '../base/errors.ts';

/** The broker could not be reached or did not answer in time. What was asked may or may not have happened. */
export class KafkaUnavailableError extends DingbusError {
  readonly code = 'kafka_unavailable';
}

/** The broker, or the client library, refuses for good: credentials, permissions, protocol. A person must act. */
export class KafkaRefusedError extends DingbusError {
  readonly code = 'kafka_refused';
}

/** Topics that must exist do not, and nobody allowed their creation. */
export class TopicsMissingError extends DingbusError {
  readonly code = 'kafka_topics_missing';
  readonly topics: readonly string[];

  constructor(topics: readonly string[]) {
    super(`missing on the broker: ${topics.join(', ')}`);
    this.topics = topics;
  }
}

/** Why the broker will never take a record. */
export type RejectReason = 'too_large' | 'invalid';

export interface RejectedRecord {
  /** Index of the record in the call to `publish`. */
  readonly index: number;
  readonly topic: string;
  readonly reason: RejectReason;
  /** The record's approximate size on the wire, in bytes. */
  readonly bytes: number;
}

/** The broker refused some records for good; all the others of the same call were published. */
export class RecordsRejectedError extends DingbusError {
  readonly code = 'kafka_records_rejected';
  readonly rejected: readonly RejectedRecord[];

  constructor(rejected: readonly RejectedRecord[], cause?: unknown) {
    const names = rejected.map((one) => `#${one.index} for ${one.topic} (${one.reason}, ${one.bytes} bytes)`);
    super(`the broker refused ${names.join(', ')}`, { cause });
    this.rejected = rejected;
  }
}
