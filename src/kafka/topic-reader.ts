import { backoffMs } from '../base/backoff.ts';
import { sleep, type Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { RawRecord } from '../model/record.ts';
import type { PartitionOffsets } from './admin-types.ts';
import { clusterOf, createClient, type KafkaClient } from './client.ts';
import type { KafkaConnection } from './connection.ts';
import { KafkaUnavailableError, TopicsMissingError } from './errors.ts';
import { kafkaError, protocolError } from './failure.ts';
import type { Cluster } from './group-hooks.ts';
import { Batch, type FetchedBatch } from './kafkajs.ts';

/** Reads one topic without a group: its offsets, and records from any place, with the memory of one fetch. */
export interface TopicReaderOptions {
  readonly connection: KafkaConnection;
  readonly clock: Clock;
  readonly logger: Logger;
}

const fetchBytes = 1024 * 1024;
const fetchWaitMs = 500;
/** Only what transactions have committed; the protocol's number for it. */
const readCommitted = 1;
const retry = { firstMs: 200, maxMs: 2_000 };
const attempts = 8;
/** Fetches without a record although the log should hold some, before it counts as a fault. */
const mostEmptyFetches = 20;

interface Connection {
  readonly client: KafkaClient;
  readonly cluster: Cluster;
}

interface PartitionData {
  readonly partition: number;
  readonly messages: readonly unknown[];
}

export class TopicReader {
  readonly #options: TopicReaderOptions;
  readonly #topic: string;
  #connection: Promise<Connection> | null = null;

  constructor(options: TopicReaderOptions, topic: string) {
    this.#options = options;
    this.#topic = topic;
  }

  offsets(): Promise<PartitionOffsets[]> {
    return this.#try(async (cluster) => {
      const [lows, highs] = await Promise.all([
        this.#offsetsOf(cluster, { fromBeginning: true }),
        this.#offsetsOf(cluster, { fromBeginning: false }),
      ]);
      return [...highs].map(([partition, high]) => ({ partition, low: lows.get(partition) ?? high, high }));
    });
  }

  offsetsAt(timestampMs: number): Promise<{ partition: number; offset: bigint }[]> {
    return this.#try(async (cluster) => {
      const [founds, highs] = await Promise.all([
        this.#offsetsOf(cluster, { fromTimestamp: timestampMs }),
        this.#offsetsOf(cluster, { fromBeginning: false }),
      ]);
      return [...highs].map(([partition, high]) => {
        const found = founds.get(partition) ?? -1n;
        return { partition, offset: found < 0n ? high : found };
      });
    });
  }

  committed(groupId: string): Promise<{ partition: number; offset: bigint | null }[]> {
    return this.#try(async (cluster) => {
      await cluster.refreshMetadata();
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      const topics = [{ topic: this.#topic, partitions: this.#partitions(cluster) }];
      const { responses } = await coordinator.offsetFetch({ groupId, topics });
      const offsets = responses[0]?.partitions.map(
        ({ partition, offset }) => [partition, BigInt(offset)] as const,
      );
      const known = new Map(offsets);
      return this.#partitions(cluster).map(({ partition }) => {
        const offset = known.get(partition) ?? -1n;
        return { partition, offset: offset < 0n ? null : offset };
      });
    });
  }

  async *range(partition: number, from: bigint, to: bigint): AsyncGenerator<RawRecord> {
    const log = (await this.offsets()).find((one) => one.partition === partition);
    if (log === undefined) return;
    const end = to < log.high ? to : log.high;
    let at = from > log.low ? from : log.low;
    for (let empty = 0; at < end;) {
      const batch = await this.#fetch(partition, at);
      if (batch === null) {
        if (++empty > mostEmptyFetches)
          throw new KafkaUnavailableError('the broker gives no records', { retry: 'backoff' });
        const low = (await this.offsets()).find((one) => one.partition === partition)?.low ?? at;
        // What was there when the range was opened may have been deleted since, by age.
        if (low > at) at = low;
        continue;
      }
      empty = 0;
      for (const record of batch.messages) {
        if (record.offset >= end) return;
        record.topic = this.#topic;
        record.partition = partition;
        yield record;
      }
      at = BigInt(batch.lastOffset()) + 1n;
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.then(({ cluster }) => cluster.disconnect()).catch(() => undefined);
  }

  /** What the log holds from an offset on; null when the broker has nothing to give there just now. */
  #fetch(partition: number, at: bigint): Promise<FetchedBatch | null> {
    return this.#try(async (cluster) => {
      await cluster.refreshMetadataIfNecessary();
      const leader = cluster
        .findTopicPartitionMetadata(this.#topic)
        .find((one) => one.partitionId === partition)?.leader;
      if (leader === undefined) throw new TopicsMissingError([`${this.#topic}/${partition}`]);
      const broker = await cluster.findBroker({ nodeId: leader });
      const topics = [
        { topic: this.#topic, partitions: [{ partition, fetchOffset: String(at), maxBytes: fetchBytes }] },
      ];
      const limits = {
        maxWaitTime: fetchWaitMs,
        minBytes: 1,
        maxBytes: fetchBytes,
        isolationLevel: readCommitted,
      };
      const { responses } = await broker.fetch({ ...limits, topics }).catch((error: unknown) => {
        if (protocolError(error) === 'OFFSET_OUT_OF_RANGE') return { responses: [] };
        throw error;
      });
      const data = responses[0]?.partitions[0] as PartitionData | undefined;
      if (data === undefined || data.messages.length === 0) return null;
      return new Batch(this.#topic, String(at), data);
    });
  }

  #partitions(cluster: Cluster): { partition: number }[] {
    return cluster
      .findTopicPartitionMetadata(this.#topic)
      .map(({ partitionId }) => ({ partition: partitionId }))
      .sort((one, other) => one.partition - other.partition);
  }

  async #offsetsOf(
    cluster: Cluster,
    what: { fromBeginning: boolean } | { fromTimestamp: number },
  ): Promise<Map<number, bigint>> {
    await cluster.refreshMetadata();
    const partitions = this.#partitions(cluster);
    const [answer] = await cluster.fetchTopicsOffset([{ topic: this.#topic, partitions, ...what }]);
    const offsets = new Map(
      answer?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]) ?? [],
    );
    return new Map(partitions.map(({ partition }) => [partition, offsets.get(partition) ?? -1n]));
  }

  async #try<T>(question: (cluster: Cluster) => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    for (let attempt = 1; ; attempt++) {
      this.#connection ??= this.#connect();
      const connection = this.#connection;
      try {
        return await question((await connection).cluster);
      } catch (thrown) {
        // A connection that has failed once is not worth mending: the next attempt begins with a new one.
        if (this.#connection === connection) this.#connection = null;
        void connection.then(({ client }) => client.cut()).catch(() => undefined);
        if (thrown instanceof TopicsMissingError) throw thrown;
        if (protocolError(thrown) === 'UNKNOWN_TOPIC_OR_PARTITION')
          throw new TopicsMissingError([this.#topic]);
        const error = kafkaError(thrown, `reading ${this.#topic}`);
        if (error.retry === 'no' || attempt >= attempts) throw error;
        await sleep(clock, backoffMs(attempt, retry));
      }
    }
  }

  async #connect(): Promise<Connection> {
    const client = createClient({ ...this.#options, retries: 2, maxRetryMs: 500 });
    try {
      const cluster = clusterOf(client);
      await cluster.connect();
      await cluster.addMultipleTargetTopics([this.#topic]);
      return { client, cluster };
    } catch (error) {
      client.cut();
      throw error;
    }
  }
}
