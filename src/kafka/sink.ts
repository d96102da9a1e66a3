import type { Message, Producer } from 'kafkajs';
import { backoffMs } from '../base/backoff.ts';
import { sleep } from '../base/clock.ts';
import type { DingbusError } from '../base/errors.ts';
import { createClient, type KafkaClient } from './client.ts';
import { endedWithin } from './ended-within.ts';
import {
  KafkaRefusedError,
  KafkaUnavailableError,
  RecordsRejectedError,
  type RejectedRecord,
} from './errors.ts';
import { kafkaError, rejection } from './failure.ts';
import { kafkajs } from './kafkajs.ts';
import { encodedSize } from './record-format.ts';
import type { OutgoingRecord, Sink, SinkOptions, SinkStats } from './sink-types.ts';

/**
 * Writes records to Kafka, confirmed by all in-sync replicas, one request after the other: that keeps the order
 * without an idempotent producer (whose retries are broken in this library). Calls that wait while a request is
 * under way share the next one. It never drops a record silently and never retries longer than its bound.
 */
export function createSink(options: SinkOptions): Sink {
  return new KafkaSink(options);
}

interface Call {
  readonly records: readonly OutgoingRecord[];
  readonly rejected: RejectedRecord[];
  readonly deadline: number;
  /** Records that are neither published nor rejected yet, and how many of all were taken into a request. */
  left: number;
  taken: number;
  readonly promise: PromiseWithResolvers<void>;
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

class KafkaSink implements Sink {
  readonly #options: SinkOptions;
  readonly #deliveryTimeoutMs: number;
  readonly #maxRequestBytes: number;
  #queue: Call[] = [];
  #connected: Connected | null = null;
  #healthy = false;
  #working: Promise<void> | null = null;
  #stopped = false;
  #lastError: string | null = null;

  constructor(options: SinkOptions) {
    this.#options = options;
    this.#deliveryTimeoutMs = options.deliveryTimeoutMs ?? 15_000;
    this.#maxRequestBytes = options.maxRequestBytes ?? 524_288;
  }

  publish(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    if (this.#stopped)
      return Promise.reject(new KafkaUnavailableError('the sink is stopped', { retry: 'backoff' }));
    const deadline = this.#options.clock.now() + this.#deliveryTimeoutMs;
    const promise = Promise.withResolvers<void>();
    this.#queue.push({ records, rejected: [], deadline, left: records.length, taken: 0, promise });
    this.#pump();
    return promise.promise;
  }

  stats(): SinkStats {
    const pending = this.#queue.reduce((sum, call) => sum + call.left, 0);
    return { connected: this.#healthy, pending, lastError: this.#lastError };
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
      while (call.taken < call.records.length) {
        const record = call.records[call.taken];
        if (record === undefined) break;
        const size = encodedSize(record);
        const full = entries.length >= maxRequestRecords || bytes + size > this.#maxRequestBytes;
        if (entries.length > 0 && full) return entries;
        entries.push({ call, index: call.taken, record, bytes: size });
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
    const reason = rejection(outcome.cause ?? outcome);
    const [only] = entries;
    if (reason === null || only === undefined) return outcome;
    if (entries.length === 1) {
      const { call, index, record, bytes } = only;
      call.rejected.push({ index, topic: record.topic, reason, bytes });
      call.left -= 1;
      return null;
    }
    // One of them is at fault and the broker does not say which.
    const half = Math.ceil(entries.length / 2);
    return (await this.#publish(entries.slice(0, half))) ?? (await this.#publish(entries.slice(half)));
  }

  async #sendUntilDeadline(entries: readonly Entry[]): Promise<DingbusError | null> {
    const { clock, logger } = this.#options;
    const deadline = Math.min(...entries.map(({ call }) => call.deadline));
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#within(deadline - clock.now(), this.#send(entries));
        if (!this.#healthy && this.#lastError !== null) logger.info({}, 'Writing to Kafka works again');
        this.#healthy = true;
        this.#lastError = null;
        return null;
      } catch (thrown) {
        if (rejection(thrown) !== null)
          return new KafkaRefusedError('the broker refuses a record', { cause: thrown });
        const error = kafkaError(thrown, 'writing to Kafka');
        if (this.#healthy || this.#lastError === null) {
          logger.warn({ error: error.message }, 'Writing to Kafka was interrupted');
        }
        this.#healthy = false;
        this.#lastError = error.message;
        const waitMs = backoffMs(attempt, retry);
        if (this.#stopped || error instanceof KafkaRefusedError || clock.now() + waitMs >= deadline)
          return error;
        await sleep(clock, waitMs);
      }
    }
  }

  async #send(entries: readonly Entry[]): Promise<void> {
    const { producer } = await this.#connect();
    const byTopic = Map.groupBy(entries, ({ record }) => record.topic);
    await producer.sendBatch({
      acks: -1,
      timeout: replicasMs,
      compression: kafkajs.CompressionTypes.None,
      topicMessages: [...byTopic].map(([topic, ofTopic]) => ({ topic, messages: ofTopic.map(messageOf) })),
    });
  }

  /** Gives up what takes too long: cut off from the broker it fails, and cannot arrive later out of order. */
  async #within(ms: number, sending: Promise<void>): Promise<void> {
    if (await endedWithin(this.#options.clock, ms, sending)) return sending;
    this.#connected?.client.cut();
    this.#connected = null;
    throw new KafkaUnavailableError('no confirmation in time', { retry: 'backoff' });
  }

  async #connect(): Promise<Connected> {
    if (this.#connected !== null) return this.#connected;
    const client = createClient({ ...this.#options, retries: 1, maxRetryMs: 500 });
    const producer = client.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      // Attempts are counted here: one that the library makes by itself could overtake later records.
      retry: { retries: 0 },
    });
    const connected = { client, producer };
    this.#connected = connected;
    try {
      await producer.connect();
    } catch (error) {
      client.cut();
      if (this.#connected === connected) this.#connected = null;
      throw error;
    }
    return connected;
  }

  async #disconnect(): Promise<void> {
    const connected = this.#connected;
    this.#connected = null;
    this.#healthy = false;
    if (connected === null) return;
    const { client, producer } = connected;
    if (!(await endedWithin(this.#options.clock, closeMs, producer.disconnect()))) client.cut();
  }

  /** Answers the calls of which every record is published or rejected. */
  #settle(): void {
    this.#queue = this.#queue.filter((call) => {
      if (call.left > 0) return true;
      if (call.rejected.length === 0) call.promise.resolve();
      else call.promise.reject(new RecordsRejectedError(call.rejected));
      return false;
    });
  }

  #failAll(error: DingbusError): void {
    for (const call of this.#queue.splice(0)) call.promise.reject(error);
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
