/**
 * Reloads under load: while events stream in, the configuration is swapped again and again between two versions that
 * differ in every file. Each event must be told wholly by one of them: the hash on its result, the person (from
 * groups.yaml), the route and the text (from the template) have to agree. DINGBUS_TEST_SCALE=200 makes it 10,000
 * reloads and also looks at the memory, which must stay flat. What the service has done by then must show in every
 * metric that docs/metrics.md names.
 */
import { readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { DingbusProcess } from './harness/dingbus-process.ts';
import { build, finalsByNotification, World, type WireResult } from './harness/world.ts';

const scale = Number(process.env['DINGBUS_TEST_SCALE'] ?? 1);
const reloads = Math.round(50 * scale);
const versions = ['a', 'b'] as const;
type Version = (typeof versions)[number];
const personOf: Readonly<Record<Version, string>> = { a: 'load1', b: 'load2' };

const digestRoute = `  - name: digested
    on: "{topic:events}"
    when: data.kind == "digest"
    to: { userids: [load4] }
    digest: { key: data.kind, window: 4s, template: told-together }
    track: accepted
`;

function filesOf(version: Version): Record<string, string> {
  return {
    [`..${version}/routes/test.yaml`]: `routes:
  - name: route-${version}
    on: "{topic:events}"
    when: data.kind == "load"
    to: { groups: [readers] }
    template: told
    track: accepted
  - name: slow
    on: "{topic:events}"
    when: data.kind == "slow"
    app: slow
    to: { userids: [load3] }
    message: { text: { content: "slow {{ data.n }}" } }
${version === 'a' ? digestRoute : ''}`,
    [`..${version}/templates/told.yaml`]: `text: { content: "${version} {{ data.n }}" }\n`,
    [`..${version}/templates/told-together.yaml`]: 'text: { content: "{{ count }} together" }\n',
    [`..${version}/groups.yaml`]: `groups: { readers: { userids: [${personOf[version]}] } }\n`,
  };
}

let world: World | undefined;
let dingbus: DingbusProcess | undefined;
let published = 0;

beforeAll(async () => {
  build();
  const limits = '{ per_user_per_day: 100000, calls_per_second: null, recipients_per_minute: null }';
  const app = 'app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886';
  world = await World.create({
    brokers: inject('brokers'),
    registryUrl: inject('registryUrl'),
    topics: [{ name: 'events', partitions: 3 }],
    files: { ...filesOf('a'), ...filesOf('b') },
    dingbus: `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  apps:
    default: { ${app}, limits: ${limits} }
    slow: { ${app}, limits: { calls_per_second: 1 } }
topics:
  "{topic:events}": {}
routes: "..data/routes/*.yaml"
templates: "..data/templates/*.yaml"
groups: "..data/groups.yaml"
reload: { watch: true }
`,
    simulator: { generate: 10, keep: { tasks: 500_000, calls: 1_000, violations: 1_000 } },
  });
  swapTo(world, 'a');
  dingbus = await world.process();
  dingbus.start();
  await dingbus.ready();
});

afterAll(async () => {
  await dingbus?.kill();
  await world?.close();
});

function here(): { world: World; dingbus: DingbusProcess; url: string } {
  if (world === undefined || dingbus === undefined) throw new Error('the set-up failed');
  return { world, dingbus, url: `http://127.0.0.1:${dingbus.settings.port}` };
}

/** Swaps all files in one step, as a mounted ConfigMap does. */
function swapTo({ folder }: World, version: Version): void {
  const config = join(folder, 'config');
  symlinkSync(`..${version}`, join(config, '..next'));
  renameSync(join(config, '..next'), join(config, '..data'));
}

async function publish(kind: string, count: number): Promise<void> {
  const { world: own } = here();
  const records = Array.from({ length: count }, () => {
    published += 1;
    const value = Buffer.from(JSON.stringify({ n: published, kind }));
    return { topic: own.topic('events'), key: Buffer.from(String(published)), value, headers: [] };
  });
  await own.sink.publish(records);
}

/** Publishes a hundred events a second until it is stopped. */
function startLoad(): { stop(): Promise<void> } {
  const ending = new AbortController();
  const running = (async () => {
    while (!ending.signal.aborted) {
      await publish('load', 10);
      await delay(100);
    }
  })();
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}

async function reload(): Promise<string> {
  const response = await fetch(`${here().url}/-/reload`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-admin-token' },
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { config_hash: string }).config_hash;
}

/** Samples of /metrics by their name with labels. */
async function metrics(): Promise<Map<string, number>> {
  const text = await (await fetch(`${here().url}/metrics`)).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

interface Memory {
  /** Megabytes that the process has, and that its objects take. */
  readonly resident: number;
  readonly heap: number;
}

async function memoryNow(): Promise<Memory> {
  const samples = await metrics();
  const megabytes = (name: string): number => Math.round((samples.get(name) ?? 0) / 1_048_576);
  return {
    resident: megabytes('process_resident_memory_bytes'),
    heap: megabytes('nodejs_heap_size_used_bytes'),
  };
}

/** In ten parts: what was resident in the end, and the least that the objects took, which is nearest to what is alive. */
function tenths(memory: readonly Memory[]): { resident: number[]; heap: number[] } {
  const size = Math.ceil(memory.length / 10);
  const parts = Array.from({ length: 10 }, (_, index) => memory.slice(index * size, (index + 1) * size));
  const full = parts.filter((part) => part.length > 0);
  return {
    resident: full.map((part) => part.at(-1)?.resident ?? 0),
    heap: full.map((part) => Math.min(...part.map(({ heap }) => heap))),
  };
}

it(`keeps each event whole over ${reloads} reloads under load, without a leak`, async () => {
  const { world: own } = here();
  const versionOf = new Map<string, Version>();
  const finalsOf = async () => {
    const all = await own.untilResults((each) => finalsByNotification(each).size >= published, 120_000);
    return [...finalsByNotification(all).values()];
  };
  for (const version of versions) {
    swapTo(own, version);
    versionOf.set(await reload(), version);
    await publish('load', 20);
    await finalsOf();
  }
  const before = await metrics();
  const load = startLoad();
  const memory: Memory[] = [];
  const scrapes: number[] = [];
  const began = Date.now();
  for (let index = 1; index <= reloads; index += 1) {
    const version = versions[index % 2] ?? 'a';
    swapTo(own, version);
    versionOf.set(await reload(), version);
    if (index % Math.ceil(reloads / 200) !== 0) continue;
    const asked = performance.now();
    memory.push(await memoryNow());
    scrapes.push(Math.round(performance.now() - asked));
  }
  const seconds = (Date.now() - began) / 1000;
  await load.stop();
  const finals = await finalsOf();

  expect([...versionOf.values()].sort()).toEqual(['a', 'b']);
  expect(finals).toHaveLength(published);
  const told = { a: new Set<string>(), b: new Set<string>() };
  for (const final of finals) {
    const version = versionOf.get(final.config_hash) ?? 'neither';
    const { route, status, recipients } = final;
    if (version === 'neither') throw new Error(`a result with the hash ${final.config_hash} of nothing`);
    expect({ route, status, person: recipients[0]?.userid }).toEqual({
      route: `route-${version}`,
      status: 'accepted',
      person: personOf[version],
    });
    told[version].add(final.notification_id);
  }
  for (const version of versions) {
    const texts = own.simulator.control.inbox(personOf[version]).map(({ msg }) => textOf(msg));
    expect(texts.filter((text) => !text.startsWith(`${version} `))).toEqual([]);
    expect(texts).toHaveLength(told[version].size);
  }

  const after = await metrics();
  expect(after.get('dingbus_config_reloads_total{outcome="ok"}')).toBeGreaterThanOrEqual(reloads + 1);
  expect(after.get('dingbus_config_reloads_total{outcome="failed"}') ?? 0).toBe(0);
  // Whatever the number of events and reloads, there is nothing new but, in turns, the hash in force.
  const fresh = [...after.keys()].filter((name) => name.startsWith('dingbus_') && !before.has(name));
  expect(fresh.filter((name) => !name.startsWith('dingbus_config_info'))).toEqual([]);
  const { resident, heap } = tenths(memory);
  scrapes.sort((one, other) => one - other);
  process.stdout.write(
    `${reloads} reloads in ${seconds.toFixed(0)} s beside ${published} events (a: ${told.a.size}, b: ${told.b.size}); ` +
      `resident ${resident.join(' ')} MB, heap ${heap.join(' ')} MB, ` +
      `scrapes ${scrapes.at(scrapes.length >> 1)} ms (half) ${scrapes.at(Math.floor(scrapes.length * 0.95))} ms (95 %)\n`,
  );
  if (reloads < 10_000) return;
  // The first half is for warming up: pages that the runtime has once taken it gives back late or never.
  expect(Math.max(...resident.slice(5))).toBeLessThan(Math.max(...resident.slice(0, 5)) * 1.1);
});

it('takes up swapped files by itself when it watches, and stays ready on a faulty one', async () => {
  const { world: own, url } = here();
  const hash = async () => [...(await metrics()).keys()].find((name) => name.includes('config_info'));
  swapTo(own, 'b');
  await reload();
  const before = await hash();
  expect(before).toBeDefined();
  swapTo(own, 'a');
  await expect.poll(hash, { timeout: 20_000 }).not.toBe(before);
  const groups = join(own.folder, 'config', '..a/groups.yaml');
  writeFileSync(groups, 'groups: { half');
  const ok = async () => (await metrics()).get('dingbus_config_last_reload_successful');
  await expect.poll(ok, { timeout: 20_000 }).toBe(0);
  const ready = await fetch(`${url}/-/ready`);
  expect(ready.status).toBe(200);
  expect(await ready.text()).toContain('the last reload failed, the old one is in force');
  writeFileSync(groups, filesOf('a')['..a/groups.yaml'] ?? '');
  await expect.poll(ok, { timeout: 20_000 }).toBe(1);
});

it('ends a digest whose route is taken away as failed, and keeps each of its events', async () => {
  const { world: own } = here();
  swapTo(own, 'a');
  await reload();
  await publish('digest', 2);
  const about = (all: readonly WireResult[]) => all.filter(({ route }) => route === 'digested');
  const members = about(await own.untilResults((all) => about(all).length >= 2, 20_000));
  swapTo(own, 'b');
  await reload();
  const ended = (all: readonly WireResult[]) => about(all).find(({ status }) => status === 'failed');
  const digest = ended(await own.untilResults((all) => ended(all) !== undefined, 20_000));
  expect(digest).toMatchObject({ final: true, reason: 'configuration', recipients: [{ userid: 'load4' }] });
  expect(members.map(({ status, reason, related }) => [status, reason, related])).toEqual(
    [1, 2].map(() => ['suppressed', 'digested', digest?.notification_id]),
  );
  const letters = (await own.read(own.deadLetterTopic)).map(({ headers }) =>
    Object.fromEntries(headers.map(({ key, value }) => [key, value?.toString()])),
  );
  const mine = letters.filter((each) => each['dingbus.notification-id'] === digest?.notification_id);
  expect(mine.map((each) => each['dingbus.reason'])).toEqual(['configuration', 'configuration']);
});

it('has set every metric that docs/metrics.md names, once everything has happened', async () => {
  const { world: own, url } = here();
  const topic = own.topic('events');
  const value = Buffer.from('{"n":0,"kind":"none"}');
  const cloudEvent = (id: string) => [
    { key: 'ce_specversion', value: Buffer.from('1.0') },
    { key: 'ce_id', value: Buffer.from(id) },
    { key: 'ce_source', value: Buffer.from('/test') },
    { key: 'ce_type', value: Buffer.from('test') },
  ];
  const load = Buffer.from('{"n":-1,"kind":"load"}');
  await own.sink.publish([
    { topic, key: null, value: null, headers: [] },
    { topic, key: null, value: Buffer.from('{ no json'), headers: [] },
    { topic, key: Buffer.from('k'), value: load, headers: cloudEvent('twice') },
    { topic, key: Buffer.from('k'), value: load, headers: cloudEvent('twice') },
    { topic, key: null, value, headers: [] },
  ]);
  await publish('slow', 4);
  const waits = async () =>
    (await metrics()).get('dingbus_dingtalk_limiter_wait_seconds_count{app="slow",operation="send"}');
  await expect.poll(waits, { timeout: 30_000, interval: 200 }).toBeGreaterThan(0);
  await fetch(`${url}/api/v1/pause`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-admin-token', 'content-type': 'application/json' },
    body: JSON.stringify({ subject: 'route:slow', note: 'a test' }),
  });
  const page = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
  const named = [...page.matchAll(/^\| `(dingbus_[a-z_]+)` \|/gm)].map(([, name]) => name ?? '');
  expect(named.length).toBeGreaterThan(30);
  const missing = async (): Promise<string[]> => {
    const samples = [...(await metrics()).keys()].map((name) => name.replace(/\{.*/, ''));
    const known = new Set(samples.map((name) => name.replace(/_(count|sum|bucket)$/, '')));
    return named.filter((name) => !known.has(name));
  };
  // Nothing has stood still, and only that leaves a metric without a sample.
  await expect.poll(missing, { timeout: 30_000, interval: 500 }).toEqual(['dingbus_stalls_total']);
});

function textOf(message: unknown): string {
  const text = JSON.stringify(message);
  return /"content":"([^"]*)"/.exec(text)?.[1] ?? text;
}
