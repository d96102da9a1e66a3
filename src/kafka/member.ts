import type { Consumer } from 'kafkajs';
import { sleep } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { createAssigner } from './assigner.ts';
import { createClient, type KafkaClient } from './client.ts';
import type { KafkaConnection } from './connection.ts';
import { endedWithin } from './ended-within.ts';
import { Feed, fetchBytes, fetchWaitMs, partitionBytes } from './feed.ts';
import type { Cluster, ConsumerGroup, GroupHooks } from './group-hooks.ts';
import type { Lane } from './lane.ts';
import { locate } from './locate.ts';
import { openSession, type OpenSessionOptions } from './open-session.ts';
import type { Session } from './session.ts';
import type { StartAt, TopicPartition } from './source-types.ts';
import { heartbeatMs, rebalanceTimeoutMs } from './timing.ts';

/**
 * One membership in the group, from connecting to leaving or failing: one consumer of the library, which only
 * fetches, and our sessions, which deliver and commit. It is never revived; the source makes a new one.
 */
export interface MemberOptions extends OpenSessionOptions {
  readonly connection: KafkaConnection;
  readonly groupId: string;
  readonly drainTimeoutMs: number;
  /** Which of the broker's topics to read, and where to begin. */
  choose(names: readonly string[]): ReadonlyMap<string, StartAt>;
  /** The name under which an earlier membership, that could not leave, is still known to the broker. */
  readonly formerId: string | null;
  /** Handlers of earlier sessions that are still at work, by partition. */
  readonly unsettled: Map<string, Promise<void>>;
}

export type MemberPhase = 'connecting' | 'joining' | 'reading' | 'over';

/** New partitions of a topic are noticed after this long, ms. */
const metadataMaxAgeMs = 30_000;
/** Leaving politely may take so long, ms; then the sockets are cut. */
const leaveMs = 3_000;

export class Member implements GroupHooks {
  readonly #options: MemberOptions;
  readonly #client: KafkaClient;
  readonly #consumer: Consumer;
  readonly #ended = Promise.withResolvers<void>();
  readonly #feed: Feed;
  #cluster: Cluster | null = null;
  #starts: ReadonlyMap<string, StartAt> = new Map();
  #session: Session | null = null;
  #phase: MemberPhase = 'connecting';
  #phaseAt: number;
  #fetchedAt: number | null = null;
  #group: ConsumerGroup | null = null;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#phaseAt = options.clock.now();
    this.#feed = new Feed(options.clock);
    this.#client = createClient({ ...options, retries: 4, maxRetryMs: 2_000 });
    const { sessionTimeoutMs } = options;
    this.#consumer = this.#client.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs(options),
      heartbeatInterval: heartbeatMs(sessionTimeoutMs),
      maxWaitTimeInMs: fetchWaitMs,
      maxBytes: fetchBytes,
      maxBytesPerPartition: partitionBytes.most,
      metadataMaxAge: metadataMaxAgeMs,
      allowAutoTopicCreation: false,
      // The source decides whether and when to begin anew.
      retry: { restartOnFailure: () => Promise.resolve(false) },
      partitionAssigners: [
        (config) => {
          this.#cluster = config.cluster as unknown as Cluster;
          return createAssigner(this.#cluster, this);
        },
      ],
    });
    this.#ended.promise.catch(() => undefined);
  }

  get phase(): MemberPhase {
    return this.#phase;
  }

  get session(): Session | null {
    return this.#session;
  }

  get cluster(): Cluster | null {
    return this.#cluster;
  }

  /** The topics that are read, by name. */
  get topics(): ReadonlyMap<string, StartAt> {
    return this.#starts;
  }

  get hasJoined(): boolean {
    return this.#group !== null;
  }

  /** The name under which the broker still knows us although we have ended; null when we have left the group. */
  get strandedId(): string | null {
    return this.#group?.memberId ?? null;
  }

  /** When the last fetch was answered; null before the first of this membership. */
  get fetchedAt(): number | null {
    return this.#fetchedAt;
  }

  /** Milliseconds since the last sign that the present phase gets on. */
  quietMs(): number {
    const last = this.#phase === 'reading' ? Math.max(this.#phaseAt, this.#fetchedAt ?? 0) : this.#phaseAt;
    return this.#options.clock.now() - last;
  }

  /** Reads until it is told to leave, which resolves, or cannot go on, which rejects. `false`: there is no topic. */
  async live(): Promise<boolean> {
    try {
      const begun = this.#begin();
      // Told to leave or given up meanwhile: what is still under way ends at the next hook.
      await Promise.race([begun, this.#ended.promise]);
      if (this.#starts.size === 0) return false;
      await this.#ended.promise;
      return true;
    } finally {
      await this.#finish();
    }
  }

  async #begin(): Promise<void> {
    await this.#consumer.connect();
    const names = (await this.#cluster?.metadata())?.topicMetadata.map(({ topic }) => topic) ?? [];
    this.#starts = this.#options.choose(names);
    if (this.#starts.size === 0) return;
    const { CRASH, FETCH, END_BATCH_PROCESS } = this.#consumer.events;
    this.#consumer.on(CRASH, ({ payload }) => this.#ended.reject(payload.error));
    this.#consumer.on(FETCH, () => {
      this.#fetchedAt = this.#options.clock.now();
    });
    this.#consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.#feed.skip(payload);
    });
    this.#enter('joining');
    await this.#consumer.subscribe({ topics: [...this.#starts.keys()] });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 16,
      eachBatch: (payload) => this.#feed.take(payload),
    });
  }

  /** Ends reading: drains, commits, and lets `live` leave the group. Says whether all handlers had ended in time. */
  async leave(deadlineMs: number): Promise<boolean> {
    const { clock } = this.#options;
    // A member that is just joining cannot be taken back by the library; it would stay in the group as a ghost.
    const until = clock.now() + Math.min(deadlineMs / 2, leaveMs);
    while (this.#phase === 'joining' && clock.now() < until) await sleep(clock, 50);
    const drained = await (this.#session?.end(deadlineMs) ?? true);
    this.#ended.resolve();
    return drained;
  }

  /** Gives the connection up at once; `live` rejects. */
  abandon(reason: Error): void {
    this.#ended.reject(reason);
    this.#client.cut();
  }

  /** Re-reads what is held. */
  applyHolds(): void {
    for (const lane of this.#session?.lanes.values() ?? []) lane.hold(this.#options.held(lane.where));
  }

  // What the library calls, through the hooks.

  async beforeJoin(group: ConsumerGroup): Promise<void> {
    if (this.#phase === 'over') throw new GivenUp();
    // Under its old name a member is taken back at once; under a new one it waits until the old one's session ends.
    if (this.#group === null) group.memberId ??= this.#options.formerId;
    this.#group = group;
    this.#enter('joining');
    await this.#endSession(this.#options.drainTimeoutMs);
  }

  async afterJoin(group: ConsumerGroup): Promise<void> {
    if (this.#phase === 'over') {
      await group.leave();
      throw new GivenUp();
    }
    const session = openSession(group, this.#feed, this.#options);
    this.#session = session;
    this.#feed.follow(session);
    this.#enter('reading');
    if (group.memberId !== null) this.#options.handler.onJoined?.(group.memberId);
    const free: Lane[] = [];
    for (const [key, lane] of session.lanes) {
      const busy = this.#options.unsettled.get(key);
      if (busy === undefined) free.push(lane);
      else void busy.then(() => this.#locate(session, [lane]));
    }
    void this.#locate(session, free);
  }

  async beforeFetch(group: ConsumerGroup): Promise<void> {
    if (this.#phase === 'over') throw new GivenUp();
    await this.#feed.beforeFetch(group);
  }

  async onOutOfRange(_group: ConsumerGroup, where: TopicPartition): Promise<void> {
    const session = this.#session;
    const lane = session?.lane(where) ?? null;
    if (session === null || lane === null || lane.expected === null) return Promise.resolve();
    const lost = lane.expected;
    lane.lose();
    void this.#locate(session, [lane], lost);
    return Promise.resolve();
  }

  async #locate(session: Session, lanes: readonly Lane[], lost: bigint | null = null): Promise<void> {
    await locate({
      ...this.#options,
      session,
      lanes,
      lost,
      startOf: (topic) => this.#starts.get(topic) ?? 'latest',
    });
  }

  #enter(phase: MemberPhase): void {
    if (this.#phase === 'over') return;
    this.#phase = phase;
    this.#phaseAt = this.#options.clock.now();
  }

  async #endSession(deadlineMs: number): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    this.#session = null;
    this.#feed.follow(null);
    const { unsettled, handler, logger } = this.#options;
    for (const [key, lane] of session.lanes) {
      const settled = Promise.all([unsettled.get(key), lane.close()]).then(() => {
        if (unsettled.get(key) === settled) unsettled.delete(key);
      });
      unsettled.set(key, settled);
    }
    const drained = await session.end(deadlineMs);
    if (!drained)
      logger.warn({ drainTimeoutMs: deadlineMs }, 'Handlers did not end in time for the rebalance');
    handler.onRevoked?.([...session.lanes.values()].map((lane) => lane.where));
  }

  async #finish(): Promise<void> {
    const { clock, logger } = this.#options;
    await this.#endSession(0);
    this.#enter('over');
    const left = this.#consumer.disconnect().catch((error: unknown) => {
      logger.debug({ error: messageOf(error) }, 'Leaving the group failed');
    });
    if (!(await endedWithin(clock, leaveMs, left))) this.#client.cut();
  }
}

/** The library takes `retriable: false` as a reason not to try again. */
class GivenUp extends Error {
  readonly retriable = false;

  constructor() {
    super('this membership was given up');
    this.name = 'GivenUp';
  }
}
