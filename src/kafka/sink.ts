import { endedWithin } from './ended-within.ts';
import { KafkaUnavailableError, RecordsRejectedError, type RejectedRecord } from './errors.ts';
import type { OutgoingRecord, Sink, SinkOptions, SinkStats } from './sink-types.ts';
import { TopicWriter } from './topic-writer.ts';

/**
 * Writes records to Kafka, confirmed by all in-sync replicas. Topics are independent of each other: one that is gone
 * or full does not hold up the others. It never drops a record silently and never retries longer than its bound.
 */
export function createSink(options: SinkOptions): Sink {
  return new KafkaSink(options);
}

class KafkaSink implements Sink {
  readonly #options: SinkOptions;
  readonly #writers = new Map<string, TopicWriter>();
  #stopped = false;

  constructor(options: SinkOptions) {
    this.#options = options;
  }

  async publish(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#stopped) throw new KafkaUnavailableError('the sink is stopped', { retry: 'backoff' });
    const byTopic = Map.groupBy(records.keys(), (index) => records[index]?.topic ?? '');
    const outcomes = await Promise.allSettled(
      [...byTopic].map(([topic, indexes]) => {
        const ofTopic = indexes.flatMap((index) => records[index] ?? []);
        return this.#writer(topic).publish(ofTopic, indexes);
      }),
    );
    const rejected: RejectedRecord[] = [];
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') throw outcome.reason;
      rejected.push(...outcome.value);
    }
    if (rejected.length > 0)
      throw new RecordsRejectedError(rejected.sort((one, other) => one.index - other.index));
  }

  stats(): SinkStats {
    const all = [...this.#writers.values()].map((writer) => writer.stats());
    return {
      connected: all.every(({ connected }) => connected),
      pending: all.reduce((sum, { pending }) => sum + pending, 0),
      lastError: all.find(({ lastError }) => lastError !== null)?.lastError ?? null,
    };
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    const stopping = [...this.#writers.values()].map((writer) => writer.stop(deadlineMs));
    await endedWithin(this.#options.clock, deadlineMs + closeAllowanceMs, Promise.all(stopping));
  }

  #writer(topic: string): TopicWriter {
    const existing = this.#writers.get(topic);
    if (existing !== undefined) return existing;
    const writer = new TopicWriter(topic, this.#options);
    this.#writers.set(topic, writer);
    return writer;
  }
}

/** A writer bounds its own stop; this is more than it needs, ms. */
const closeAllowanceMs = 3_000;
