import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/backoff.ts';
import type { DingbusError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { RawRecord } from '../model/record.ts';
import type { KafkaConnection } from './connection.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A place in a partition: the offset of the next record to read, as Kafka commits it. */
export interface PartitionPosition extends TopicPartition {
  readonly offset: bigint;
}

/** Where reading begins in a partition that has no usable position. */
export type StartAt = 'earliest' | 'latest';

/** A regular expression is one. */
export interface NamePattern {
  /** For logs. */
  readonly source: string;
  test(name: string): boolean;
}

export interface TopicSubscription {
  /** A name, or a pattern over names; a pattern also takes topics that appear later. */
  readonly topic: string | NamePattern;
  readonly start: StartAt;
}

/** Records of one partition in offset order, never none. */
export interface RecordBatch extends TopicPartition {
  readonly records: readonly RawRecord[];
  /** The partition's end as the broker told it with this fetch: the offset that its next record will get. */
  readonly highWatermark: bigint;
  /** Aborted when the partition is taken away or the source stops: finish what is begun, begin nothing new. */
  readonly signal: AbortSignal;
}

export interface Processed {
  /**
   * The offset after the last record whose consequences are durable (`last.offset + 1n` for a whole batch). Less
   * than that is allowed: the rest is delivered again, at once when there was progress, with backoff when not.
   */
  readonly processedTo: bigint;
}

/** A partition that was just assigned, with what the broker knows about it. */
export interface AssignedPartition extends TopicPartition {
  /** The group's committed offset; null when there is none. */
  readonly committed: bigint | null;
  /** The first offset that the log still holds, and the one after its last. */
  readonly low: bigint;
  readonly high: bigint;
  /** Another one after the topic was deleted and created anew; null when the broker keeps none. */
  readonly topicId: string | null;
}

export interface SourceHandler {
  /**
   * Makes everything that follows from the records durable. One call at a time per partition, several partitions
   * at once. A throw means "not now" (the ledger is down): this partition alone waits and the same records come
   * again, for ever, with growing pauses. Business faults of a record are the handler's own business, never a throw.
   */
  onBatch(batch: RecordBatch): Promise<Processed>;
  /**
   * Says where to begin, before the first record of these partitions is delivered: after an assignment, and when the
   * log turns out not to hold the position any more. Partitions that the answer
   * leaves out begin at the committed offset, else where the subscription says. A throw is tried again with
   * backoff; the partitions wait.
   */
  onAssigned?(partitions: readonly AssignedPartition[]): Promise<readonly PartitionPosition[]>;
  /**
   * The broker's name for this member. A process that was killed may give it back as `previousMemberId` when it
   * starts again: the broker then takes it for the same member and need not wait until the dead one's session ends.
   */
  onJoined?(memberId: string): void;
  /** The partitions belong to somebody else now (or to us anew): nothing of them will be committed any more. */
  onRevoked?(partitions: readonly TopicPartition[]): void;
  /**
   * These positions are about to be committed. The handler may have called records done that it has not written down
   * yet, where nothing follows from them; now is the last moment. A throw puts the commit off.
   */
  beforeCommit?(positions: readonly PartitionPosition[]): Promise<void>;
  /** The broker has stored these positions for the group. */
  onCommitted?(positions: readonly PartitionPosition[]): void;
}

export interface SourceOptions {
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly topics: readonly TopicSubscription[];
  readonly handler: SourceHandler;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: Random;
  /** How long the broker waits for a sign of life before others get our partitions, ms; default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** From `onJoined` of an earlier process that is surely gone (two of one name would take turns); default null. */
  readonly previousMemberId?: string | null;
  /** Most records in one call of `onBatch`; default 500. */
  readonly maxBatch?: number;
  /** How long a rebalance waits for handlers at work, ms; default 8,000. */
  readonly drainTimeoutMs?: number;
  /** No fetch for so long, or none for a partition that is behind, is a stall, ms; default 45,000. */
  readonly stallAfterMs?: number;
  /** How often ends of partitions and new topics are looked up, ms; default 10,000. */
  readonly lookEveryMs?: number;
  /** Nothing but a new process can help: exit, not zero, so that whoever supervises starts it again. */
  readonly onCrash: (error: DingbusError) => void;
  /** Reading stood still without an error; the source has already begun to reconnect. */
  readonly onStall: (stall: Stall) => void;
}

export interface Stall {
  /** `fetch`: the fetch loop stands still. `partition`: it runs, but never brings this partition's records. */
  readonly kind: 'fetch' | 'partition';
  readonly partition: TopicPartition | null;
  /** Milliseconds since the last fetch (or the last progress of the partition). */
  readonly ageMs: number;
}

export interface PartitionStats extends TopicPartition {
  /** The next offset to commit; null until its start is known. */
  readonly position: bigint | null;
  /** What the broker has stored for us, as far as we know. */
  readonly committed: bigint | null;
  /** The partition's end when last seen; null before that. */
  readonly high: bigint | null;
  /** Records between position and end; null while either is unknown. */
  readonly lag: bigint | null;
  readonly paused: boolean;
  /** Milliseconds that the oldest call of `onBatch` has been running; 0 when none is. */
  readonly busyMs: number;
  /** How often the present records have failed in a row; 0 when all is well. */
  readonly failures: number;
}

export interface SourceStats {
  /** The group accepted us and a fetch was answered since. */
  readonly connected: boolean;
  /** A group assignment is in force (it may be empty when there are more members than partitions). */
  readonly joined: boolean;
  readonly partitions: readonly PartitionStats[];
  /** Names subscribed to that the broker does not know. */
  readonly missingTopics: readonly string[];
  /** Milliseconds since the last answered fetch; null before the first. */
  readonly fetchAgeMs: number | null;
  /** Reconnects since the start. */
  readonly restarts: number;
  /** Why it is not connected; null when it is. */
  readonly lastError: string | null;
}

export interface Source {
  /** Begins to connect and returns at once; whether it works is told by `stats()`. */
  start(): void;
  /**
   * Takes on nothing new, waits for the handlers at work, commits, leaves the group. Never rejects; `drained` is
   * false when the deadline came first (what was not committed will be delivered again).
   */
  stop(deadlineMs: number): Promise<{ readonly drained: boolean }>;
  /** Stops delivery, of one partition or of all, until `resume` with the same argument. Records stay in Kafka. */
  pause(only?: TopicPartition): void;
  resume(only?: TopicPartition): void;
  /** Changes the subscriptions of a running source; the group rebalances when that changes the topics. */
  setTopics(topics: readonly TopicSubscription[]): void;
  stats(): SourceStats;
}
