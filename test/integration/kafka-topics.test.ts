import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { kafkajs } from '../../src/kafka/kafkajs.ts';
import { KafkaTest, range, Reader, until } from './kafka-setup.ts';

let kafka: KafkaTest;
let client: InstanceType<typeof kafkajs.Kafka>;
beforeAll(() => {
  kafka = new KafkaTest(inject('brokers'));
  client = new kafkajs.Kafka({ brokers: [...kafka.connection.brokers], logLevel: kafkajs.logLevel.NOTHING });
});
afterAll(() => kafka.end());

/** What operators do to topics. */
async function operate<T>(what: (admin: ReturnType<typeof client.admin>) => Promise<T>): Promise<T> {
  const admin = client.admin();
  await admin.connect();
  try {
    return await what(admin);
  } finally {
    await admin.disconnect();
  }
}

describe('subscriptions', () => {
  it('wait for topics that do not exist yet, by name and by pattern, and read the others meanwhile', async () => {
    const prefix = `later-${randomUUID()}`;
    const present = await kafka.topic(1);
    const named = `${prefix}-named`;
    const pattern = new RegExp(`^${prefix}-m.*$`);
    const reader = new Reader();
    const source = kafka.source(reader, {
      topics: [
        { topic: present, start: 'earliest' },
        // Their first records come before we notice the topics.
        { topic: named, start: 'latest' },
        { topic: pattern, start: 'latest' },
      ],
      lookEveryMs: 300,
    });
    await kafka.fill(present, 1, 10);
    await until('the topic that exists', () => reader.records.length === 10);
    expect(source.stats().missingTopics).toEqual([named, pattern.source]);
    await kafka.create(named, 1);
    await kafka.fill(named, 1, 10, 10);
    await until('the named one', () => reader.records.length === 20);
    expect(source.stats().missingTopics).toEqual([pattern.source]);
    const matching = `${prefix}-matching`;
    await kafka.create(matching, 1);
    await kafka.fill(matching, 1, 10, 20);
    await until('the matching one', () => reader.records.length === 30);
    expect(reader.numbers()).toEqual(range(0, 30));
  });

  it('begin with no topic at all and connect when one appears', async () => {
    const topic = `first-${randomUUID()}`;
    const reader = new Reader();
    const source = kafka.source(reader, { topics: [{ topic, start: 'earliest' }], lookEveryMs: 300 });
    await until('the topic is missed', () => source.stats().missingTopics.length === 1);
    await kafka.create(topic, 1);
    await kafka.fill(topic, 1, 5);
    await until('its records', () => reader.records.length === 5);
    expect(reader.crashes).toEqual([]);
  });

  it('change while the source runs', async () => {
    const [one, other] = [await kafka.topic(1), await kafka.topic(1)];
    const reader = new Reader();
    const source = kafka.source(reader, { topics: [{ topic: one, start: 'earliest' }] });
    await kafka.fill(one, 1, 10);
    await until('the first topic', () => reader.records.length === 10);
    source.setTopics([
      { topic: one, start: 'earliest' },
      { topic: other, start: 'earliest' },
    ]);
    await kafka.fill(other, 1, 10, 10);
    await until('the second topic', () => reader.records.length === 20);
    source.setTopics([{ topic: other, start: 'earliest' }]);
    await until('the new assignment', () => source.stats().partitions.every(({ topic }) => topic === other));
    await kafka.fill(other, 1, 5, 20);
    await until('more of it', () => reader.records.length === 25);
    expect(reader.numbers()).toEqual(range(0, 25));
  });

  it('take in partitions that are added, from their first record even with `latest`', async () => {
    const topic = await kafka.topic(1);
    await kafka.fill(topic, 1, 5);
    const options = { groupId: `group-${randomUUID()}`, topics: [{ topic, start: 'latest' as const }] };
    const before = new Reader();
    const source = kafka.source(before, options);
    await until('the first commit', () => before.committed.size === 1);
    await source.stop(1_000);
    await operate((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }));
    await until('the new partitions', async () => (await kafka.admin.offsets(topic)).length === 3);
    await kafka.fill(topic, 3, 30, 5);
    const reader = new Reader();
    kafka.source(reader, options);
    await until('all new records', () => reader.numbers().length === 30);
    expect(reader.numbers()).toEqual(range(5, 35));
  });

  it('outlive a topic that is deleted and created anew', async () => {
    const [topic, other] = [await kafka.topic(1), await kafka.topic(1)];
    const reader = new Reader();
    const source = kafka.source(reader, {
      topics: [
        { topic, start: 'earliest' },
        { topic: other, start: 'earliest' },
      ],
      lookEveryMs: 300,
    });
    await kafka.fill(topic, 1, 20);
    await until('the first life', () => reader.records.length === 20);
    await operate((admin) => admin.deleteTopics({ topics: [topic] }));
    await until('the topic is missed', () => source.stats().missingTopics.includes(topic));
    await kafka.fill(other, 1, 10, 20);
    await until('the other topic', () => reader.records.length === 30);
    await kafka.create(topic, 1);
    await kafka.fill(topic, 1, 10, 30);
    await until('the second life', () => reader.numbers().length === 40, 40_000);
    expect(reader.crashes).toEqual([]);
  }, 90_000);

  it('go on elsewhere when the records at the position have been deleted', async () => {
    const topic = await kafka.topic(1);
    await kafka.fill(topic, 1, 100);
    let held = true;
    class Held extends Reader {
      override onBatch(batch: Parameters<Reader['onBatch']>[0]) {
        if (held) return Promise.reject(new Error('not yet'));
        return super.onBatch(batch);
      }
    }
    const reader = new Held();
    const options = { groupId: `group-${randomUUID()}`, topics: [{ topic, start: 'earliest' as const }] };
    const source = kafka.source(reader, options);
    source.pause();
    await until('the assignment', () => source.stats().partitions[0]?.position === 0n);
    await operate(async (admin) => {
      // Without this the library does not know the topic that it is to work on.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '60' }] });
    });
    held = false;
    source.resume();
    await until('the rest', () => reader.records.length === 40);
    expect(reader.numbers()).toEqual(range(60, 100));
    await until('the commit', () => reader.committed.get(`${topic}/0`) === 100n);
  });

  it('survive the deletion of the group by an operator', async () => {
    const topic = await kafka.topic(1);
    const groupId = `group-${randomUUID()}`;
    const reader = new Reader();
    const source = kafka.source(reader, { groupId, topics: [{ topic, start: 'earliest' }] });
    await kafka.fill(topic, 1, 10);
    await until('the first records', () => reader.records.length === 10);
    await source.stop(1_000);
    await operate((admin) => admin.deleteGroups([groupId]));
    const again = new Reader();
    kafka.source(again, { groupId, topics: [{ topic, start: 'earliest' }] });
    await kafka.fill(topic, 1, 5, 10);
    await until('everything once more', () => again.records.length === 15);
  });
});
