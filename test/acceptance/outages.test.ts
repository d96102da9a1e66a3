/**
 * What everyone's night looks like: broker, registry and DingTalk go away for ten seconds each while events arrive.
 * Nothing may be lost or doubled, the backlog drains by itself, and waiting costs next to no processor time.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startStack, type Stack } from '../../dev/stack/stack.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createRegistry, type Registry } from '../../src/registry/registry.ts';
import type { DingbusProcess } from './harness/dingbus-process.ts';
import { expectEachDeliveredOnce, onePersonEach } from './harness/each-once.ts';
import { build, finalsByNotification, World } from './harness/world.ts';

const downMs = 10_000;
/** Share of a core that waiting may cost; a busy loop costs all of it. */
const waitingShare = 0.35;

interface Scene {
  readonly stack: Stack;
  readonly world: World;
  readonly dingbus: DingbusProcess;
  readonly registry: Registry;
}
let scene: Scene | undefined;
let published = 0;

beforeAll(async () => {
  build();
  const stack = await startStack({ own: true });
  const world = await World.create({
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    topics: [{ name: 'events', partitions: 3 }],
    files: { 'routes/test.yaml': onePersonEach },
    dingbus: `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  timeout: 2s
  apps:
    default: { app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886 }
topics:
  "{topic:events}": {}
`,
    simulator: {
      generate: 1_000,
      limits: { callsPerMonth: null },
      behaviour: { startsAfterMs: 0, finishesAfterMs: 200 },
    },
  });
  const registry = createRegistry({
    url: stack.registryUrl,
    auth: null,
    tls: null,
    timeoutMs: 5_000,
    clock: systemClock,
    logger: silentLogger,
  });
  const dingbus = await world.process();
  dingbus.start();
  await dingbus.ready();
  scene = { stack, world, dingbus, registry };
}, 240_000);

afterAll(async () => {
  await scene?.dingbus.kill();
  await scene?.registry.close();
  await scene?.world.close();
  await scene?.stack.stop();
});

function here(): Scene {
  if (scene === undefined) throw new Error('the set-up failed');
  return scene;
}

async function publish(count: number, encode: (n: number) => Promise<Buffer> = json): Promise<void> {
  const { world } = here();
  for (let index = 0; index < count; index += 1) {
    const n = published;
    const value = await encode(n);
    await world.sink.publish([
      { topic: world.topic('events'), key: Buffer.from(`k${n}`), value, headers: [] },
    ]);
    published += 1;
  }
}

function json(n: number): Promise<Buffer> {
  return Promise.resolve(Buffer.from(JSON.stringify({ n })));
}

async function everythingDelivered(): Promise<void> {
  const { world } = here();
  const results = await world.untilResults((all) => finalsByNotification(all).size >= published, 120_000);
  expectEachDeliveredOnce(world, results, published);
}

/** Share of one core that the process uses during `ms`. */
async function processorShare(ms: number): Promise<number> {
  const { dingbus } = here();
  const before = ticks(dingbus.pid);
  await delay(ms);
  return ((ticks(dingbus.pid) - before) / 100) * (1000 / ms);
}

/** Processor time of a process in clock ticks (100 a second): fields 14 and 15 of /proc/<pid>/stat. */
function ticks(pid: number | undefined): number {
  const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

it('the broker goes away and comes back', async () => {
  const { stack } = here();
  await publish(40);
  await stack.kafka.stop();
  expect(await processorShare(downMs)).toBeLessThan(waitingShare);
  await stack.kafka.start();
  await publish(40);
  await everythingDelivered();
});

it('the registry goes away while a schema comes that nobody has read yet', async () => {
  const { stack, registry, world, dingbus } = here();
  const schema = JSON.stringify({
    type: 'record',
    name: 'Counted',
    namespace: 'test',
    fields: [{ name: 'n', type: 'long' }],
  });
  const writer = registry.writerFor(`${world.topic('events')}-value`, schema);
  await writer.ready();
  await stack.registry.stop();
  await publish(30, (n) => writer.write({ n }));
  expect(await processorShare(downMs)).toBeLessThan(waitingShare);
  expect(await dingbus.isReady()).toBe(false);
  await stack.registry.start();
  await publish(30, (n) => writer.write({ n }));
  await everythingDelivered();
  await expect.poll(() => dingbus.isReady(), { timeout: 20_000 }).toBe(true);
});

it('DingTalk goes away while events arrive', async () => {
  const { world } = here();
  const outage = world.simulatorOutage(downMs);
  await publish(40);
  expect(await processorShare(downMs - 2_000)).toBeLessThan(waitingShare);
  await outage;
  await publish(20);
  await everythingDelivered();
});
