/**
 * The promise, kept under `kill -9`: the built program reads 2,000 events on three partitions and is killed again and
 * again, at the places where a crash hurts most and at random ones. In the end everybody has got every message exactly
 * once, every notification has exactly one final result, and the group stands at the end of its partitions. With the
 * same DINGBUS_TEST_SEED the kills come in the same order.
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import { failpoints } from '../../src/base/failpoints.ts';
import { seeded } from './harness/seeded.ts';
import { build, finalsByNotification, World } from './harness/world.ts';

const seed = Number(process.env['DINGBUS_TEST_SEED'] ?? 4417);
const events = 2_000;
const kills = 12;
/** Every event tells two people by userid; every fourth also a third one by mobile. */
const routes = `routes:
  - name: pair
    on: "{topic:events}"
    type: test.Happened
    to: { userids: ["load{{ data.n }}", "load{{ data.n | plus: 3000 }}"] }
    message: { text: { content: "event {{ data.n }}" } }
    track: delivered
  - name: fourth
    on: "{topic:events}"
    type: test.Happened
    when: data.n % 4 == 0
    to: { mobiles: ["{{ data.mobile }}"] }
    message: { markdown: { title: "event {{ data.n }}", text: "the fourth of {{ data.n }}" } }
`;

let world: World | undefined;

beforeAll(async () => {
  build();
  world = await World.create({
    brokers: inject('brokers'),
    registryUrl: inject('registryUrl'),
    topics: [{ name: 'events', partitions: 3 }],
    files: { 'routes/test.yaml': routes },
    dingbus: `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  timeout: 3s
  apps:
    default: { app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886, limits: { calls_per_second: 400, recipients_per_minute: 1000000 } }
topics:
  "{topic:events}": {}
`,
    simulator: {
      generate: 10_000,
      limits: { ...unlimitedButContent() },
      behaviour: { startsAfterMs: 0, finishesAfterMs: 200 },
    },
  });
});

afterAll(async () => {
  await world?.close();
});

/** All rates off; the filter for equal content stays, because repeats after a crash rely on it. */
function unlimitedButContent() {
  return {
    callsPerSecond: null,
    callsPerMonth: null,
    callsPerIp: null,
    recipientsPerMinute: null,
    messagesPerUserPerDay: null,
  };
}

/** Publishes the events `from` ≤ n < `to`. */
async function publish(world: World, from: number, to: number): Promise<void> {
  await world.sink.publish(
    Array.from({ length: to - from }, (_, index) => {
      const n = from + index;
      return {
        topic: world.topic('events'),
        key: Buffer.from(`k${n % 50}`),
        value: Buffer.from(JSON.stringify({ n, mobile: String(16_600_006_000 + n) })),
        headers: Object.entries({
          ce_specversion: '1.0',
          ce_id: `e-${n}`,
          ce_source: '/test',
          ce_type: 'test.Happened',
          'content-type': 'application/json',
        }).map(([key, value]) => ({ key, value: Buffer.from(value) })),
      };
    }),
  );
}

it(`survives ${kills} kills: nobody misses a message, nobody gets one twice`, async () => {
  if (world === undefined) throw new Error('the set-up failed');
  const here = world;
  const random = seeded(seed);
  const dingbus = await here.process();
  const places = failpoints.filter((name) => name !== 'tracking.after_answer');
  const struck = new Map<string, number>();
  for (let kill = 0; kill < kills; kill += 1) {
    // Each named place in turn, every fifth time an instant that nothing announces.
    const place = places[kill % (places.length + 1)];
    const count = 1 + Math.floor(random() * 3);
    dingbus.start(place === undefined ? '' : `${place}=${count}`);
    const life = dingbus.exited();
    // What earlier lives left to do may bring the blow before the process is ready.
    await Promise.race([life, dingbus.readyOrOver()]);
    // Every life has events of its own to read.
    await publish(here, Math.floor((kill * events) / kills), Math.floor(((kill + 1) * events) / kills));
    const end = await Promise.race([life, delay(place === undefined ? random() * 2_000 : 30_000)]);
    // A life that ends by itself, and not by a blow, is a fault of the program (or of this test's configuration).
    if (end !== undefined && end.signal !== 'SIGKILL')
      throw new Error(`dingbus ended: ${dingbus.lastWords()}`);
    if (end !== undefined && place !== undefined) struck.set(place, (struck.get(place) ?? 0) + 1);
    await dingbus.kill();
  }
  // A named place that is never reached tests nothing.
  expect([...struck.keys()].sort()).toEqual([...places].sort());

  dingbus.start();
  const expected = events + events / 4;
  const results = await here.untilResults((all) => finalsByNotification(all).size >= expected, 240_000);
  await expect.poll(() => here.lag(['events']), { timeout: 15_000 }).toBe(0n);
  expect(await dingbus.stop()).toEqual({ code: 0, signal: null });

  const finals = finalsByNotification(results);
  expect(finals.size).toBe(expected);
  const wrong = [...finals.values()].filter((result) => result.status !== 'delivered');
  expect(wrong.map(({ status, reason, recipients }) => ({ status, reason, recipients }))).toEqual([]);

  const arrived = new Map<string, number>();
  for (const { userid, msg } of here.simulator.control.inboxes()) {
    const key = `${userid} ${JSON.stringify(msg)}`;
    arrived.set(key, (arrived.get(key) ?? 0) + 1);
  }
  expect([...arrived.values()].filter((count) => count !== 1)).toEqual([]);
  expect(arrived.size).toBe(events * 2 + events / 4);
  const faults = here.simulator.control.violations().filter((each) => each.kind !== 'limit');
  expect(faults).toEqual([]);
});
