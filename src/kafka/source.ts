import { backoffMs } from '../base/backoff.ts';
import { sleep } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { endedWithin } from './ended-within.ts';
import { KafkaRefusedError, KafkaUnavailableError } from './errors.ts';
import { kafkaError } from './failure.ts';
import { Member } from './member.ts';
import { laneKey } from './session.ts';
import type {
  NamePattern,
  Source,
  SourceOptions,
  SourceStats,
  Stall,
  StartAt,
  TopicPartition,
  TopicSubscription,
} from './source-types.ts';
import { sturdyHandler } from './sturdy-handler.ts';
import { rebalanceTimeoutMs } from './timing.ts';
import { topicIds } from './topic-ids.ts';

/**
 * Reads records from Kafka and hands them to the handler, partition by partition, until it is stopped. It commits
 * only what the handler has called done, only for partitions that are ours, and only in order. It knows nothing of
 * what the records mean, never throws one away, and never gives up on a broker that is merely away.
 */
export function createSource(options: SourceOptions): Source {
  return new KafkaSource(options);
}

const reconnect = { firstMs: 250, maxMs: 2_000 };
/** A refusal (credentials, permissions) may be a broker that is just starting; that often in a row it is not. */
const refusalsUntilCrash = 4;
/** Connecting longer than this without an error is a stall, ms. */
const connectLimitMs = 60_000;
/** Fetches are answered several times a second; older than this the connection does not count as one, ms. */
const connectedMs = 10_000;

class KafkaSource implements Source {
  readonly #options: SourceOptions;
  readonly #memberOptions: ConstructorParameters<typeof Member>[0];
  readonly #lookEveryMs: number;
  readonly #stallAfterMs: number;
  readonly #stopping = new AbortController();
  readonly #held = new Map<string, TopicPartition>();
  #heldAll = false;
  #topics: readonly TopicSubscription[];
  /** The broker's topics as they were last seen; null before the first look. */
  #names: readonly string[] | null = null;
  /** Topics that came while we looked: with `latest`, what they got before we noticed would be lost without a trace. */
  readonly #born = new Set<string>();
  #missing: readonly string[] = [];
  #member: Member | null = null;
  #running: Promise<void> | null = null;
  #wake = new AbortController();
  #cancelLook: () => void = () => undefined;
  #restarts = 0;
  #formerId: string | null;
  #fetchedAt: number | null = null;
  #lastError: string | null = null;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.#topics = options.topics;
    this.#formerId = options.previousMemberId ?? null;
    this.#lookEveryMs = options.lookEveryMs ?? 10_000;
    this.#stallAfterMs = options.stallAfterMs ?? 45_000;
    this.#memberOptions = {
      connection: options.connection,
      groupId: options.groupId,
      handler: sturdyHandler(options.handler, options.logger),
      clock: options.clock,
      random: options.random ?? Math.random,
      logger: options.logger,
      sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
      drainTimeoutMs: options.drainTimeoutMs ?? 8_000,
      maxBatch: options.maxBatch ?? 500,
      choose: (names) => this.#choose(names),
      held: (where) => this.#heldAll || this.#held.has(laneKey(where)),
      unsettled: new Map(),
      formerId: null,
    };
  }

  start(): void {
    if (this.#running !== null) return;
    this.#running = this.#run();
    this.#lookLater();
  }

  async stop(deadlineMs: number): Promise<{ drained: boolean }> {
    const { clock } = this.#options;
    const until = clock.now() + deadlineMs;
    this.#stopping.abort();
    this.#wake.abort();
    this.#cancelLook();
    const drained = await (this.#member?.leave(deadlineMs) ?? true);
    if (this.#running !== null) {
      // Leaving the group is bounded by itself; a little more than the deadline is better than a ghost in the group.
      await endedWithin(clock, Math.max(until - clock.now(), 0) + 4_000, this.#running);
    }
    return { drained };
  }

  pause(only?: TopicPartition): void {
    if (only === undefined) this.#heldAll = true;
    else this.#held.set(laneKey(only), only);
    this.#member?.applyHolds();
  }

  resume(only?: TopicPartition): void {
    if (only === undefined) this.#heldAll = false;
    else this.#held.delete(laneKey(only));
    this.#member?.applyHolds();
  }

  setTopics(topics: readonly TopicSubscription[]): void {
    this.#topics = topics;
    this.#wake.abort();
    this.#resubscribeIfChanged(this.#names ?? []);
  }

  stats(): SourceStats {
    const { clock } = this.#options;
    const member = this.#member;
    const reading = member?.phase === 'reading';
    const fetchedAt = member?.fetchedAt ?? this.#fetchedAt;
    const fetchAgeMs = fetchedAt === null ? null : clock.now() - fetchedAt;
    const connected = reading && member.fetchedAt !== null && fetchAgeMs !== null && fetchAgeMs < connectedMs;
    return {
      connected,
      joined: reading,
      partitions: [...(member?.session?.lanes.values() ?? [])].map((lane) => lane.stats()),
      missingTopics: this.#missing,
      fetchAgeMs,
      restarts: this.#restarts,
      lastError: connected ? null : this.#lastError,
    };
  }

  async #run(): Promise<void> {
    const { clock, logger, random } = this.#options;
    let failures = 0;
    let refusals = 0;
    while (!this.#isStopping()) {
      const member = new Member({ ...this.#memberOptions, formerId: this.#formerId });
      this.#member = member;
      this.#wake = new AbortController();
      let waitMs = 0;
      try {
        const hadTopics = await member.live();
        failures = 0;
        if (!hadTopics) waitMs = this.#lookEveryMs;
      } catch (thrown) {
        if (this.#isStopping()) break;
        const error = kafkaError(thrown, 'reading from Kafka');
        if (member.fetchedAt !== null) failures = refusals = 0;
        failures += 1;
        refusals = error instanceof KafkaRefusedError ? refusals + 1 : 0;
        this.#lastError = error.message;
        if (refusals >= refusalsUntilCrash) {
          logger.error({ error: error.message }, 'Kafka refuses; reading ends');
          this.#options.onCrash(error);
          return;
        }
        const level = failures === 1 ? 'warn' : 'debug';
        logger[level](
          { error: error.message, failures },
          'Reading from Kafka was interrupted; connecting again',
        );
        waitMs = backoffMs(failures, reconnect, random ?? Math.random);
      } finally {
        this.#fetchedAt = member.fetchedAt ?? this.#fetchedAt;
        this.#formerId = member.hasJoined ? member.strandedId : this.#formerId;
        this.#member = null;
      }
      if (this.#isStopping()) break;
      this.#restarts += 1;
      if (waitMs > 0) await sleep(clock, waitMs, this.#wake.signal);
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Which of the broker's topics the subscriptions mean; the first subscription that fits a topic counts. */
  #choose(names: readonly string[]): ReadonlyMap<string, StartAt> {
    if (this.#names !== null) {
      for (const name of names) if (!this.#names.includes(name)) this.#born.add(name);
    }
    this.#names = names;
    const chosen = new Map<string, StartAt>();
    const missing: string[] = [];
    for (const { topic, start } of this.#topics) {
      const found = names.filter((name) =>
        typeof topic === 'string' ? name === topic : matches(topic, name),
      );
      if (found.length === 0) missing.push(typeof topic === 'string' ? topic : topic.source);
      for (const name of found) {
        if (!chosen.has(name)) chosen.set(name, this.#born.has(name) ? 'earliest' : start);
      }
    }
    const news = missing.filter((name) => !this.#missing.includes(name));
    if (news.length > 0)
      this.#options.logger.warn({ topics: news }, 'Subscribed topics do not exist; waiting for them');
    this.#missing = missing;
    return chosen;
  }

  #resubscribeIfChanged(names: readonly string[]): void {
    const member = this.#member;
    if (member === null || member.phase === 'over' || member.topics.size === 0) return;
    const chosen = this.#choose(names);
    if (chosen.size === member.topics.size && [...chosen.keys()].every((name) => member.topics.has(name)))
      return;
    this.#options.logger.info(
      { topics: [...chosen.keys()] },
      'Subscribed topics changed; joining the group anew',
    );
    void member.leave(this.#memberOptions.drainTimeoutMs);
  }

  #lookLater(): void {
    this.#cancelLook = this.#options.clock.schedule(this.#lookEveryMs, () => {
      void this.#look().finally(() => {
        if (!this.#stopping.signal.aborted) this.#lookLater();
      });
    });
  }

  /** Looks at what the fetch loop does not show: silent stalls, the ends of partitions, topics that came. */
  async #look(): Promise<void> {
    const member = this.#member;
    if (member === null) return;
    const stall = this.#stallOf(member);
    if (stall !== null) {
      const fields = { ...stall.partition, kind: stall.kind, ageMs: stall.ageMs, phase: member.phase };
      this.#options.logger.warn(fields, 'Reading from Kafka stands still; connecting anew');
      member.abandon(new KafkaUnavailableError('reading from Kafka stood still', { retry: 'backoff' }));
      this.#options.onStall(stall);
      return;
    }
    if (member.phase !== 'reading') return;
    try {
      if (await this.#lookAtIds(member)) return;
      await this.#lookAtEnds(member);
      if (this.#missing.length > 0 || this.#topics.some(({ topic }) => typeof topic !== 'string')) {
        const metadata = await member.cluster?.metadata();
        if (metadata !== undefined && this.#member === member) {
          this.#resubscribeIfChanged(metadata.topicMetadata.map(({ topic }) => topic));
        }
      }
    } catch (error) {
      this.#options.logger.debug({ error: messageOf(error) }, 'Ends of partitions could not be looked up');
    }
  }

  /**
   * A topic that is created anew while we read it goes on under its name: a fetch at the old position finds other
   * records, or none. Says whether the membership ends, for the next one to find out where to begin.
   */
  async #lookAtIds(member: Member): Promise<boolean> {
    const { session, cluster } = member;
    if (session === null || cluster === null || session.topicIds.size === 0) return false;
    const ids = await topicIds(cluster, [...session.topicIds.keys()]);
    const anew = [...session.topicIds].filter(([topic, id]) => (ids.get(topic) ?? id) !== id);
    if (anew.length === 0 || this.#member !== member) return false;
    const topics = anew.map(([topic]) => topic);
    this.#options.logger.warn({ topics }, 'Topics were deleted and created anew; joining the group anew');
    void member.leave(this.#memberOptions.drainTimeoutMs);
    return true;
  }

  async #lookAtEnds(member: Member): Promise<void> {
    const { session, cluster } = member;
    if (session === null || cluster === null || session.lanes.size === 0) return;
    const byTopic = Map.groupBy(session.lanes.values(), (lane) => lane.where.topic);
    const ends = await cluster.fetchTopicsOffset(
      [...byTopic].map(([topic, lanes]) => ({
        topic,
        partitions: lanes.map(({ where }) => ({ partition: where.partition })),
        fromBeginning: false,
      })),
    );
    for (const { topic, partitions } of ends) {
      for (const { partition, offset } of partitions)
        session.lane({ topic, partition })?.seen(BigInt(offset));
    }
  }

  #stallOf(member: Member): Stall | null {
    const ageMs = member.quietMs();
    const limits = {
      connecting: connectLimitMs,
      joining: rebalanceTimeoutMs(this.#memberOptions) + connectLimitMs,
      reading: this.#stallAfterMs,
      over: connectLimitMs,
    };
    if (ageMs > limits[member.phase]) return { kind: 'fetch', partition: null, ageMs };
    for (const lane of member.session?.lanes.values() ?? []) {
      const idleMs = lane.idleMs();
      if (idleMs > this.#stallAfterMs) return { kind: 'partition', partition: lane.where, ageMs: idleMs };
    }
    return null;
  }
}

/** A global or sticky pattern would remember where its last match ended. */
function matches(pattern: NamePattern, name: string): boolean {
  if (pattern instanceof RegExp) pattern.lastIndex = 0;
  return pattern.test(name);
}
