import type { RawRecord } from '../model/record.ts';

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  /** Milliseconds that records are kept; null: as the broker has it. */
  readonly retentionMs: number | null;
  /** Replicas that must confirm a write; null: as the broker has it. */
  readonly minIsr: number | null;
  /** The largest record that the topic takes, bytes; null = the broker's default. */
  readonly maxMessageBytes?: number | null;
}

export interface PartitionOffsets {
  readonly partition: number;
  /** The first offset that the log still holds, and the one after its last. */
  readonly low: bigint;
  readonly high: bigint;
}

/** Questions to the cluster and reading outside any group: nothing here moves anybody's position. */
export interface Admin {
  /**
   * Creates what is missing when `create` allows it; what exists is left as it is.
   *
   * @throws {TopicsMissingError} names all that are missing and may not be created.
   */
  ensureTopics(
    topics: readonly TopicSpec[],
    create: boolean,
  ): Promise<{ readonly created: readonly string[] }>;
  /** Names of all topics but Kafka's own, sorted. */
  topicNames(): Promise<readonly string[]>;
  /** By partition. @throws {TopicsMissingError} */
  offsets(topic: string): Promise<readonly PartitionOffsets[]>;
  /** For each partition the offset of the first record at or after an instant (ms); the end where there is none. */
  offsetsAt(topic: string, timestampMs: number): Promise<readonly { partition: number; offset: bigint }[]>;
  /** What a group has committed, by partition; null where nothing. */
  committed(groupId: string, topic: string): Promise<readonly { partition: number; offset: bigint | null }[]>;
  /** Records `from` ≤ offset < `to` in order, fetched as they are asked for; clipped to what the log holds, without open transactions. */
  readRange(topic: string, partition: number, from: bigint, to: bigint): AsyncIterable<RawRecord>;
  /** The record at exactly that place; null when the log does not (or no longer) hold one. */
  fetchOne(topic: string, partition: number, offset: bigint): Promise<RawRecord | null>;
  close(): Promise<void>;
}
