import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { PartitionPosition, RecordBatch, Source } from '../../src/kafka/source-types.ts';
import { KafkaTest, range, Reader, until } from './kafka-setup.ts';

let kafka: KafkaTest;
beforeAll(() => {
  kafka = new KafkaTest(inject('brokers'));
});
afterAll(() => kafka.end());

/** Knows, across all members of a group, who works on which partition, and what was ever committed. */
class Watch {
  readonly working = new Map<string, number>();
  readonly overlaps: string[] = [];
  readonly backwards: string[] = [];
  readonly ahead: string[] = [];
  readonly done = new Map<string, bigint>();
  readonly #committed = new Map<string, bigint>();

  enter(key: string): void {
    const now = (this.working.get(key) ?? 0) + 1;
    this.working.set(key, now);
    if (now > 1) this.overlaps.push(key);
  }

  leave(key: string, processedTo: bigint): void {
    this.working.set(key, (this.working.get(key) ?? 1) - 1);
    if (processedTo > (this.done.get(key) ?? 0n)) this.done.set(key, processedTo);
  }

  commit({ topic, partition, offset }: PartitionPosition): void {
    const key = `${topic}/${partition}`;
    if (offset < (this.#committed.get(key) ?? 0n)) this.backwards.push(`${key} ${offset}`);
    if (offset > (this.done.get(key) ?? 0n)) this.ahead.push(`${key} ${offset}`);
    this.#committed.set(key, offset);
  }
}

class Member extends Reader {
  readonly watch: Watch;
  readonly workMs: number;
  revocations = 0;

  constructor(watch: Watch, workMs: number) {
    super();
    this.watch = watch;
    this.workMs = workMs;
  }

  override async onBatch(batch: RecordBatch) {
    const key = `${batch.topic}/${batch.partition}`;
    this.watch.enter(key);
    await new Promise((resolve) => setTimeout(resolve, this.workMs));
    const answer = await super.onBatch(batch);
    this.watch.leave(key, answer.processedTo);
    return answer;
  }

  override onCommitted(positions: readonly PartitionPosition[]): void {
    super.onCommitted(positions);
    for (const position of positions) this.watch.commit(position);
  }

  onRevoked(): void {
    this.revocations += 1;
  }
}

describe('members of a group', () => {
  it('share the partitions, hand them over drained, and lose nothing while members come and go', async () => {
    const topic = await kafka.topic(6);
    const options = {
      groupId: `group-${randomUUID()}`,
      topics: [{ topic, start: 'earliest' as const }],
      maxBatch: 20,
    };
    const watch = new Watch();
    const readers: Member[] = [];
    const join = (): Source => {
      const reader = new Member(watch, 15);
      readers.push(reader);
      return kafka.source(reader, options);
    };
    let sent = 0;
    const traffic = { wanted: true };
    const fill = (async () => {
      while (traffic.wanted) {
        await kafka.fill(topic, 6, 120, sent);
        sent += 120;
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    })();
    const steady = join();
    await until('the first member reads', () => (readers[0]?.records.length ?? 0) > 200);
    for (let round = 0; round < 4; round++) {
      const visitor = join();
      const reader = readers.at(-1);
      await until('the visitor reads', () => (reader?.records.length ?? 0) > 100);
      expect(visitor.stats().partitions).toHaveLength(3);
      expect(await visitor.stop(5_000)).toEqual({ drained: true });
      await until('the steady member has all again', () => steady.stats().partitions.length === 6);
    }
    traffic.wanted = false;
    await fill;
    const numbers = (): number[] =>
      [...new Set(readers.flatMap((reader) => reader.numbers()))].sort((a, b) => a - b);
    await until('everything', () => numbers().length === sent);
    expect(numbers()).toEqual(range(0, sent));
    await until('the last commits', async () => {
      const committed = await kafka.admin.committed(options.groupId, topic);
      return committed.every(({ offset }) => offset === BigInt(sent / 6));
    });
    expect(watch.overlaps).toEqual([]);
    expect(watch.ahead).toEqual([]);
    expect(watch.backwards).toEqual([]);
    expect(readers[0]?.revocations).toBeGreaterThanOrEqual(8);
  }, 90_000);

  it('survive a storm of joins and leaves with nothing lost', async () => {
    const topic = await kafka.topic(4);
    const options = {
      groupId: `group-${randomUUID()}`,
      topics: [{ topic, start: 'earliest' as const }],
      maxBatch: 10,
    };
    const watch = new Watch();
    const readers = range(0, 6).map(() => new Member(watch, 5));
    await kafka.fill(topic, 4, 4_000);
    const sources = readers.map((reader) => kafka.source(reader, options));
    for (const source of sources.slice(1)) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await source.stop(5_000);
    }
    const numbers = (): number => new Set(readers.flatMap((reader) => reader.numbers())).size;
    await until('everything', () => numbers() === 4_000, 60_000);
    expect(watch.overlaps).toEqual([]);
    expect(watch.ahead).toEqual([]);
    expect(readers.flatMap(({ crashes, stalls }) => [...crashes, ...stalls])).toEqual([]);
  }, 90_000);

  it('with different subscriptions leave no partition unread, whoever leads', async () => {
    const [common, added] = [await kafka.topic(2), await kafka.topic(2)];
    const groupId = `group-${randomUUID()}`;
    const [older, newer] = [new Reader(), new Reader()];
    kafka.source(older, { groupId, topics: [{ topic: common, start: 'earliest' }] });
    await kafka.fill(common, 2, 10);
    await until('the older one reads', () => older.records.length === 10);
    const both = [common, added].map((topic) => ({ topic, start: 'earliest' as const }));
    kafka.source(newer, { groupId, topics: both });
    await kafka.fill(added, 2, 10, 10);
    await kafka.fill(common, 2, 10, 20);
    await until('everything is read', () => older.numbers().length + newer.numbers().length === 30);
    expect(older.records.every(({ topic }) => topic === common)).toBe(true);
  });

  it('are taken back at once after a SIGKILL when they know their old name, and not only after the session', async () => {
    const topic = await kafka.topic(1);
    const groupId = `group-${randomUUID()}`;
    const script = fileURLToPath(new URL('./kafka-victim.ts', import.meta.url));
    const victim = spawn(process.execPath, [script, kafka.connection.brokers.join(','), topic, groupId], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [told] = (await once(victim.stdout, 'data')) as [Buffer];
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    await kafka.fill(topic, 1, 10);
    const reader = new Reader();
    const began = Date.now();
    kafka.source(reader, {
      groupId,
      topics: [{ topic, start: 'earliest' }],
      sessionTimeoutMs: 45_000,
      previousMemberId: String(told).trim(),
    });
    await until('the records', () => reader.records.length === 10);
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  it('join as new ones when the broker does not know the old name any more', async () => {
    const topic = await kafka.topic(1);
    await kafka.fill(topic, 1, 10);
    const reader = new Reader();
    kafka.source(reader, {
      topics: [{ topic, start: 'earliest' }],
      previousMemberId: `gone-${randomUUID()}`,
    });
    await until('the records', () => reader.records.length === 10);
    expect(reader.crashes).toEqual([]);
  });

  it('do not wait for ever for a handler that is stuck, and never commit what it answers too late', async () => {
    const topic = await kafka.topic(2);
    await kafka.fill(topic, 2, 20);
    const release = Promise.withResolvers<void>();
    class Stuck extends Reader {
      override async onBatch(batch: RecordBatch) {
        if (batch.partition === 0) await release.promise;
        return super.onBatch(batch);
      }
    }
    const options = {
      groupId: `group-${randomUUID()}`,
      topics: [{ topic, start: 'earliest' as const }],
      drainTimeoutMs: 1_000,
    };
    const stuck = new Stuck();
    const first = kafka.source(stuck, options);
    await until('the handler is stuck', () => first.stats().partitions.some(({ busyMs }) => busyMs > 0));
    const reader = new Reader();
    const second = kafka.source(reader, options);
    await until(
      'both have a partition',
      () => second.stats().partitions.length === 1 && first.stats().partitions.length === 1,
    );
    const taken = second.stats().partitions[0]?.partition;
    if (taken === 0) await until('the other member reads the partition', () => reader.records.length === 10);
    release.resolve();
    await until('everything is done', async () => {
      const committed = await kafka.admin.committed(options.groupId, topic);
      return committed.every(({ offset }) => offset === 10n);
    });
    expect([...new Set([...stuck.numbers(), ...reader.numbers()])].sort((a, b) => a - b)).toEqual(
      range(0, 20),
    );
  });
});
