import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { collectGarbage } from '../../src/base/collect-garbage.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { RecordsRejectedError, TopicsMissingError } from '../../src/kafka/errors.ts';
import { createSink } from '../../src/kafka/sink.ts';
import type { OutgoingRecord } from '../../src/kafka/sink-types.ts';
import type { RawRecord, RecordHeader } from '../../src/model/record.ts';
import { KafkaTest, range, Reader, until } from './kafka-setup.ts';

let kafka: KafkaTest;
beforeAll(() => {
  kafka = new KafkaTest(inject('brokers'));
});
afterAll(() => kafka.end());

async function read(topic: string, partition = 0, from = 0n, to = 1_000_000n): Promise<RawRecord[]> {
  return Array.fromAsync(kafka.admin.readRange(topic, partition, from, to));
}

const awkwardHeaders: RecordHeader[] = [
  { key: 'b', value: Buffer.from('1') },
  { key: 'a', value: null },
  { key: 'b', value: Buffer.alloc(0) },
  { key: '7', value: Buffer.from('seven') },
  { key: '__proto__', value: Buffer.from([0xff, 0x00, 0xc3]) },
  { key: '部门', value: Buffer.from('财务') },
  { key: 'b', value: null },
];

describe('what the sink writes', () => {
  it('arrives at a source byte for byte: headers in order with repeats and nulls, empty and absent keys and values', async () => {
    const topic = await kafka.topic(1);
    const sent: OutgoingRecord[] = [
      { topic, key: Buffer.from('k'), value: Buffer.from('v'), headers: awkwardHeaders },
      { topic, key: null, value: null, headers: [] },
      { topic, key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [{ key: '', value: null }] },
    ];
    const reader = new Reader();
    kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
    await kafka.sink.publish(sent);
    await until('the records', () => reader.records.length === 3);
    const received = reader.records.map(({ key, value, headers }) => ({ topic, key, value, headers }));
    expect(received).toEqual(sent);
  });

  it('goes to the partition that every Kafka client chooses for a key', async () => {
    const topic = await kafka.topic(5);
    // Partitions of murmur2 as the Java client computes them.
    const expected = { '21': 0, foobar: 1, 'order-1': 1, '': 1, 订单: 2 };
    const keys = Object.keys(expected);
    await kafka.sink.publish(keys.map((key) => ({ topic, key: Buffer.from(key), value: null, headers: [] })));
    const found: Record<string, number> = {};
    for (const partition of range(0, 5)) {
      for (const { key } of await read(topic, partition)) found[String(key)] = partition;
    }
    expect(found).toEqual(expected);
  });

  it('keeps the order of a partition over many calls that overlap', async () => {
    const topic = await kafka.topic(2);
    const calls = range(0, 300).map((number) =>
      kafka.sink.publish(
        range(0, 10).map((step) => ({
          topic,
          partition: step % 2,
          key: null,
          value: Buffer.from(`${number}.${step}`),
          headers: [],
        })),
      ),
    );
    await Promise.all(calls);
    for (const partition of [0, 1]) {
      const values = (await read(topic, partition)).map(({ value }) => String(value));
      const steps = range(0, 10).filter((step) => step % 2 === partition);
      expect(values).toEqual(range(0, 300).flatMap((number) => steps.map((step) => `${number}.${step}`)));
    }
  });

  it('is all there but what the broker will never take, and that is named', async () => {
    const topic = await kafka.topic(1);
    const other = await kafka.topic(1);
    const record = (to: string, value: string | number): OutgoingRecord => ({
      topic: to,
      key: null,
      value: typeof value === 'number' ? Buffer.alloc(value) : Buffer.from(value),
      headers: [],
    });
    const call = kafka.sink.publish([
      record(topic, 'a'),
      record(other, 'x'),
      record(topic, 13_000_000),
      record(topic, 'b'),
      record(topic, 10_000_000),
    ]);
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RecordsRejectedError);
    expect((error as RecordsRejectedError).rejected).toEqual([
      { index: 2, topic, reason: 'too_large', bytes: 13_000_024 },
    ]);
    expect((error as RecordsRejectedError).retry).toBe('no');
    const values = (await read(topic)).map(({ value }) => value?.length);
    expect(values).toEqual([1, 1, 10_000_000]);
    expect(await read(other)).toHaveLength(1);
  });

  it('finds the one record that is too large among many small ones', async () => {
    const topic = await kafka.topic(1);
    const sink = createSink({
      connection: kafka.connection,
      clock: systemClock,
      logger: silentLogger,
      maxRequestBytes: 100_000_000,
    });
    const sizes = [10, 20, 30, 13_000_000, 40, 50];
    const error: unknown = await sink
      .publish(sizes.map((size) => ({ topic, key: null, value: Buffer.alloc(size), headers: [] })))
      .catch((thrown: unknown) => thrown);
    expect((error as RecordsRejectedError).rejected.map(({ index }) => index)).toEqual([3]);
    const stored = (await read(topic)).map(({ value }) => value?.length);
    expect(stored).toEqual([10, 20, 30, 40, 50]);
    await sink.stop(1_000);
  });

  it('does not wait for a topic that is missing, and that fails within its bound, to be tried again', async () => {
    const topic = await kafka.topic(1);
    const sink = createSink({
      connection: kafka.connection,
      clock: systemClock,
      logger: silentLogger,
      deliveryTimeoutMs: 1_500,
    });
    const missing = `missing-${randomUUID()}`;
    const lost = sink.publish([{ topic: missing, key: null, value: null, headers: [] }]);
    await sink.publish([{ topic, key: null, value: null, headers: [] }]);
    await expect(lost).rejects.toMatchObject({ code: 'kafka_unavailable', retry: 'backoff' });
    expect(sink.stats()).toMatchObject({ connected: false, pending: 0 });
    await kafka.create(missing, 1);
    await sink.publish([{ topic: missing, key: null, value: null, headers: [] }]);
    expect(sink.stats()).toMatchObject({ connected: true, lastError: null });
    await sink.stop(1_000);
    await expect(sink.publish([{ topic, key: null, value: null, headers: [] }])).rejects.toMatchObject({
      code: 'kafka_unavailable',
    });
  });

  it('is never left out in silence because its partition is new', async () => {
    const topic = await kafka.topic(1);
    const sink = createSink({
      connection: kafka.connection,
      clock: systemClock,
      logger: silentLogger,
      deliveryTimeoutMs: 1_500,
    });
    const record = { topic, partition: 1, key: null, value: null, headers: [] };
    await expect(sink.publish([record])).rejects.toMatchObject({ code: 'kafka_unavailable' });
    await sink.stop(1_000);
  });
});

describe('asking the cluster', () => {
  it('creates what is missing, once, and says what it created', async () => {
    const topics = [1, 2].map((number) => ({
      topic: `ensured-${number}-${randomUUID()}`,
      partitions: number,
      replication: 1,
      retentionMs: 3_600_000,
      minIsr: 1,
    }));
    const names = topics.map(({ topic }) => topic);
    await expect(kafka.admin.ensureTopics(topics, false)).rejects.toThrow(TopicsMissingError);
    await expect(kafka.admin.ensureTopics(topics, false)).rejects.toMatchObject({ topics: names });
    expect(await kafka.admin.ensureTopics(topics, true)).toEqual({ created: names });
    expect(await kafka.admin.ensureTopics(topics, true)).toEqual({ created: [] });
    expect(await kafka.admin.ensureTopics(topics, false)).toEqual({ created: [] });
    expect(await kafka.admin.offsets(names[1] ?? '')).toEqual([
      { partition: 0, low: 0n, high: 0n },
      { partition: 1, low: 0n, high: 0n },
    ]);
    expect(await kafka.admin.topicNames()).toEqual(expect.arrayContaining(names));
  });

  it('lets two instances that start together create the same topic', async () => {
    const other = new KafkaTest(inject('brokers'));
    const topics = [
      { topic: `raced-${randomUUID()}`, partitions: 1, replication: 1, retentionMs: null, minIsr: null },
    ];
    await Promise.all([kafka.admin.ensureTopics(topics, true), other.admin.ensureTopics(topics, true)]);
    await other.end();
  });

  it('says why a topic cannot be created', async () => {
    const impossible = {
      topic: `raced-${randomUUID()}`,
      partitions: 1,
      replication: 99,
      retentionMs: null,
      minIsr: null,
    };
    await expect(kafka.admin.ensureTopics([impossible], true)).rejects.toThrow(/creating .*[Rr]eplication/);
  });

  it('reads ranges, single records and times without a group', async () => {
    const topic = await kafka.topic(2);
    await kafka.fill(topic, 2, 3_000);
    const before = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await kafka.fill(topic, 2, 10, 3_000);
    expect(await read(topic, 0, 100n, 110n)).toMatchObject(
      range(100, 110).map((offset) => ({ topic, partition: 0, offset: BigInt(offset) })),
    );
    expect(await read(topic, 1, 1_490n)).toHaveLength(15);
    expect(await read(topic, 1, 5_000n, 6_000n)).toEqual([]);
    expect(String((await kafka.admin.fetchOne(topic, 1, 7n))?.value)).toBe('15');
    expect(await kafka.admin.fetchOne(topic, 1, 5_000n)).toBeNull();
    expect(await kafka.admin.fetchOne(topic, 9, 0n)).toBeNull();
    const ends = [0, 1].map((partition) => ({ partition, offset: 1_505n }));
    const times = await kafka.admin.offsetsAt(topic, before + 25);
    expect(times).toEqual([0, 1].map((partition) => ({ partition, offset: 1_500n })));
    expect(await kafka.admin.offsetsAt(topic, Date.now() + 60_000)).toEqual(ends);
    await expect(kafka.admin.offsets(`no-${randomUUID()}`)).rejects.toThrow(TopicsMissingError);
  });

  it('ends before an open transaction, whose records do not exist yet', async () => {
    const topic = await kafka.topic(1);
    const producer = await kafka.transactionalProducer();
    await kafka.fill(topic, 1, 3);
    const transaction = await producer.transaction();
    await transaction.send({
      topic,
      messages: [{ key: null, value: Buffer.from('open'), headers: [] as never }],
    });
    expect(await read(topic)).toHaveLength(3);
    expect(await kafka.admin.fetchOne(topic, 0, 3n)).toBeNull();
    await transaction.commit();
    await producer.disconnect();
    // The broker writes down that it is settled some time after it has promised to.
    await expect.poll(() => kafka.admin.fetchOne(topic, 0, 3n)).toMatchObject({ value: Buffer.from('open') });
  });

  it('reads 40 MB with little more memory than one fetch takes', async () => {
    const topic = await kafka.topic(1);
    const value = Buffer.alloc(2_000, 'x');
    for (let round = 0; round < 20; round++) {
      await kafka.sink.publish(range(0, 1_000).map(() => ({ topic, key: null, value, headers: [] })));
    }
    collectGarbage();
    const start = process.memoryUsage().arrayBuffers;
    const held: number[] = [];
    let count = 0;
    for await (const record of kafka.admin.readRange(topic, 0, 0n, 20_000n)) {
      if (record.offset !== BigInt(count)) throw new Error(`offset ${record.offset} at place ${count}`);
      count += 1;
      if (count % 1_000 !== 0) continue;
      collectGarbage();
      held.push(process.memoryUsage().arrayBuffers - start);
    }
    expect(count).toBe(20_000);
    // A collection may come a moment late, but whoever kept what was read would never get this low again.
    expect(Math.min(...held.slice(-6))).toBeLessThan(10_000_000);
  });
});
