import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { RecordHeader } from '../model/record.ts';
import type { KafkaConnection } from './connection.ts';

export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  /** Null is a tombstone; an empty buffer is a value of zero bytes. */
  readonly value: Buffer | null;
  /** Written in this order, repeats and nulls included. */
  readonly headers: readonly RecordHeader[];
  /** Absent or null: by the key's hash as every Kafka client does it, any partition without a key. */
  readonly partition?: number | null;
}

export interface SinkOptions {
  readonly connection: KafkaConnection;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A call that the broker has not confirmed after so long fails with `kafka_unavailable`, ms; default 15,000. */
  readonly deliveryTimeoutMs?: number;
  /** Most bytes in one request; a larger record goes alone. Default 524,288. */
  readonly maxRequestBytes?: number;
}

export interface SinkStats {
  readonly connected: boolean;
  /** Records that wait for their confirmation. */
  readonly pending: number;
  readonly lastError: string | null;
}

export interface Sink {
  /**
   * Resolves when all in-sync replicas have every record. Records of one partition keep their order, within a call
   * and from call to call. At least once: after an error some may have arrived all the same.
   *
   * @throws {RecordsRejectedError} the broker will never take some of them; all others of this call were published.
   * @throws {KafkaUnavailableError} nobody knows which arrived; calls that waited behind this one fail likewise, so
   *   that whoever repeats them in order keeps the order.
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  stats(): SinkStats;
  /** Waits for what is pending until the deadline, then disconnects; later calls fail. */
  stop(deadlineMs: number): Promise<void>;
}
