/**
 * Every named fault of the simulator against the built program: events go in on Kafka, results come out, and each
 * person has the message exactly once. docs/simulator.md tells these outcomes to users.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import type { FaultSpec } from '../../src/simulator/faults.ts';
import type { DingbusProcess } from './harness/dingbus-process.ts';
import { build, finalsByNotification, World, type WireResult } from './harness/world.ts';

const routes = `defaults: { on: "{topic:events}" }
routes:
  - name: plain
    when: data.kind == "plain"
    to: { userids: ["load{{ data.n }}"] }
    message: { text: { content: "event {{ data.n }}" } }
  - name: by-mobile
    when: data.kind == "mobile"
    to: { mobiles: ["{{ data.mobile }}"] }
    message: { text: { content: "event {{ data.n }}" } }
  - name: picture
    when: data.kind == "picture"
    to: { userids: ["load{{ data.n }}"] }
    message: { image: { media_id: { upload: logo.png } } }
`;

interface Told {
  /** The statuses of one notification's results, in order. */
  readonly statuses: readonly string[];
  readonly reasons: readonly (string | null)[];
  readonly final: WireResult;
}

let world: World | undefined;
let dingbus: DingbusProcess | undefined;
let published = 0;
const seen = new Set<string>();

beforeAll(async () => {
  build();
  world = await World.create({
    brokers: inject('brokers'),
    registryUrl: inject('registryUrl'),
    topics: [{ name: 'events', partitions: 1 }],
    files: { 'routes/test.yaml': routes },
    dingbus: `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  timeout: 1s
  ban_hold: 2s
  apps:
    default: { app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886 }
topics:
  "{topic:events}": {}
`,
    simulator: {
      generate: 1_000,
      limits: { callsPerMonth: null },
      behaviour: { startsAfterMs: 0, finishesAfterMs: 200, readRatio: 0 },
    },
  });
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  writeFileSync(join(world.folder, 'config', 'logo.png'), png);
  dingbus = await world.process();
  dingbus.start();
  await dingbus.ready();
});

afterAll(async () => {
  await dingbus?.kill();
  await world?.close();
});

afterEach(() => {
  const { control } = here().world.simulator;
  control.clearFaults();
  // A repeat after an unknown outcome is meant to meet the filter for equal content; nothing else may break a rule.
  const broken = control
    .violations()
    .filter(({ kind, detail }) => kind !== 'limit' || !detail.includes('143106'));
  expect(broken).toEqual([]);
});

function here(): { world: World; dingbus: DingbusProcess } {
  if (world === undefined || dingbus === undefined) throw new Error('the set-up failed');
  return { world, dingbus };
}

/** Publishes one event and gives the number that stands in its message and names its reader, `load<n>`. */
async function publish(kind: 'plain' | 'mobile' | 'picture', mobile = ''): Promise<number> {
  published += 1;
  const value = Buffer.from(JSON.stringify({ n: published, kind, mobile }));
  const { world: own } = here();
  await own.sink.publish([{ topic: own.topic('events'), key: null, value, headers: [] }]);
  return published;
}

/** The notifications that became final since the last question, once there are `count` of them. */
async function told(count = 1): Promise<Told[]> {
  const fresh = (all: readonly WireResult[]) =>
    [...finalsByNotification(all).values()].filter((each) => !seen.has(each.notification_id));
  const results = await here().world.untilResults((all) => fresh(all).length >= count, 40_000);
  const finals = fresh(results);
  expect(finals).toHaveLength(count);
  return finals.map((final) => {
    seen.add(final.notification_id);
    const own = new Map(
      results
        .filter((each) => each.notification_id === final.notification_id)
        .map((each) => [each.seq, each]),
    );
    const inOrder = [...own.values()].sort((a, b) => a.seq - b.seq);
    return {
      statuses: inOrder.map((each) => each.status),
      reasons: inOrder.map((each) => each.reason),
      final,
    };
  });
}

function inboxOf(n: number): number {
  return here().world.simulator.control.inbox(`load${n}`).length;
}

function switchOn(fault: FaultSpec): void {
  here().world.simulator.control.addFault(fault);
}

/** Nobody learns of these: the call is made again after the wait that DingTalk asks for. */
const cured: readonly FaultSpec[] = [
  { name: 'token-expired', count: 1 },
  { name: 'rate-limited', operation: 'send', count: 1 },
  { name: 'system-busy', operation: 'send', count: 1 },
  { name: 'ip-banned', operation: 'send', count: 1, html: true },
];

it.each(cured)('$name: sent again, delivered', async (fault) => {
  switchOn(fault);
  const n = await publish('plain');
  const [notification] = await told();
  expect(notification?.statuses).toEqual(['accepted', 'delivered']);
  expect(notification?.final.recipients).toMatchObject([{ userid: `load${n}`, status: 'unread' }]);
  expect(inboxOf(n)).toBe(1);
});

it('fail-every-n: every event gets through', async () => {
  switchOn({ name: 'fail-every-n', operation: 'send', n: 2 });
  const numbers = [await publish('plain'), await publish('plain'), await publish('plain')];
  const notifications = await told(3);
  expect(notifications.map((each) => each.final.status)).toEqual(['delivered', 'delivered', 'delivered']);
  expect(numbers.map(inboxOf)).toEqual([1, 1, 1]);
});

/** `proof`: what is known of the person after the repeat; absorbed by the filter, the message counts as arrived. */
const lost: readonly { readonly fault: FaultSpec; readonly proof: object }[] = [
  { fault: { name: 'request-lost' }, proof: { status: 'unread', reason: null } },
  { fault: { name: 'answer-lost' }, proof: { status: 'arrived', reason: 'inferred' } },
  { fault: { name: 'bad-gateway' }, proof: { status: 'unread', reason: null } },
  { fault: { name: 'bad-gateway', processed: true }, proof: { status: 'arrived', reason: 'inferred' } },
  { fault: { name: 'half-open' }, proof: { status: 'unread', reason: null } },
  { fault: { name: 'half-open', processed: true }, proof: { status: 'arrived', reason: 'inferred' } },
  { fault: { name: 'slow', ms: 3_000 }, proof: { status: 'arrived', reason: 'inferred' } },
];

it('lost answers (request-lost, answer-lost, bad-gateway, half-open, slow): unknown, repeated byte for byte, delivered once', async () => {
  // One after the other, so that each fault strikes its own event; what follows from them overlaps.
  const sent: { readonly n: number; readonly proof: object }[] = [];
  for (const { fault, proof } of lost) {
    switchOn({ ...fault, operation: 'send', count: 1 });
    sent.push({ n: await publish('plain'), proof });
    await expect.poll(() => here().world.simulator.control.faults().length, { timeout: 10_000 }).toBe(0);
  }
  const notifications = await told(lost.length);
  for (const { n, proof } of sent) {
    const own = notifications.find((each) => each.final.recipients[0]?.userid === `load${n}`);
    expect(own?.statuses).toEqual(['unknown', 'accepted', 'delivered']);
    expect(own?.reasons[0]).toBe('no_answer');
    expect(own?.final.recipients).toMatchObject([proof]);
    expect(inboxOf(n)).toBe(1);
  }
});

it.each(['not-whitelisted', 'no-permission'] as const)(
  '%s: the app is held, its work waits, and a reload lets it go on',
  async (name) => {
    const { world: own, dingbus: process } = here();
    switchOn({ name, operation: 'send' });
    const n = await publish('plain');
    const held = (all: readonly WireResult[]) =>
      all.filter((each) => !seen.has(each.notification_id) && each.status === 'deferred');
    const results = await own.untilResults((all) => held(all).length > 0, 20_000);
    expect(held(results)[0]?.reason).toBe('hold');
    const tried = own.simulator.control.calls('send').length;
    await delay(1_500);
    expect(own.simulator.control.calls('send')).toHaveLength(tried);
    expect(inboxOf(n)).toBe(0);
    own.simulator.control.clearFaults();
    process.signal('SIGHUP');
    const [notification] = await told();
    expect(notification?.statuses).toEqual(['deferred', 'accepted', 'delivered']);
    expect(inboxOf(n)).toBe(1);
  },
);

it('result-late: accepted at once, delivered when DingTalk says so', async () => {
  switchOn({ name: 'result-late', ms: 4_000 });
  const n = await publish('plain');
  const [notification] = await told();
  expect(notification?.statuses).toEqual(['accepted', 'delivered']);
  expect(inboxOf(n)).toBe(1);
});

it('user-left: invalid, and the number is looked up again for the next message', async () => {
  const { control } = here().world.simulator;
  const mobile = '16600000900';
  await publish('mobile', mobile);
  expect((await told())[0]?.final.status).toBe('delivered');
  switchOn({ name: 'user-left', userid: 'load900', count: 1 });
  await publish('mobile', mobile);
  const [notification] = await told();
  expect(notification?.statuses).toEqual(['accepted', 'failed']);
  expect(notification?.final.reason).toBe('invalid_recipients');
  expect(notification?.final.recipients).toMatchObject([{ userid: 'load900', status: 'invalid' }]);
  const lookups = control.calls('getbymobile').length;
  await publish('mobile', mobile);
  expect((await told())[0]?.final.status).toBe('delivered');
  expect(control.calls('getbymobile')).toHaveLength(lookups + 1);
  expect(inboxOf(900)).toBe(2);
});

it('media-expired: the file is uploaded again and the message sent with its new id', async () => {
  const { control } = here().world.simulator;
  const first = await publish('picture');
  expect((await told())[0]?.final.status).toBe('delivered');
  switchOn({ name: 'media-expired' });
  const second = await publish('picture');
  const [notification] = await told();
  expect(notification?.statuses).toEqual(['accepted', 'delivered']);
  expect(control.calls('media')).toHaveLength(2);
  expect([first, second].map(inboxOf)).toEqual([1, 1]);
});
