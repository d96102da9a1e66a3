import type { Message, Producer } from 'kafkajs';
import { backoffMs } from '../base/backoff.ts';
import { sleep } from '../base/clock.ts';
import type { DingbusError } from '../base/errors.ts';
import { createClient, type KafkaClient } from './client.ts';
import { endedWithin } from './ended-within.ts';
import { KafkaRefusedError, KafkaUnavailableError, type RejectedRecord } from './errors.ts';
import { kafkaError, rejection } from './failure.ts';
import { kafkajs } from './kafkajs.ts';
import { createPartitioner } from './partitioner.ts';
import { encodedSize } from './record-format.ts';
import type { OutgoingRecord, SinkOptions, SinkStats } from './sink-types.ts';

/**
 * Writes to one topic, one request after the other: that keeps the order without an idempotent producer (whose
 * retries are broken in this library). Calls that wait while a request is under way share the next one.
 *
 * Each topic has a connection of its own, because the library asks for the metadata of all topics that it ever wrote
 * to at once, and one of them that was deleted fails all the others.
 */
interface Call {
  readonly records: readonly OutgoingRecord[];
  /** Where each record stood in what the sink was given. */
  readonly indexes: readonly number[];
  readonly rejected: RejectedRecord[];
  readonly deadline: number;
  /** Records that are neither published nor rejected yet, and how many of all were taken into a request. */
  left: number;
  taken: number;
  readonly promise: PromiseWithResolvers<readonly RejectedRecord[]>;
}

interface Entry {
  readonly call: Call;
  readonly index: number;
  readonly record: OutgoingRecord;
  readonly bytes: number;
}

interface Connected {
  readonly client: KafkaClient;
  readonly producer: Producer;
}

/** More records than this do not go into one request: the library's grouping takes quadratic time. */
const maxRequestRecords = 1_000;
const retry = { firstMs: 100, maxMs: 1_000 };
/** How long the broker itself may wait for its replicas, ms. */
const replicasMs = 10_000;
/** Closing the connection politely may take so long, ms. */
const closeMs = 1_000;

export class TopicWriter {
  readonly #topic: string;
  readonly #options: SinkOptions;
  readonly #deliveryTimeoutMs: number;
  readonly #maxRequestBytes: number;
  #queue: Call[] = [];
  #connected: Connected | null = null;
  /** Null before the first attempt. */
  #healthy: boolean | null = null;
  #working: Promise<void> | null = null;
  #stopped = false;
  #lastError: string | null = null;

  constructor(topic: string, options: SinkOptions) {
    this.#topic = topic;
    this.#options = options;
    this.#deliveryTimeoutMs = options.deliveryTimeoutMs ?? 15_000;
    this.#maxRequestBytes = options.maxRequestBytes ?? 524_288;
  }

  /** Resolves with the records that the broker will never take; all others are published. */
  publish(
    records: readonly OutgoingRecord[],
    indexes: readonly number[],
  ): Promise<readonly RejectedRecord[]> {
    const deadline = this.#options.clock.now() + this.#deliveryTimeoutMs;
    const promise = Promise.withResolvers<readonly RejectedRecord[]>();
    this.#queue.push({ records, indexes, rejected: [], deadline, left: records.length, taken: 0, promise });
    this.#pump();
    return promise.promise;
  }

  stats(): SinkStats {
    const pending = this.#queue.reduce((sum, call) => sum + call.left, 0);
    return { connected: this.#healthy !== false, pending, lastError: this.#lastError };
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    if (this.#working !== null) await endedWithin(this.#options.clock, deadlineMs, this.#working);
    this.#failAll(new KafkaUnavailableError('the sink was stopped', { retry: 'backoff' }));
    await this.#disconnect();
  }

  #pump(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
      if (this.#queue.length > 0) this.#pump();
    });
  }

  async #work(): Promise<void> {
    for (let entries = this.#take(); entries.length > 0; entries = this.#take()) {
      const failure = await this.#publish(entries);
      // Whoever repeats the failed call would come after the calls behind it, so these fail as well.
      if (failure !== null) this.#failAll(failure);
      else this.#settle();
    }
  }

  /** The records of the next request, in order over all calls that wait. */
  #take(): Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (const call of this.#queue) {
      for (let record = call.records[call.taken]; record !== undefined; record = call.records[call.taken]) {
        const size = encodedSize(record);
        const full = entries.length >= maxRequestRecords || bytes + size > this.#maxRequestBytes;
        if (entries.length > 0 && full) return entries;
        entries.push({ call, index: call.indexes[call.taken] ?? call.taken, record, bytes: size });
        bytes += size;
        call.taken += 1;
      }
    }
    return entries;
  }

  /** Stores the records or finds those that the broker will never take; the error when neither was possible. */
  async #publish(entries: readonly Entry[]): Promise<DingbusError | null> {
    const outcome = await this.#sendUntilDeadline(entries);
    if (outcome === null) {
      for (const { call } of entries) call.left -= 1;
      return null;
    }
    const [only] = entries;
    if (typeof outcome !== 'string') return outcome;
    if (only === undefined) return null;
    if (entries.length === 1) {
      const { call, index, bytes } = only;
      call.rejected.push({ index, topic: this.#topic, reason: outcome, bytes });
      call.left -= 1;
      return null;
    }
    // One of them is at fault and the broker does not say which.
    const half = Math.ceil(entries.length / 2);
    return (await this.#publish(entries.slice(0, half))) ?? (await this.#publish(entries.slice(half)));
  }

  /** Null when the records are stored, the reason when the broker will never store them as they are, else the error. */
  async #sendUntilDeadline(
    entries: readonly Entry[],
  ): Promise<DingbusError | RejectedRecord['reason'] | null> {
    const { clock } = this.#options;
    const deadline = Math.min(...entries.map(({ call }) => call.deadline));
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#within(deadline - clock.now(), this.#send(entries));
        this.#note(null);
        return null;
      } catch (thrown) {
        const rejected = rejection(thrown);
        if (rejected !== null) return rejected;
        const error = kafkaError(thrown, `writing to ${this.#topic}`);
        this.#note(error);
        const waitMs = backoffMs(attempt, retry);
        if (this.#stopped || error instanceof KafkaRefusedError || clock.now() + waitMs >= deadline)
          return error;
        await sleep(clock, waitMs);
      }
    }
  }

  /** Remembers how it went, and logs only when that changes. */
  #note(error: DingbusError | null): void {
    const { logger } = this.#options;
    const topic = this.#topic;
    if (error !== null && this.#healthy !== false) {
      logger.warn({ topic, error: error.message }, 'Writing to Kafka was interrupted');
    }
    if (error === null && this.#healthy === false) logger.info({ topic }, 'Writing to Kafka works again');
    this.#healthy = error === null;
    this.#lastError = error === null ? null : error.message;
  }

  async #send(entries: readonly Entry[]): Promise<void> {
    const connected = await this.#connect();
    try {
      const stored = await connected.producer.send({
        topic: this.#topic,
        acks: -1,
        timeout: replicasMs,
        compression: kafkajs.CompressionTypes.None,
        messages: entries.map(messageOf),
      });
      // The library leaves out, without a word, what is meant for a partition that it has not heard of.
      const partitions = new Set(stored.map(({ partition }) => partition));
      for (const { record } of entries) {
        const { partition } = record;
        if (typeof partition === 'number' && !partitions.has(partition)) throw new NoSuchPartition(partition);
      }
    } catch (error) {
      // Its knowledge of the topic may be out of date for good: the topic deleted, partitions added.
      if (rejection(error) === null) this.#drop(connected);
      throw error;
    }
  }

  /** Gives up what takes too long: cut off from the broker it fails, and cannot arrive later out of order. */
  async #within(ms: number, sending: Promise<void>): Promise<void> {
    if (await endedWithin(this.#options.clock, ms, sending)) return sending;
    if (this.#connected !== null) this.#drop(this.#connected);
    throw new KafkaUnavailableError('no confirmation in time', { retry: 'backoff' });
  }

  async #connect(): Promise<Connected> {
    if (this.#connected !== null) return this.#connected;
    const client = createClient({ ...this.#options, retries: 1, maxRetryMs: 500 });
    const producer = client.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner,
      // Attempts are counted here: one that the library makes by itself could overtake later records.
      retry: { retries: 0 },
    });
    const connected = { client, producer };
    this.#connected = connected;
    try {
      await producer.connect();
    } catch (error) {
      this.#drop(connected);
      throw error;
    }
    return connected;
  }

  #drop(connected: Connected): void {
    connected.client.cut();
    if (this.#connected === connected) this.#connected = null;
  }

  async #disconnect(): Promise<void> {
    const connected = this.#connected;
    this.#connected = null;
    if (connected === null) return;
    const { client, producer } = connected;
    if (!(await endedWithin(this.#options.clock, closeMs, producer.disconnect()))) client.cut();
  }

  /** Answers the calls of which every record is published or rejected. */
  #settle(): void {
    this.#queue = this.#queue.filter((call) => {
      if (call.left > 0) return true;
      call.promise.resolve(call.rejected);
      return false;
    });
  }

  #failAll(error: DingbusError): void {
    for (const call of this.#queue.splice(0)) call.promise.reject(error);
  }
}

class NoSuchPartition extends Error {
  constructor(partition: number) {
    super(`the topic has no partition ${partition}`);
    this.name = 'NoSuchPartition';
  }
}

/** The record as our encoder wants it; the library only passes it on, headers included. */
function messageOf({ record }: Entry): Message {
  const headers = record.headers as unknown as NonNullable<Message['headers']>;
  const { key, value, partition } = record;
  return partition === null || partition === undefined
    ? { key, value, headers }
    : { key, value, headers, partition };
}
