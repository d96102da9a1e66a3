import type { TopicReading } from '../events/outcome.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
import type { Event } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import type { RawRecord } from '../model/record.ts';
import type { BatchCounts } from './admit-batch.ts';
import type { BrokerView } from './positions.ts';

/** What intake needs of the rules in force; one object serves a whole batch, so a reload never splits an event. */
export interface IntakeRules {
  readonly hash: string;
  /** False when no route and no signal can match by topic or type alone. `undefined` = type not known yet. */
  couldMatch(topic: string, type: string | null | undefined): boolean;
  reading(topic: string): TopicReading;
  plan(event: Event, now: number): Plan;
  /** One route's part of the plan, whatever the others say; null when it takes no such event. */
  planRoute(route: string, event: Event, now: number): Plan | null;
  /** One route's recalls and updates by the event, and the failures of those that could not be made out. */
  planSignals(route: string, event: Event, now: number): Plan;
}

/** What intake tells whoever counts. */
export interface IntakeObserver {
  batch(counts: IntakeCounts): void;
}

export interface IntakeCounts extends BatchCounts {
  readonly topic: string;
  readonly records: number;
  readonly events: number;
  /** Events by the routes that matched them. */
  readonly matched: ReadonlyMap<string, number>;
  readonly tombstones: number;
  readonly redelivered: number;
  readonly deadLetters: readonly DeadLetter[];
  /** From the first record to the ledger's commit. */
  readonly seconds: number;
}

export interface IncomingBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly RawRecord[];
}

export interface Intake {
  /** Where to begin in partitions that were just assigned; those left out begin where Kafka's group stands. */
  assigned(
    partitions: readonly BrokerView[],
  ): Promise<readonly { topic: string; partition: number; offset: bigint }[]>;
  /** Makes a batch durable. @throws when the registry or the ledger cannot be reached: the batch comes again. */
  process(batch: IncomingBatch): Promise<{ readonly processedTo: bigint }>;
  /**
   * Kafka is about to be told of these positions: those that are beyond the ledger's (only records without
   * consequences or Kafka's own markers moved them) become durable now, all together. @throws when the ledger cannot be
   * reached: then Kafka must not be told.
   */
  beforeCommit(positions: readonly { topic: string; partition: number; offset: bigint }[]): Promise<void>;
  /** Kafka has stored these offsets; remembered with the next transaction. */
  committed(positions: readonly { topic: string; partition: number; offset: bigint }[]): void;
  /** Writes down commits that no transaction has taken along yet. */
  flushCommits(): Promise<void>;
}
