import { backoffMs, type Random } from '../base/backoff.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { ConsumerGroup } from './group-hooks.ts';
import type { Lane } from './lane.ts';
import { choosePosition, knownPartitions, noteOf } from './positions.ts';
import { laneKey, type Session } from './session.ts';
import { topicIds } from './topic-ids.ts';
import type { AssignedPartition, SourceHandler, StartAt } from './source-types.ts';

/** Finds out where the reading of partitions begins, and begins it. */
export interface LocateOptions {
  readonly session: Session;
  readonly lanes: readonly Lane[];
  /** The position that the log was found not to hold; null at the beginning of a session. */
  readonly lost: bigint | null;
  readonly handler: SourceHandler;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  startOf(topic: string): StartAt;
}

interface Facts extends AssignedPartition {
  readonly note: string | null;
  readonly partitionCount: number;
  readonly knownPartitions: number | null;
}

const retry = { firstMs: 200, maxMs: 10_000 };

/** Tries until it succeeds or the session ends; the partitions wait. Never rejects. */
export async function locate(options: LocateOptions): Promise<void> {
  const { session, clock, random, logger } = options;
  if (options.lanes.length === 0) return;
  for (let attempt = 1; !session.signal.aborted; attempt++) {
    try {
      await locateOnce(options);
      return;
    } catch (error) {
      logger.warn(
        { attempt, error: messageOf(error) },
        'Positions could not be looked up; the partitions wait',
      );
      await sleep(clock, backoffMs(attempt, retry, random), session.signal);
    }
  }
}

async function locateOnce(options: LocateOptions): Promise<void> {
  const { session, lanes, lost, handler } = options;
  const facts = await readFacts(session.group, lanes);
  for (const { topic, topicId } of facts) if (topicId !== null) session.topicIds.set(topic, topicId);
  const wishes = new Map<string, bigint>();
  const assigned = facts.map(({ topic, partition, committed, low, high, topicId }) => ({
    topic,
    partition,
    committed,
    low,
    high,
    topicId,
  }));
  for (const wish of (await handler.onAssigned?.(assigned)) ?? []) wishes.set(laneKey(wish), wish.offset);
  for (const fact of facts) {
    const lane = session.lane(fact);
    if (session.signal.aborted || lane === null || lane.closed) continue;
    const wished = wishes.get(laneKey(fact)) ?? lost;
    begin(options, lane, fact, wished);
  }
  session.commitSoon();
}

function begin(options: LocateOptions, lane: Lane, facts: Facts, wished: bigint | null): void {
  const { session, logger } = options;
  const start = options.startOf(facts.topic);
  const { offset, reason } = choosePosition({ ...facts, wished, start });
  lane.note = facts.note ?? noteOf(facts.partitionCount);
  session.group.seek({ ...lane.where, offset: String(offset) });
  const fields = { ...lane.where, offset: String(offset), reason, committed: textOf(facts.committed) };
  if (reason === 'out_of_range') {
    const range = {
      low: String(facts.low),
      high: String(facts.high),
      wanted: textOf(wished ?? facts.committed),
    };
    logger.warn(
      { ...fields, ...range, start },
      'The log does not hold the position; reading begins elsewhere',
    );
  } else {
    logger.info(fields, 'Reading begins');
  }
  lane.begin(offset, facts.committed, facts.high);
}

async function readFacts(group: ConsumerGroup, lanes: readonly Lane[]): Promise<Facts[]> {
  const topics = [...new Set(lanes.map((lane) => lane.where.topic))];
  const all = topics.map((topic) => ({
    topic,
    partitions: group.cluster
      .findTopicPartitionMetadata(topic)
      .map(({ partitionId }) => ({ partition: partitionId })),
  }));
  const wanted = topics.map((topic) => ({
    topic,
    partitions: lanes
      .filter(({ where }) => where.topic === topic)
      .map(({ where }) => ({ partition: where.partition })),
  }));
  const [commits, lows, highs, ids] = await Promise.all([
    group.coordinator.offsetFetch({ groupId: group.groupId, topics: all }),
    group.cluster.fetchTopicsOffset(wanted.map((one) => ({ ...one, fromBeginning: true }))),
    group.cluster.fetchTopicsOffset(wanted.map((one) => ({ ...one, fromBeginning: false }))),
    topicIds(group.cluster, topics),
  ]);
  return lanes.map(({ where: { topic, partition } }) => {
    const ofTopic = commits.responses.find((one) => one.topic === topic)?.partitions ?? [];
    const commit = ofTopic.find((one) => one.partition === partition);
    const committed = commit === undefined || BigInt(commit.offset) < 0n ? null : BigInt(commit.offset);
    return {
      topic,
      partition,
      committed,
      low: offsetIn(lows, topic, partition),
      high: offsetIn(highs, topic, partition),
      topicId: ids.get(topic) ?? null,
      note: committed === null ? null : commit?.metadata || null,
      partitionCount: all.find((one) => one.topic === topic)?.partitions.length ?? 0,
      knownPartitions: knownPartitions(ofTopic.map(({ metadata }) => metadata)),
    };
  });
}

type Offsets = readonly {
  readonly topic: string;
  readonly partitions: readonly { partition: number; offset: string }[];
}[];

function offsetIn(offsets: Offsets, topic: string, partition: number): bigint {
  const found = offsets
    .find((one) => one.topic === topic)
    ?.partitions.find((one) => one.partition === partition);
  if (found === undefined) throw new Error(`the broker names no offset of ${topic}/${partition}`);
  return BigInt(found.offset);
}

function textOf(offset: bigint | null): string | null {
  return offset === null ? null : String(offset);
}
