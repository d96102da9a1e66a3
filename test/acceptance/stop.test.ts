/**
 * A stop that was asked for, at any moment under load: exit code 0 within `shutdown_timeout`, and afterwards nobody
 * misses a message and nobody has one twice. DINGBUS_TEST_SCALE=25 makes the four stops a hundred; with the same
 * DINGBUS_TEST_SEED they come at the same moments.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { expectEachDeliveredOnce, onePersonEach } from './harness/each-once.ts';
import { seeded } from './harness/seeded.ts';
import { build, finalsByNotification, World } from './harness/world.ts';

const seed = Number(process.env['DINGBUS_TEST_SEED'] ?? 815);
const stops = Math.ceil(4 * Number(process.env['DINGBUS_TEST_SCALE'] ?? 1));
const eventsEach = 120;
const shutdownTimeoutMs = 8_000;

let world: World | undefined;
let published = 0;

beforeAll(async () => {
  build();
  world = await World.create({
    brokers: inject('brokers'),
    registryUrl: inject('registryUrl'),
    topics: [{ name: 'events', partitions: 3 }],
    files: { 'routes/test.yaml': onePersonEach },
    dingbus: `shutdown_timeout: ${shutdownTimeoutMs / 1_000}s
dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  timeout: 3s
  apps:
    default: { app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886, limits: { calls_per_second: 60 } }
topics:
  "{topic:events}": {}
`,
    simulator: {
      generate: 1_000 + stops * eventsEach,
      limits: { callsPerMonth: null, callsPerSecond: null, callsPerIp: null, recipientsPerMinute: null },
      behaviour: { startsAfterMs: 0, finishesAfterMs: 200 },
    },
  });
}, 240_000);

afterAll(async () => {
  await world?.close();
});

function here(): World {
  if (world === undefined) throw new Error('the set-up failed');
  return world;
}

async function publish(count: number): Promise<void> {
  const topic = here().topic('events');
  const records = Array.from({ length: count }, () => {
    const n = published++;
    return { topic, key: Buffer.from(`k${n % 50}`), value: Buffer.from(JSON.stringify({ n })), headers: [] };
  });
  await here().sink.publish(records);
}

it(`ends well at ${stops} random moments`, async () => {
  const random = seeded(seed);
  const { control } = here().simulator;
  const dingbus = await here().process();
  // Every fourth call takes its time, so that stops meet calls under way.
  control.addFault({ name: 'slow', operation: 'send', ms: 700, probability: 0.25 });
  for (let stop = 0; stop < stops; stop += 1) {
    dingbus.start();
    // From its first line on it is dingbus that ends and no longer Node alone.
    if (stop % 4 === 3) await expect.poll(() => dingbus.lifeSaid(), { timeout: 20_000 }).not.toBe('');
    else await publish(eventsEach);
    // One in four is told to end while it starts.
    if (stop % 4 === 3) await delay(random() * 2_500);
    else {
      await Promise.race([dingbus.ready(), dingbus.exited()]);
      await delay(random() * 1_500);
    }
    const asked = Date.now();
    const end = await dingbus.stop();
    expect(end, `stop ${stop}: ${dingbus.lastWords()}`).toEqual({ code: 0, signal: null });
    expect(Date.now() - asked).toBeLessThan(shutdownTimeoutMs);
  }
  expect(control.violations()).toEqual([]);

  control.clearFaults();
  dingbus.start();
  // What the stops left over goes out at 60 calls a second; looking at all results takes its time as well.
  const drainMs = Math.max(240_000, published * 100);
  const results = await here().untilResults((all) => finalsByNotification(all).size >= published, drainMs);
  await expect.poll(() => here().lag(['events']), { timeout: 15_000 }).toBe(0n);
  expect(await dingbus.stop()).toEqual({ code: 0, signal: null });
  expectEachDeliveredOnce(here(), results, published);
  // Nothing was in doubt, so nothing was sent again.
  expect(results.filter(({ status }) => status === 'unknown')).toEqual([]);
}, 3_600_000);

it('ends at once when it is told a second time', async () => {
  const { control } = here().simulator;
  const dingbus = await here().process('two');
  dingbus.start();
  await dingbus.ready();
  control.addFault({ name: 'slow', operation: 'send', ms: 60_000 });
  // Calls themselves are remembered up to a number, their counts are not.
  const sends = () => Object.values(control.stats().codes['send'] ?? {}).reduce((sum, each) => sum + each, 0);
  const calls = sends();
  await publish(1);
  await expect.poll(sends, { timeout: 20_000 }).toBeGreaterThan(calls);
  dingbus.signal('SIGTERM');
  await expect.poll(() => dingbus.lastWords(), { timeout: 5_000 }).toContain('"stopping"');
  expect(dingbus.isRunning()).toBe(true);
  const asked = Date.now();
  dingbus.signal('SIGTERM');
  expect(await dingbus.exited()).toEqual({ code: 1, signal: null });
  expect(Date.now() - asked).toBeLessThan(1_000);
  control.clearFaults();
});
