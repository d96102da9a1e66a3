import type { EachBatchPayload } from 'kafkajs';
import type { Clock } from '../base/clock.ts';
import { endedWithin } from './ended-within.ts';
import type { ConsumerGroup } from './group-hooks.ts';
import type { FetchedBatch } from './kafkajs.ts';
import type { Session } from './session.ts';
import type { TopicPartition } from './source-types.ts';

/**
 * Between the library's fetch loop and the lanes: hands over what was fetched without waiting for the handler, and
 * lets the loop fetch only what has room. A slow partition so neither holds up the others nor fills the memory.
 */

/** The broker answers a fetch without records after this long, ms; longer means fewer wake-ups of an idle service. */
export const fetchWaitMs = 500;
/** The same while a partition's queue is full and about to open, so that it does not wait for the others. */
const shortFetchWaitMs = 20;
/** One fetch brings no more than this, in bytes, except for a single batch that is larger. */
export const fetchBytes = 2 * 1024 * 1024;
/** Bounds of one partition's share of it, and the room that all partitions share, in bytes. */
export const partitionBytes = { least: 64 * 1024, most: 256 * 1024 };
const bufferBytes = 24 * 1024 * 1024;
/** A partition has at most this many fetches in memory: at work, waiting, and on the way. */
const fetchesPerPartition = 3;

export class Feed {
  readonly #clock: Clock;
  #session: Session | null = null;
  #opened: PromiseWithResolvers<void> | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on fetches belong to this session; null: to none. */
  follow(session: Session | null): void {
    this.#session = session;
    if (session === null) return;
    const share = bufferBytes / (fetchesPerPartition * Math.max(1, session.lanes.size));
    const { least, most } = partitionBytes;
    session.group.maxBytesPerPartition = Math.round(Math.min(most, Math.max(least, share)));
  }

  /** Tells the library whether a partition may be fetched. */
  flow(group: ConsumerGroup, where: TopicPartition, open: boolean): void {
    const what = [{ topic: where.topic, partitions: [where.partition] }];
    if (!open) return group.pause(what);
    group.resume(what);
    this.#opened?.resolve();
    this.#opened = null;
  }

  /** Waits while nothing may be fetched; the library itself would sleep and not notice a partition that opens. */
  async beforeFetch(group: ConsumerGroup): Promise<void> {
    const lanes = [...(this.#session?.lanes.values() ?? [])];
    if (!lanes.some((lane) => lane.open)) {
      this.#opened ??= Promise.withResolvers<void>();
      await endedWithin(this.#clock, fetchWaitMs, this.#opened.promise);
    }
    if (!lanes.some((lane) => lane.open)) group.maxWaitTime = 1;
    else group.maxWaitTime = lanes.some((lane) => lane.full) ? shortFetchWaitMs : fetchWaitMs;
  }

  take(payload: EachBatchPayload): Promise<void> {
    const fetched = payload.batch as unknown as FetchedBatch;
    const session = this.#session;
    const lane = session?.lane(fetched) ?? null;
    if (session === null || lane === null || lane.closed) return Promise.resolve();
    for (const record of fetched.messages) {
      record.topic = fetched.topic;
      record.partition = fetched.partition;
    }
    const last = String(fetched.lastOffset());
    const from = BigInt(fetched.fetchedOffset);
    const continues = lane.offer(fetched.messages, from, BigInt(last) + 1n, BigInt(fetched.highWatermark));
    if (continues) payload.resolveOffset(last);
    // A fetch from before the partition was assigned anew: what lies between would be skipped.
    else if (lane.expected !== null) session.group.seek({ ...lane.where, offset: String(lane.expected) });
    return Promise.resolve();
  }

  /** A fetch that held only control records, or records that were compacted away, moves the position all the same. */
  skip(
    payload: TopicPartition & { readonly lastOffset: string | bigint; readonly highWatermark: string },
  ): void {
    const lane = this.#session?.lane(payload) ?? null;
    const end = BigInt(payload.lastOffset) + 1n;
    if (lane !== null && lane.expected !== null && end > lane.expected) {
      lane.offer([], lane.expected, end, BigInt(payload.highWatermark));
    }
  }
}
