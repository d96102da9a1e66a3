import { randomUUID } from 'node:crypto';
import type { Producer } from 'kafkajs';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createAdmin } from '../../src/kafka/admin.ts';
import type { Admin } from '../../src/kafka/admin-types.ts';
import type { KafkaConnection } from '../../src/kafka/connection.ts';
import { kafkajs } from '../../src/kafka/kafkajs.ts';
import { createSink } from '../../src/kafka/sink.ts';
import type { OutgoingRecord, Sink } from '../../src/kafka/sink-types.ts';
import { createSource } from '../../src/kafka/source.ts';
import type {
  PartitionPosition,
  RecordBatch,
  Source,
  SourceHandler,
  SourceOptions,
  Stall,
} from '../../src/kafka/source-types.ts';
import type { RawRecord } from '../../src/model/record.ts';

/** Makes sources, sinks and topics on a real broker for one test file, and ends them all. */
export class KafkaTest {
  readonly connection: KafkaConnection;
  readonly admin: Admin;
  readonly sink: Sink;
  readonly #sources: Source[] = [];

  constructor(brokers: string, security: Partial<Pick<KafkaConnection, 'ssl' | 'sasl'>> = {}) {
    this.connection = {
      brokers: brokers.split(','),
      clientId: 'dingbus-test',
      ssl: null,
      sasl: null,
      ...security,
    };
    const { connection } = this;
    this.admin = createAdmin({ connection, clock: systemClock, logger: silentLogger });
    this.sink = createSink({ connection, clock: systemClock, logger: silentLogger });
  }

  /** A new topic with a name of its own. */
  async topic(partitions: number, prefix = 'kafka-test'): Promise<string> {
    const topic = `${prefix}-${randomUUID()}`;
    await this.create(topic, partitions);
    return topic;
  }

  async create(topic: string, partitions: number): Promise<void> {
    await this.admin.ensureTopics(
      [{ topic, partitions, replication: 1, retentionMs: null, minIsr: null }],
      true,
    );
  }

  /** Publishes `count` numbered records, spread over the partitions in turn. */
  async fill(topic: string, partitions: number, count: number, first = 0): Promise<void> {
    const records: OutgoingRecord[] = [];
    for (let number = first; number < first + count; number++) {
      records.push({
        topic,
        partition: number % partitions,
        key: null,
        value: Buffer.from(String(number)),
        headers: [],
      });
    }
    await this.sink.publish(records);
  }

  /** A connected producer of transactions, for its user to disconnect. */
  async transactionalProducer(): Promise<Producer> {
    const client = new kafkajs.Kafka({
      brokers: [...this.connection.brokers],
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const producer = client.producer({
      transactionalId: randomUUID(),
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    return producer;
  }

  source(reader: Reader, options: Partial<SourceOptions> & Pick<SourceOptions, 'topics'>): Source {
    const source = createSource({
      connection: this.connection,
      groupId: `group-${randomUUID()}`,
      clock: systemClock,
      logger: silentLogger,
      handler: reader,
      sessionTimeoutMs: 6_000,
      onCrash: (error) => reader.crashes.push(error),
      onStall: (stall) => reader.stalls.push(stall),
      ...options,
    });
    this.#sources.push(source);
    source.start();
    return source;
  }

  async end(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.stop(5_000)));
    await this.sink.stop(1_000);
    await this.admin.close();
  }
}

/** A handler that keeps what it gets; tests override what they want to be different. */
export class Reader implements SourceHandler {
  readonly records: RawRecord[] = [];
  readonly committed = new Map<string, bigint>();
  readonly crashes: Error[] = [];
  readonly stalls: Stall[] = [];

  async onBatch(batch: RecordBatch): Promise<{ processedTo: bigint }> {
    this.records.push(...batch.records);
    return Promise.resolve(all(batch));
  }

  onCommitted(positions: readonly PartitionPosition[]): void {
    for (const { topic, partition, offset } of positions) this.committed.set(`${topic}/${partition}`, offset);
  }

  /** The numbers of `KafkaTest.fill` that have arrived, once each, in order. */
  numbers(): number[] {
    return [...new Set(this.records.map(({ value }) => Number(value)))].sort((one, other) => one - other);
  }
}

/** What `onBatch` answers when everything is done. */
export function all(batch: RecordBatch): { processedTo: bigint } {
  return { processedTo: (batch.records.at(-1)?.offset ?? -1n) + 1n };
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Waits until the condition holds; fails with what it was waiting for when that takes too long. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  for (const end = Date.now() + withinMs; !(await condition());) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
