/**
 * The intake loop's work: records → events → plans → one ledger transaction, and only then may Kafka's offset be
 * committed. No DingTalk call happens here, so a slow DingTalk never makes Kafka take our partitions away. A record
 * never stops the stream: what cannot be read goes to the dead letters; what cannot be read *now* (registry or
 * ledger away) makes its partition wait.
 */
import type { Clock } from '../base/clock.ts';
import { failpoint } from '../base/failpoints.ts';
import type { Logger } from '../base/logger.ts';
import type { EventDecoder } from '../events/outcome.ts';
import type { Ledger, LedgerTx, Position } from '../ledger/ledger.ts';
import type { RawRecord } from '../model/record.ts';
import { admitBatch, type BatchCounts } from './admit-batch.ts';
import type { IncomingBatch, Intake, IntakeObserver, IntakeRules } from './intake-types.ts';
import type { PlannedEvent } from './planned-event.ts';
import { decideStart, type BrokerView } from './positions.ts';
import { readRecords, type Reading } from './reading.ts';

export interface IntakeOptions {
  readonly group: string;
  readonly ledger: Ledger;
  readonly decoder: EventDecoder;
  /** The rules in force now. */
  readonly rules: () => IntakeRules;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: IntakeObserver;
}

const nothingFollowed: BatchCounts = { duplicates: 0, ids: [], planned: [] };

export function createIntake(options: IntakeOptions): Intake {
  const { group, ledger, decoder, clock, logger, observer } = options;
  /** The next offset of each partition that we hold: records below were processed before. */
  const next = new Map<string, bigint>();
  /** Partitions whose old position means nothing any more; their first batch says where they begin. */
  const restarted = new Set<string>();
  /** How often a partition's beginning was looked for: a batch from before the last time moves no position. */
  const epochs = new Map<string, number>();
  /** Positions in the ledger. Ours is beyond where nothing followed from the records between, or none came (markers). */
  const durable = new Map<string, bigint>();
  /** Ids of topics whose positions do not exist yet. */
  const unnoted = new Map<string, string>();
  let commits: { topic: string; partition: number; offset: bigint }[] = [];

  const takeCommits = () => {
    const taken = commits;
    commits = [];
    return taken;
  };

  return {
    async assigned(partitions) {
      for (const broker of partitions) {
        epochs.set(keyOf(broker), (epochs.get(keyOf(broker)) ?? 0) + 1);
        durable.delete(keyOf(broker));
      }
      const positions = await ledger.read((tx) => tx.positions(group));
      const known = new Map(positions.map((position) => [keyOf(position), position]));
      const begin: { topic: string; partition: number; offset: bigint }[] = [];
      for (const broker of partitions) {
        const { topic, partition } = broker;
        const position = known.get(keyOf(broker));
        const offset = await startOf(broker, position);
        if (offset === null) {
          next.delete(keyOf(broker));
          // An offset that the log does not hold lets `start:` decide.
          if (restarted.has(keyOf(broker)) && position !== undefined)
            begin.push({ topic, partition, offset: position.next });
        } else {
          next.set(keyOf(broker), offset);
          durable.set(keyOf(broker), offset);
          begin.push({ topic, partition, offset });
        }
      }
      return begin;
    },

    async process(batch) {
      const key = keyOf(batch);
      const position = next.get(key);
      const records =
        position === undefined ? batch.records : batch.records.filter(({ offset }) => offset >= position);
      const last = batch.records.at(-1);
      if (last === undefined) return { processedTo: position ?? 0n };
      const after = last.offset + 1n;
      const began = clock.now();
      const epoch = epochs.get(key);
      const rules = options.rules();
      const reading = await readRecords(records, rules, decoder, clock);
      const now = clock.now();
      const idle = reading.events.length + reading.deadLetters.length === 0;
      // Most events concern nobody; a commit for each batch of them would cost more than reading them.
      if (idle && epochs.get(key) === epoch && !restarted.has(key) && !unnoted.has(key)) {
        next.set(key, after);
        tell(batch, records, reading, nothingFollowed, began);
        return { processedTo: after };
      }
      const stored = takeCommits();
      let counts: BatchCounts;
      failpoint('intake.before_ledger_commit');
      try {
        counts = await ledger.write(async (tx) => {
          const { topic, partition } = batch;
          const current = epochs.get(key) === epoch;
          await tx.recordCommits(group, stored);
          if (current && restarted.has(key))
            await tx.resetPosition(group, topic, partition, batch.records[0]?.offset ?? after, null);
          const plan = {
            group,
            topic,
            partition,
            next: current ? after : null,
            events: reading.events,
            deadLetters: reading.deadLetters,
            redrive: false,
          };
          const admitted = await admitBatch(tx, plan, now);
          const topicId = unnoted.get(key);
          if (current && topicId !== undefined) await tx.noteTopicId(group, topic, partition, topicId);
          return admitted;
        });
      } catch (thrown) {
        commits = [...stored, ...commits];
        throw thrown;
      }
      failpoint('intake.after_ledger_commit');
      if (epochs.get(key) === epoch) {
        restarted.delete(key);
        unnoted.delete(key);
        next.set(key, after);
        durable.set(key, after);
      }
      tell(batch, records, reading, counts, began);
      return { processedTo: after };
    },

    async beforeCommit(positions) {
      const behind = positions
        .map((position) => ({ ...position, key: keyOf(position), epoch: epochs.get(keyOf(position)) }))
        .filter(({ key, offset }) => next.has(key) && offset > (durable.get(key) ?? -1n));
      if (behind.length === 0) return;
      const stored = takeCommits();
      try {
        await ledger.write(async (tx) => {
          await tx.recordCommits(group, stored);
          for (const { topic, partition, offset } of behind)
            await tx.advancePosition(group, topic, partition, offset);
        });
      } catch (thrown) {
        commits = [...stored, ...commits];
        throw thrown;
      }
      for (const { key, epoch, offset } of behind) {
        if (epochs.get(key) === epoch && offset > (durable.get(key) ?? -1n)) durable.set(key, offset);
      }
    },

    committed(positions) {
      commits.push(...positions);
    },

    async flushCommits() {
      const stored = takeCommits();
      if (stored.length > 0) await ledger.write((tx) => tx.recordCommits(group, stored));
    },
  };

  function tell(
    batch: IncomingBatch,
    records: readonly RawRecord[],
    reading: Reading,
    counts: BatchCounts,
    began: number,
  ): void {
    observer.batch({
      ...counts,
      topic: batch.topic,
      records: records.length,
      events: reading.decoded,
      matched: matchedRoutes(reading.events),
      tombstones: reading.tombstones,
      redelivered: batch.records.length - records.length,
      deadLetters: reading.deadLetters,
      seconds: (clock.now() - began) / 1000,
    });
  }

  async function startOf(broker: BrokerView, position: Position | undefined): Promise<bigint | null> {
    const decision = decideStart(broker, position);
    const { topic, partition, topicId } = broker;
    const isNews = topicId !== null && topicId !== position?.topicId;
    if (isNews && position === undefined) unnoted.set(keyOf(broker), topicId);
    const note = async (tx: LedgerTx): Promise<void> => {
      if (isNews) await tx.noteTopicId(group, topic, partition, topicId);
    };
    const where = {
      topic,
      partition,
      ledger: position?.next,
      committed: broker.committed,
      low: broker.low,
      high: broker.high,
    };
    switch (decision.kind) {
      case 'continue':
        if (isNews) await ledger.write(note);
        return decision.offset;
      case 'recreated':
        logger.warn(
          asText(where),
          'the topic was deleted and created anew; reading it from its first record',
        );
        await ledger.write(async (tx) => {
          await tx.resetPosition(group, topic, partition, decision.offset, null);
          await note(tx);
        });
        return decision.offset;
      case 'committed':
        return null;
      case 'obey':
        logger.warn(asText(where), 'the group offset was moved by hand; going on from there');
        await ledger.write(async (tx) => {
          await tx.resetPosition(group, topic, partition, decision.offset, decision.offset);
          await note(tx);
        });
        return decision.offset;
      case 'start': {
        logger.warn(
          asText({ ...where, lost: decision.lost }),
          'the position lies outside of the log; start: decides',
        );
        restarted.add(keyOf(broker));
        if (isNews) await ledger.write(note);
        return null;
      }
    }
  }
}

function keyOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`;
}

function asText(
  fields: Record<string, bigint | string | number | null | undefined>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === 'bigint' ? String(value) : value]),
  );
}

function matchedRoutes(events: readonly PlannedEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { plan } of events) {
    for (const route of new Set(plan.notifications.map((each) => each.route))) {
      counts.set(route, (counts.get(route) ?? 0) + 1);
    }
  }
  return counts;
}
