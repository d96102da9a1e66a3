import { backoffMs, type Random } from '../base/backoff.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { endedWithin } from './ended-within.ts';
import { isGenerationOver } from './failure.ts';
import type { ConsumerGroup, OffsetManager } from './group-hooks.ts';
import type { Lane } from './lane.ts';
import type { PartitionPosition, TopicPartition } from './source-types.ts';
import { lastCommitMs } from './timing.ts';

/**
 * One generation of the group: the partitions that were assigned with it and the commits made under it. It commits
 * only positions of its own partitions and only with its own generation, so a commit that comes too late is refused
 * by the broker and can never move somebody else's partition.
 */
export interface SessionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How often to show signs of life while handlers are waited for, ms. */
  readonly heartbeatMs: number;
  /** Rejects when the positions may not be committed yet. */
  beforeCommit(positions: readonly PartitionPosition[]): Promise<void>;
  onCommitted(positions: readonly PartitionPosition[]): void;
}

/** Commits follow each other no closer than this, ms: under load one commit then covers many batches. */
const commitGapMs = 100;
const commitRetry = { firstMs: 200, maxMs: 3_000 };

export class Session {
  readonly group: ConsumerGroup;
  readonly lanes: ReadonlyMap<string, Lane>;
  /** The topics' ids when their positions were looked up, by name. */
  readonly topicIds = new Map<string, string>();
  readonly #options: SessionOptions;
  readonly #offsets: OffsetManager;
  readonly #over = new AbortController();
  #loop: Promise<void> | null = null;
  #ending: Promise<boolean> | null = null;
  #committedAt = Number.NEGATIVE_INFINITY;

  constructor(group: ConsumerGroup, lanes: ReadonlyMap<string, Lane>, options: SessionOptions) {
    this.group = group;
    this.lanes = lanes;
    this.#offsets = group.offsetManager;
    this.#options = options;
  }

  /** Aborted when the session begins to end. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  lane(where: TopicPartition): Lane | null {
    return this.lanes.get(laneKey(where)) ?? null;
  }

  /** Commits what is new, now or soon. */
  commitSoon(): void {
    if (this.signal.aborted) return;
    this.#loop ??= this.#commitLoop().finally(() => {
      this.#loop = null;
      if (!this.signal.aborted && this.#due().length > 0) this.commitSoon();
    });
  }

  /** Waits for the handlers at work, at most `deadlineMs`, and commits what they did. Says whether all had ended. */
  end(deadlineMs: number): Promise<boolean> {
    this.#ending ??= this.#end(deadlineMs);
    return this.#ending;
  }

  async #end(deadlineMs: number): Promise<boolean> {
    const { clock, heartbeatMs } = this.#options;
    this.#over.abort();
    const until = clock.now() + deadlineMs;
    const closed = Promise.all([...this.lanes.values()].map((lane) => lane.close()));
    const looped = this.#loop === null || (await endedWithin(clock, lastCommitMs, this.#loop));
    let drained = await endedWithin(clock, 0, closed);
    for (let left = deadlineMs; !drained && left > 0; left = until - clock.now()) {
      drained = await endedWithin(clock, Math.min(heartbeatMs, left), closed);
      // The broker answers that a rebalance is under way; it counts as a sign of life all the same.
      if (!drained) await this.group.heartbeat({ interval: 0 }).catch(() => undefined);
    }
    if (looped) await this.#lastCommit();
    return drained;
  }

  async #commitLoop(): Promise<void> {
    const { clock, random } = this.#options;
    for (let attempt = 1; this.#due().length > 0;) {
      await sleep(clock, this.#committedAt + commitGapMs - clock.now(), this.signal);
      if (this.signal.aborted) return;
      try {
        await this.#commit();
        attempt = 1;
      } catch (error) {
        // The members are about to share the partitions anew; the next session starts from what is committed.
        if (isGenerationOver(error)) return this.#over.abort();
        this.#options.logger.debug({ error: messageOf(error), attempt }, 'Offsets could not be committed');
        await sleep(clock, backoffMs(attempt, commitRetry, random), this.signal);
        attempt += 1;
      }
    }
  }

  async #lastCommit(): Promise<void> {
    const { clock, logger } = this.#options;
    if (this.#due().length === 0) return;
    const commit = this.#commit().catch((error: unknown) => {
      logger.debug(
        { error: messageOf(error) },
        'Last offsets could not be committed; some records come again',
      );
    });
    await endedWithin(clock, lastCommitMs, commit);
  }

  #due(): Lane[] {
    return [...this.lanes.values()].filter(
      (lane) => lane.position !== null && lane.position !== lane.committed,
    );
  }

  async #commit(): Promise<void> {
    const due = this.#due().map((lane) => ({ lane, offset: lane.position ?? 0n }));
    const topics = new Map<string, { partition: number; offset: string; metadata: string | null }[]>();
    for (const { lane, offset } of due) {
      const { topic, partition } = lane.where;
      const partitions = topics.get(topic) ?? [];
      partitions.push({ partition, offset: String(offset), metadata: lane.note });
      topics.set(topic, partitions);
    }
    const positions = due.map(({ lane, offset }) => ({ ...lane.where, offset }));
    this.#committedAt = this.#options.clock.now();
    await this.#options.beforeCommit(positions);
    await this.#offsets.commitOffsets({
      topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
    });
    for (const { lane, offset } of due) lane.confirm(offset);
    this.#options.onCommitted(positions);
  }
}

/** Names a partition; a topic's name never holds a slash. */
export function laneKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
