import { createHook } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { AssignedPartition, PartitionPosition, RecordBatch } from '../../src/kafka/source-types.ts';
import { all, KafkaTest, range, Reader, until } from './kafka-setup.ts';

let kafka: KafkaTest;
beforeAll(() => {
  kafka = new KafkaTest(inject('brokers'));
});
afterAll(() => kafka.end());

describe('a source', () => {
  it('delivers every record, in order within its partition, and commits to the end', async () => {
    const topic = await kafka.topic(3);
    await kafka.fill(topic, 3, 3_000);
    const reader = new Reader();
    const groupId = `group-${randomUUID()}`;
    const source = kafka.source(reader, { groupId, topics: [{ topic, start: 'earliest' }], maxBatch: 70 });
    await until('all records', () => reader.records.length >= 3_000);
    expect(reader.numbers()).toEqual(range(0, 3_000));
    expect(reader.records).toHaveLength(3_000);
    for (const partition of [0, 1, 2]) {
      const offsets = reader.records
        .filter((record) => record.partition === partition)
        .map(({ offset }) => offset);
      expect(offsets).toEqual(range(0, 1_000).map(BigInt));
    }
    const ends = [0, 1, 2].map((partition) => ({ partition, offset: 1_000n }));
    await until('commits', async () =>
      (await kafka.admin.committed(groupId, topic)).every(({ offset }) => offset === 1_000n),
    );
    expect(await kafka.admin.committed(groupId, topic)).toEqual(ends);
    const stats = source.stats();
    expect(stats).toMatchObject({ connected: true, joined: true, missingTopics: [], lastError: null });
    expect(stats.partitions.map(({ lag }) => lag)).toEqual([0n, 0n, 0n]);
  });

  it('hands a partition over to the next one without losing or repeating anything', async () => {
    const topic = await kafka.topic(2);
    const options = { groupId: `group-${randomUUID()}`, topics: [{ topic, start: 'earliest' as const }] };
    await kafka.fill(topic, 2, 500);
    const first = new Reader();
    const stopped = kafka.source(first, options);
    await until('some records', () => first.records.length > 0);
    expect(await stopped.stop(5_000)).toEqual({ drained: true });
    await kafka.fill(topic, 2, 500, 500);
    const second = new Reader();
    kafka.source(second, options);
    await until('the rest', () => first.records.length + second.records.length >= 1_000);
    expect([...first.numbers(), ...second.numbers()].sort((a, b) => a - b)).toEqual(range(0, 1_000));
  });

  it('waits at a stop for the handler at work and commits what it did', async () => {
    const topic = await kafka.topic(1);
    await kafka.fill(topic, 1, 10);
    const groupId = `group-${randomUUID()}`;
    const working = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    let aborted = false;
    class Slow extends Reader {
      override async onBatch(batch: RecordBatch) {
        working.resolve();
        await release.promise;
        aborted = batch.signal.aborted;
        return super.onBatch(batch);
      }
    }
    const source = kafka.source(new Slow(), { groupId, topics: [{ topic, start: 'earliest' }], maxBatch: 4 });
    await working.promise;
    const stopped = source.stop(5_000);
    release.resolve();
    expect(await stopped).toEqual({ drained: true });
    expect(aborted).toBe(true);
    expect(await kafka.admin.committed(groupId, topic)).toEqual([{ partition: 0, offset: 4n }]);
  });

  it('gives up waiting for a handler that does not end, and does not commit its records', async () => {
    const topic = await kafka.topic(1);
    await kafka.fill(topic, 1, 10);
    const groupId = `group-${randomUUID()}`;
    const working = Promise.withResolvers<void>();
    const stuck = {
      onBatch: (): Promise<never> => {
        working.resolve();
        return new Promise(() => undefined);
      },
    };
    const source = kafka.source(new Reader(), {
      groupId,
      topics: [{ topic, start: 'earliest' }],
      handler: stuck,
    });
    await working.promise;
    expect(await source.stop(300)).toEqual({ drained: false });
    expect(await kafka.admin.committed(groupId, topic)).toEqual([{ partition: 0, offset: 0n }]);
  });

  it('lets a partition wait whose handler throws, while the others go on', async () => {
    const topic = await kafka.topic(2);
    await kafka.fill(topic, 2, 100);
    let broken = true;
    class Half extends Reader {
      override async onBatch(batch: RecordBatch) {
        if (batch.partition === 0 && broken) throw new Error('the ledger is down');
        return super.onBatch(batch);
      }
    }
    const reader = new Half();
    const source = kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
    await until('the other partition', () => reader.records.length === 50);
    await kafka.fill(topic, 2, 100, 100);
    await until('more of the other partition', () => reader.records.length === 100);
    expect(reader.records.every(({ partition }) => partition === 1)).toBe(true);
    expect(source.stats().partitions.find(({ partition }) => partition === 0)?.failures).toBeGreaterThan(0);
    broken = false;
    await until('the partition that waited', () => reader.records.length === 200);
    expect(reader.numbers()).toEqual(range(0, 200));
    expect(reader.crashes).toEqual([]);
  });

  it('pauses one partition or all, and goes on where it was', async () => {
    const topic = await kafka.topic(2);
    const reader = new Reader();
    const source = kafka.source(reader, { topics: [{ topic, start: 'earliest' }], lookEveryMs: 500 });
    source.pause({ topic, partition: 0 });
    await until('the assignment', () => source.stats().partitions.length === 2);
    await kafka.fill(topic, 2, 100);
    await until('the open partition', () => reader.records.length === 50);
    source.pause();
    await kafka.fill(topic, 2, 100, 100);
    await until('the lag', () => source.stats().partitions.every(({ lag }) => lag !== null && lag > 0n));
    expect(reader.records).toHaveLength(50);
    source.resume();
    await until('the open partition again', () => reader.records.length === 100);
    source.resume({ topic, partition: 0 });
    await until('everything', () => reader.records.length === 200);
    expect(reader.numbers()).toEqual(range(0, 200));
  }, 40_000);

  it('begins where the handler says, before the first record is delivered', async () => {
    const topic = await kafka.topic(2);
    await kafka.fill(topic, 2, 100);
    const groupId = `group-${randomUUID()}`;
    const told: AssignedPartition[] = [];
    class Positioned extends Reader {
      async onAssigned(partitions: readonly AssignedPartition[]): Promise<PartitionPosition[]> {
        expect(this.records).toEqual([]);
        told.push(...partitions);
        return Promise.resolve([{ topic, partition: 1, offset: 45n }]);
      }
    }
    const reader = new Positioned();
    kafka.source(reader, { groupId, topics: [{ topic, start: 'earliest' }] });
    await until('the records', () => reader.records.length >= 55);
    const topicId = told[0]?.topicId;
    expect(topicId).toMatch(/^[0-9a-f]{32}$/);
    expect(told.sort((a, b) => a.partition - b.partition)).toEqual([
      { topic, topicId, partition: 0, committed: null, low: 0n, high: 50n },
      { topic, topicId, partition: 1, committed: null, low: 0n, high: 50n },
    ]);
    expect(reader.records.filter(({ partition }) => partition === 1).map(({ offset }) => offset)).toEqual([
      45n,
      46n,
      47n,
      48n,
      49n,
    ]);
    expect(reader.records).toHaveLength(55);
  });

  it('waits while the handler cannot say where to begin', async () => {
    const topic = await kafka.topic(1);
    await kafka.fill(topic, 1, 10);
    let asked = 0;
    class LateLedger extends Reader {
      async onAssigned(): Promise<PartitionPosition[]> {
        asked += 1;
        if (asked < 3) return Promise.reject(new Error('the ledger is down'));
        return Promise.resolve([{ topic, partition: 0, offset: 7n }]);
      }
    }
    const reader = new LateLedger();
    kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
    await until('the records', () => reader.records.length >= 3);
    expect(reader.records.map(({ offset }) => offset)).toEqual([7n, 8n, 9n]);
  });

  it('begins at the configured end when there is no position, or none that the log holds', async () => {
    const topic = await kafka.topic(1);
    await kafka.fill(topic, 1, 10);
    class Beyond extends Reader {
      onAssigned = (): Promise<PartitionPosition[]> =>
        Promise.resolve([{ topic, partition: 0, offset: 999n }]);
    }
    const earliest = new Beyond();
    const latest = new Beyond();
    const plain = new Reader();
    const sources = [
      kafka.source(earliest, { topics: [{ topic, start: 'earliest' }] }),
      kafka.source(latest, { topics: [{ topic, start: 'latest' }] }),
      kafka.source(plain, { topics: [{ topic, start: 'latest' }] }),
    ];
    await until('positions', () => sources.every((one) => one.stats().partitions[0]?.position != null));
    await kafka.fill(topic, 1, 5, 10);
    await until(
      'new records',
      () => latest.records.length >= 5 && plain.records.length >= 5 && earliest.records.length >= 15,
    );
    expect(earliest.numbers()).toEqual(range(0, 15));
    expect(latest.numbers()).toEqual(range(10, 15));
    expect(plain.numbers()).toEqual(range(10, 15));
  });

  it('keeps its place from the start on, so that `latest` loses nothing that comes while it is down', async () => {
    const topic = await kafka.topic(1);
    const options = { groupId: `group-${randomUUID()}`, topics: [{ topic, start: 'latest' as const }] };
    await kafka.fill(topic, 1, 10);
    const idle = new Reader();
    const source = kafka.source(idle, options);
    await until('the first commit', () => idle.committed.size === 1);
    await source.stop(1_000);
    await kafka.fill(topic, 1, 5, 10);
    const reader = new Reader();
    kafka.source(reader, options);
    await until('what came meanwhile', () => reader.records.length >= 5);
    expect(reader.numbers()).toEqual(range(10, 15));
  });

  it('is told by the broker about control records and moves over them to the very end', async () => {
    const topic = await kafka.topic(1);
    const producer = await kafka.transactionalProducer();
    const headers = [] as never;
    for (const outcome of ['commit', 'abort', 'commit'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ key: null, value: Buffer.from(outcome), headers }] });
      await transaction[outcome]();
    }
    await producer.disconnect();
    const reader = new Reader();
    kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
    // A record and a control record for each. The broker answers a commit before it has written the control record:
    // asked for the end right away, it may name the one before the last transaction.
    const end = 6n;
    await until('the end', () => reader.committed.get(`${topic}/0`) === end);
    expect(reader.records.map(({ value }) => String(value))).toEqual(['commit', 'commit']);
    expect((await kafka.admin.offsets(topic)).map(({ high }) => high)).toEqual([end]);
  });

  it('reads a record of 10 MB although other partitions never run dry', async () => {
    const topic = await kafka.topic(2);
    const large = Buffer.alloc(10_000_000, 'x');
    await kafka.fill(topic, 1, 20_000);
    await kafka.sink.publish([{ topic, partition: 1, key: null, value: large, headers: [] }]);
    const reader = new Reader();
    const traffic = { wanted: true };
    const flood = (async () => {
      while (traffic.wanted) await kafka.fill(topic, 1, 500);
    })();
    kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
    await until('the large record', () => reader.records.some(({ partition }) => partition === 1));
    traffic.wanted = false;
    await flood;
    expect(reader.records.find(({ partition }) => partition === 1)?.value?.equals(large)).toBe(true);
  });

  it('sleeps while nothing comes: no timers that run in circles, no warnings of Node about them', async () => {
    const topic = await kafka.topic(3);
    const reader = new Reader();
    const source = kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
    await until('it reads', () => source.stats().connected);
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', listen);
    let timers = 0;
    const hook = createHook({
      init(_id, type) {
        if (type === 'Timeout') timers += 1;
      },
    }).enable();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    hook.disable();
    process.off('warning', listen);
    expect(warnings).toEqual([]);
    // The library unmended arms a thousand a second.
    expect(timers).toBeLessThan(100);
  });

  it('delivers again what the handler has not taken', async () => {
    const topic = await kafka.topic(1);
    await kafka.fill(topic, 1, 100);
    class Half extends Reader {
      override async onBatch(batch: RecordBatch) {
        await super.onBatch(batch);
        const middle = batch.records[Math.floor(batch.records.length / 2)];
        return batch.records.length === 1 || middle === undefined
          ? all(batch)
          : { processedTo: middle.offset };
      }
    }
    const reader = new Half();
    kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
    await until('the end', () => reader.committed.get(`${topic}/0`) === 100n);
    expect(reader.numbers()).toEqual(range(0, 100));
  });
});
