/** What operators do to topics, seen by the intake with its ledger: nothing is passed over, and nothing taken twice. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createEventDecoder } from '../../src/events/decoder.ts';
import type { IntakeRules } from '../../src/intake/intake-types.ts';
import { createIntake } from '../../src/intake/intake.ts';
import { kafkajs } from '../../src/kafka/kafkajs.ts';
import type { Source, StartAt } from '../../src/kafka/source-types.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { aPlanned } from '../fakes/builders.ts';
import { TempLedger } from '../fakes/temp-ledger.ts';
import { KafkaTest, range, Reader, until } from './kafka-setup.ts';

let kafka: KafkaTest;
let library: ReturnType<InstanceType<typeof kafkajs.Kafka>['admin']>;
let temp: TempLedger;
let ledger: Ledger;

beforeAll(async () => {
  kafka = new KafkaTest(inject('brokers'));
  const brokers = [...kafka.connection.brokers];
  library = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await library.connect();
});
afterAll(async () => {
  await library.disconnect();
  await kafka.end();
});
beforeEach(async () => {
  temp = new TempLedger(systemClock);
  ledger = await temp.open();
});
afterEach(() => temp.dispose());

/** Every event makes one notification, whose text is the number that the event was published with. */
const rules: IntakeRules = {
  hash: 'c0ffee',
  couldMatch: () => true,
  reading: () => ({ format: 'json', identity: null }),
  plan: ({ data }) => ({
    notifications: [aPlanned({ text: String(data) })],
    signals: [],
    configHash: 'c0ffee',
  }),
  planRoute: () => null,
  planSignals: () => ({ notifications: [], signals: [], configHash: 'c0ffee' }),
};

/** One life of the service's reading. */
function read(topic: string, groupId: string, start: StartAt = 'earliest'): Source {
  const intake = createIntake({
    group: groupId,
    ledger,
    decoder: createEventDecoder(null),
    rules: () => rules,
    clock: systemClock,
    logger: silentLogger,
    observer: { batch: () => undefined },
  });
  const reader = Object.assign(new Reader(), {
    onBatch: (batch: Parameters<typeof intake.process>[0]) => intake.process(batch),
    onAssigned: (partitions: Parameters<typeof intake.assigned>[0]) => intake.assigned(partitions),
    beforeCommit: (positions: Parameters<typeof intake.beforeCommit>[0]) => intake.beforeCommit(positions),
    onCommitted: (positions: Parameters<typeof intake.committed>[0]) => {
      intake.committed(positions);
    },
  });
  return kafka.source(reader, { groupId, topics: [{ topic, start }], lookEveryMs: 300 });
}

async function untilTaken(what: string, count: number): Promise<void> {
  await until(what, async () => (await ledger.read((tx) => tx.pendingCount())) >= count);
}

/** The numbers of all events that were taken, each as often as it was. */
async function taken(): Promise<number[]> {
  const due = { app: 'default', now: systemClock.now(), limit: 1_000 };
  const notifications = await ledger.write((tx) => tx.takeDue(due));
  const numbers = notifications.map(({ message }) => {
    const { text } = JSON.parse(message?.body ?? '') as { text: { content: string } };
    return Number(text.content);
  });
  return numbers.sort((one, other) => one - other);
}

async function createAnew(topic: string, records: number, first: number): Promise<void> {
  await library.deleteTopics({ topics: [topic] });
  await until('the topic is gone', async () => !(await kafka.admin.topicNames()).includes(topic));
  await kafka.create(topic, 1);
  await kafka.fill(topic, 1, records, first);
}

it.each<[string, number, StartAt]>([
  ['shorter than the old one', 5, 'earliest'],
  ['longer than the old one', 25, 'earliest'],
  ['read with start: latest', 25, 'latest'],
])(
  'a topic that was created anew while nobody read it, %s: all of it is taken',
  async (_what, count, start) => {
    const [topic, groupId] = [await kafka.topic(1), `group-${randomUUID()}`];
    const first = read(topic, groupId);
    await kafka.fill(topic, 1, 10);
    await untilTaken('the first life', 10);
    await first.stop(2_000);
    await createAnew(topic, count, 100);
    read(topic, groupId, start);
    await untilTaken('the second life', 10 + count);
    expect(await taken()).toEqual([...range(0, 10), ...range(100, 100 + count)]);
  },
);

it('a topic that is created anew while it is read: all of it is taken, once', async () => {
  const [topic, groupId] = [await kafka.topic(1), `group-${randomUUID()}`];
  read(topic, groupId);
  await kafka.fill(topic, 1, 10);
  await untilTaken('the first life', 10);
  await createAnew(topic, 25, 100);
  await untilTaken('the second life', 35);
  await kafka.fill(topic, 1, 5, 200);
  await untilTaken('what comes later', 40);
  expect(await taken()).toEqual([...range(0, 10), ...range(100, 125), ...range(200, 205)]);
});

it('a group that was deleted: reading goes on where the ledger stands', async () => {
  const [topic, groupId] = [await kafka.topic(1), `group-${randomUUID()}`];
  const first = read(topic, groupId);
  await kafka.fill(topic, 1, 10);
  await untilTaken('the first records', 10);
  await first.stop(2_000);
  await library.deleteGroups([groupId]);
  await kafka.fill(topic, 1, 5, 10);
  read(topic, groupId, 'latest');
  await untilTaken('the rest', 15);
  expect(await taken()).toEqual(range(0, 15));
});

it('records that were deleted before they were read: reading goes on behind them', async () => {
  const [topic, groupId] = [await kafka.topic(1), `group-${randomUUID()}`];
  const first = read(topic, groupId);
  await kafka.fill(topic, 1, 10);
  await untilTaken('the first records', 10);
  await first.stop(2_000);
  await kafka.fill(topic, 1, 30, 10);
  await library.fetchTopicOffsets(topic);
  await library.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '20' }] });
  read(topic, groupId);
  await untilTaken('the rest', 30);
  expect(await taken()).toEqual([...range(0, 10), ...range(20, 40)]);
});
