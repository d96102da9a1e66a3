import type { Admin as LibraryAdmin } from 'kafkajs';
import { sleep, type Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { RawRecord } from '../model/record.ts';
import type { Admin, PartitionOffsets, TopicSpec } from './admin-types.ts';
import { createClient, type KafkaClient } from './client.ts';
import type { KafkaConnection } from './connection.ts';
import { TopicsMissingError } from './errors.ts';
import { kafkaError } from './failure.ts';
import { TopicReader } from './topic-reader.ts';

/**
 * Asks the cluster about topics and groups, creates missing topics, and reads records outside any group. It never
 * changes or deletes what exists, and never commits.
 */
export interface AdminOptions {
  readonly connection: KafkaConnection;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createAdmin(options: AdminOptions): Admin {
  return new KafkaAdmin(options);
}

/** How long new topics may take until they can be used, and how often to look, ms. */
const topicsReadyMs = 15_000;
const topicsCheckMs = 50;

class KafkaAdmin implements Admin {
  readonly #options: AdminOptions;
  readonly #client: KafkaClient;
  readonly #readers = new Map<string, TopicReader>();
  #admin: Promise<LibraryAdmin> | null = null;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#client = createClient({ ...options, retries: 5, maxRetryMs: 2_000 });
  }

  async ensureTopics(topics: readonly TopicSpec[], create: boolean): Promise<{ created: readonly string[] }> {
    const existing = new Set(await this.#ask('listing topics', (admin) => admin.listTopics()));
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    if (missing.length === 0) return { created: [] };
    const names = missing.map(({ topic }) => topic);
    if (!create) throw new TopicsMissingError(names);
    const wanted = missing.map(libraryTopic);
    await this.#ask(`creating ${names.join(', ')}`, (admin) =>
      admin.createTopics({ topics: wanted, waitForLeaders: false }),
    );
    await Promise.all(names.map((topic) => this.#untilServed(topic)));
    return { created: names };
  }

  async topicNames(): Promise<readonly string[]> {
    const names = await this.#ask('listing topics', (admin) => admin.listTopics());
    return names.filter((name) => !name.startsWith('__')).sort();
  }

  offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return this.#reader(topic).offsets();
  }

  offsetsAt(topic: string, timestampMs: number): Promise<readonly { partition: number; offset: bigint }[]> {
    return this.#reader(topic).offsetsAt(timestampMs);
  }

  committed(
    groupId: string,
    topic: string,
  ): Promise<readonly { partition: number; offset: bigint | null }[]> {
    return this.#reader(topic).committed(groupId);
  }

  readRange(topic: string, partition: number, from: bigint, to: bigint): AsyncIterable<RawRecord> {
    return this.#reader(topic).range(partition, from, to);
  }

  async fetchOne(topic: string, partition: number, offset: bigint): Promise<RawRecord | null> {
    for await (const record of this.#reader(topic).range(partition, offset, offset + 1n)) return record;
    return null;
  }

  async close(): Promise<void> {
    const closing = [...this.#readers.values()].map((reader) => reader.close());
    this.#readers.clear();
    const admin = this.#admin;
    this.#admin = null;
    if (admin !== null)
      closing.push(admin.then((connected) => connected.disconnect()).catch(() => undefined));
    await Promise.all(closing);
  }

  /** A topic is created before its partitions have leaders, and these before they serve anybody. */
  async #untilServed(topic: string): Promise<void> {
    const { clock } = this.#options;
    for (const until = clock.now() + topicsReadyMs; ; await sleep(clock, topicsCheckMs)) {
      try {
        await this.offsets(topic);
        return;
      } catch (error) {
        if (clock.now() > until) throw error;
      }
    }
  }

  #reader(topic: string): TopicReader {
    const existing = this.#readers.get(topic);
    if (existing !== undefined) return existing;
    const reader = new TopicReader(this.#options, topic);
    this.#readers.set(topic, reader);
    return reader;
  }

  async #ask<T>(doing: string, question: (admin: LibraryAdmin) => Promise<T>): Promise<T> {
    try {
      this.#admin ??= this.#connect();
      return await question(await this.#admin);
    } catch (error) {
      throw kafkaError(creationError(error), doing);
    }
  }

  async #connect(): Promise<LibraryAdmin> {
    const admin = this.#client.kafka.admin();
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      this.#admin = null;
      throw error;
    }
  }
}

/** Several topics may fail, each for its own reason; the first says enough. */
function creationError(error: unknown): unknown {
  const { errors } = error as { errors?: readonly unknown[] };
  return Array.isArray(errors) && errors[0] instanceof Error ? errors[0] : error;
}

interface LibraryTopic {
  topic: string;
  numPartitions: number;
  replicationFactor: number;
  configEntries: { name: string; value: string }[];
}

function libraryTopic(spec: TopicSpec): LibraryTopic {
  const { topic, partitions, replication, retentionMs, minIsr } = spec;
  const maxMessageBytes = spec.maxMessageBytes ?? null;
  const configEntries: LibraryTopic['configEntries'] = [];
  if (retentionMs !== null) configEntries.push({ name: 'retention.ms', value: String(retentionMs) });
  if (minIsr !== null) configEntries.push({ name: 'min.insync.replicas', value: String(minIsr) });
  if (maxMessageBytes !== null)
    configEntries.push({ name: 'max.message.bytes', value: String(maxMessageBytes) });
  return { topic, numPartitions: partitions, replicationFactor: replication, configEntries };
}
