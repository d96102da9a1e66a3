import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startStack, type Stack } from '../../dev/stack/stack.ts';
import { KafkaTest, range, Reader, until } from './kafka-setup.ts';

/** These tests stop and freeze their broker, so they have one of their own. */
let stack: Stack;
let kafka: KafkaTest;
beforeAll(async () => {
  const env = { ...process.env, KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: inject('registryUrl') };
  stack = await startStack({ env, say: () => undefined });
  kafka = new KafkaTest(stack.brokers);
});
afterAll(async () => {
  await kafka.end();
  await stack.stop();
});

/** Publishes number after number for as long as it is wanted, each until it is confirmed. */
function publishing(topic: string, partitions: number) {
  const state = { sent: 0, failures: 0, wanted: true };
  const done = (async () => {
    while (state.wanted) {
      try {
        await kafka.fill(topic, partitions, 10, state.sent);
        state.sent += 10;
      } catch {
        state.failures += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const stop = async (): Promise<number> => {
    state.wanted = false;
    await done;
    return state.sent;
  };
  return { state, stop };
}

const seconds = (count: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, count * 1_000));

describe('an outage of the broker', () => {
  it('of ten seconds loses nothing, costs next to nothing, and is over soon after the broker is back', async () => {
    const topic = await kafka.topic(2);
    const groupId = `group-${randomUUID()}`;
    const reader = new Reader();
    const source = kafka.source(reader, { groupId, topics: [{ topic, start: 'earliest' }] });
    const { state, stop } = publishing(topic, 2);
    await until('records before', () => reader.records.length > 100);
    await stack.kafka.stop();
    await until('the outage is seen', () => !source.stats().connected);
    const cpu = process.cpuUsage();
    await seconds(10);
    const { user, system } = process.cpuUsage(cpu);
    expect(source.stats().lastError).toMatch(/reading from Kafka/);
    const before = reader.records.length;
    await stack.kafka.start();
    const back = Date.now();
    await until('records after', () => reader.records.length > before + 100);
    expect(Date.now() - back).toBeLessThan(10_000);
    await until('the source is well', () => source.stats().connected);
    const sent = await stop();
    await until('everything', () => reader.numbers().length === sent);
    expect(reader.numbers()).toEqual(range(0, sent));
    expect(state.sent).toBeGreaterThan(200);
    await until('the commits', async () => {
      const ends = await kafka.admin.offsets(topic);
      const committed = await kafka.admin.committed(groupId, topic);
      return ends.every(
        ({ partition, high }) => committed.find((one) => one.partition === partition)?.offset === high,
      );
    });
    expect(reader.crashes).toEqual([]);
    // Two of ten seconds would be a busy loop; a healthy client takes some hundredths.
    expect((user + system) / 1e6).toBeLessThan(2);
  }, 120_000);

  it('by SIGKILL loses nothing that was confirmed', async () => {
    const topic = await kafka.topic(2);
    const reader = new Reader();
    const source = kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
    const { stop } = publishing(topic, 2);
    await until('records before', () => reader.records.length > 100, 60_000);
    await stack.kafka.kill();
    await seconds(1);
    await stack.kafka.start();
    const before = reader.records.length;
    await until('records after', () => reader.records.length > before + 100, 60_000);
    const sent = await stop();
    await until('everything', () => reader.numbers().length === sent, 60_000);
    expect(reader.numbers()).toEqual(range(0, sent));
    expect(source.stats().connected).toBe(true);
    expect(reader.crashes).toEqual([]);
  }, 180_000);

  it('that gives no sign at all, not even of its end, is noticed and overcome', async () => {
    const { pid } = stack.kafka;
    if (pid === null) return;
    const topic = await kafka.topic(1);
    const reader = new Reader();
    const source = kafka.source(reader, {
      topics: [{ topic, start: 'earliest' }],
      stallAfterMs: 3_000,
      lookEveryMs: 500,
    });
    const { stop } = publishing(topic, 1);
    await until('records before', () => reader.records.length > 100);
    process.kill(pid, 'SIGSTOP');
    try {
      await until('the stall is reported', () => reader.stalls.length > 0);
      expect(reader.stalls[0]).toMatchObject({ kind: 'fetch', partition: null });
      expect(source.stats().connected).toBe(false);
      await seconds(6);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const before = reader.records.length;
    await until('records after', () => reader.records.length > before + 50, 60_000);
    const sent = await stop();
    await until('everything', () => reader.numbers().length === sent, 60_000);
    expect(reader.numbers()).toEqual(range(0, sent));
    expect(reader.crashes).toEqual([]);
  }, 180_000);

  it('keeps a source neither from stopping nor from starting', async () => {
    const topic = await kafka.topic(1);
    await kafka.fill(topic, 1, 10);
    const stopping = new Reader();
    const running = kafka.source(stopping, { topics: [{ topic, start: 'earliest' }] });
    await until('the records', () => stopping.records.length === 10);
    await stack.kafka.stop();
    await until('the outage is seen', () => !running.stats().connected);
    const began = Date.now();
    await running.stop(3_000);
    expect(Date.now() - began).toBeLessThan(9_000);
    const reader = new Reader();
    const source = kafka.source(reader, { topics: [{ topic, start: 'earliest' }] });
    await until('the failure shows', () => source.stats().lastError !== null);
    await stack.kafka.start();
    await until('the records', () => reader.records.length === 10);
    expect(reader.crashes).toEqual([]);
  }, 120_000);
});
