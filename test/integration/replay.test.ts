/** `dingbus replay` over Kafka itself: read without a group, decoded through the registry, recorded and read back. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { kafkajs } from '../../src/kafka/kafkajs.ts';
import { createRegistry } from '../../src/registry/registry.ts';
import { run, type Ran } from '../unit/cli/command.ts';
import { KafkaTest } from './kafka-setup.ts';

let kafka: KafkaTest;
let folder: string;
let topic: string;
const group = `replay-${randomUUID()}`;
const perPartition = 300;

beforeAll(async () => {
  kafka = new KafkaTest(inject('brokers'));
  topic = await kafka.topic(2, 'replay');
  folder = mkdtempSync(join(tmpdir(), 'dingbus-replay-'));
  configure('now', 100);
  configure('new', 90);
  const registry = createRegistry({
    ...{ url: inject('registryUrl'), auth: null, tls: null, timeoutMs: 10_000 },
    ...{ clock: systemClock, logger: silentLogger },
  });
  const schema = { type: 'record', name: 'Count', namespace: 'test', fields: [{ name: 'n', type: 'long' }] };
  const writer = registry.writerFor(`${topic}-value`, JSON.stringify(schema));
  const headers = [
    { key: 'x', value: null },
    { key: 'x', value: Buffer.from('é') },
  ];
  for (const partition of [0, 1]) {
    const numbers = Array.from({ length: perPartition }, (_, index) => BigInt(index * 2 + partition));
    const records = numbers.map(async (n) => ({
      topic,
      partition,
      key: null,
      value: await writer.write({ n }),
      headers,
    }));
    await kafka.sink.publish(await Promise.all(records));
  }
  await kafka.sink.publish([{ topic, partition: 0, key: null, value: null, headers: [] }]);
  await registry.close();
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await kafka.end();
});

function configure(name: string, least: number): void {
  mkdirSync(join(folder, name, 'routes'), { recursive: true });
  writeFileSync(
    join(folder, name, 'dingbus.yaml'),
    `kafka: { brokers: "${inject('brokers')}", group_id: ${group} }
schema_registry: { url: "${inject('registryUrl')}" }
store: "sqlite:${join(folder, 'ledger.db')}"
dingtalk: { apps: { default: { app_key: key, app_secret: "\${NOPE:-none}", agent_id: 1 } } }
topics: { ${topic}: {} }
`,
  );
  writeFileSync(
    join(folder, name, 'routes/a.yaml'),
    `routes:
  - { name: r, on: ${topic}, type: test.Count, when: data.n >= ${least}, to: { userids: [u1] }, message: { text: { content: "{{ data.n }}" } } }
`,
  );
}

function replay(...args: string[]): Promise<Ran> {
  return run('replay', '--config', join(folder, 'now'), ...args);
}

const against = (): string[] => ['--against', join(folder, 'new')];

async function groups(): Promise<string[]> {
  const client = new kafkajs.Kafka({ brokers: [inject('brokers')], logLevel: kafkajs.logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  const listed = await admin.listGroups();
  await admin.disconnect();
  return listed.groups.map((each) => each.groupId);
}

it('reads a topic without joining the group or moving anybody’s position', async () => {
  const { code, out, err } = await replay('--topic', topic, ...against(), '--examples', 'all');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('601 events: 10 added, 0 gone, 0 changed');
  expect(out.match(/^\+ r {2}\S+ test\.Count /gm)).toHaveLength(10);
  expect(await groups()).not.toContain(group);
  expect((await kafka.admin.committed(group, topic)).every(({ offset }) => offset === null)).toBe(true);
});

it('reads a part of it by offset, partition and time', async () => {
  const some = await replay(
    '--topic',
    topic,
    ...against(),
    '--partition',
    '1',
    '--from-offset',
    '45',
    '--to-offset',
    '47',
  );
  expect(some.out).toContain('2 events: 2 added');
  const later = await replay(
    '--topic',
    topic,
    ...against(),
    '--since',
    new Date(Date.now() + 3_600_000).toISOString(),
  );
  expect(later.out).toContain('0 events: nothing would change');
  const before = await replay('--topic', topic, ...against(), '--until', '1h');
  expect(before.out).toContain('0 events: nothing would change');
});

it('records what it reads, byte for byte, so that the file tells the same as the topic', async () => {
  const file = join(folder, 'recorded.jsonl');
  const recorded = await replay('--topic', topic, '--record', file);
  expect([recorded.code, recorded.out]).toEqual([0, '']);
  expect(recorded.err).toContain(`601 records in ${file}`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const times = lines.map((line) => (JSON.parse(line) as { timestamp: number }).timestamp);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(
    lines.filter((line) =>
      line.includes('"headers":[{"key":"x","value_base64":null},{"key":"x","value_base64":"w6k="}]'),
    ),
  ).toHaveLength(600);

  const [fromTopic, fromFile] = [
    await replay('--topic', topic, ...against(), '--json'),
    await replay('--file', file, ...against(), '--json'),
  ];
  expect(JSON.parse(fromFile.out)).toEqual(JSON.parse(fromTopic.out));

  const again = await replay('--topic', topic, '--record', file);
  expect([again.code, again.err.includes('EEXIST')]).toEqual([1, true]);
});

it('says which topic is not there', async () => {
  const { code, err } = await replay('--topic', `${topic}-not`, ...against());
  expect([code, err.includes(`missing on the broker: ${topic}-not`)]).toEqual([1, true]);
});
