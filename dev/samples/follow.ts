import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Admin } from '../../src/kafka/admin-types.ts';
import type { RawRecord } from '../../src/model/record.ts';
import { decodeDeadLetter } from '../../src/results/dead-letter.ts';

/** A result as it stands in the topic, as far as the sample run shows it. */
export interface ShownResult {
  readonly result_id: string;
  readonly status: string;
  readonly final: boolean;
  readonly reason: string | null;
  readonly notification_id: string;
  readonly route: string;
  readonly event: { readonly source: string; readonly id: string; readonly topic: string };
  readonly deliveries: readonly { readonly delivery_id: string; readonly task_id: string | null }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly audience: { readonly kind: string };
}

export interface ShownDeadLetter {
  readonly topic: string;
  readonly reason: string;
  readonly message: string;
}

/** Reads two topics from their present end on, outside of any consumer group. */
export class Follower {
  readonly #admin: Admin;
  readonly #registry: SchemaRegistry;
  readonly #next = new Map<string, bigint>();
  readonly #topics: { readonly results: string; readonly deadLetters: string };

  constructor(
    admin: Admin,
    registryUrl: string,
    topics: { readonly results: string; readonly deadLetters: string },
  ) {
    this.#admin = admin;
    this.#registry = new SchemaRegistry({ host: registryUrl });
    this.#topics = topics;
  }

  /** What is there already belongs to earlier runs. */
  async skipPresent(): Promise<void> {
    const names = await this.#admin.topicNames();
    for (const topic of Object.values(this.#topics)) {
      if (!names.includes(topic)) continue;
      for (const { partition, high } of await this.#admin.offsets(topic))
        this.#next.set(`${topic}/${partition}`, high);
    }
  }

  async news(): Promise<{
    readonly results: readonly ShownResult[];
    readonly deadLetters: readonly ShownDeadLetter[];
  }> {
    const results: ShownResult[] = [];
    for (const record of await this.#read(this.#topics.results)) {
      results.push((await this.#registry.decode(record.value ?? Buffer.alloc(0))) as ShownResult);
    }
    const deadLetters = (await this.#read(this.#topics.deadLetters)).map((record) => {
      const letter = decodeDeadLetter(record);
      return {
        topic: letter?.record.topic ?? '?',
        reason: letter?.reason ?? 'not ours',
        message: letter?.message ?? '',
      };
    });
    return { results, deadLetters };
  }

  async #read(topic: string): Promise<RawRecord[]> {
    const records: RawRecord[] = [];
    for (const { partition, low, high } of await this.#admin.offsets(topic)) {
      const key = `${topic}/${partition}`;
      const from = this.#next.get(key) ?? low;
      if (high <= from) continue;
      for await (const record of this.#admin.readRange(topic, partition, from, high)) records.push(record);
      this.#next.set(key, high);
    }
    return records;
  }
}
