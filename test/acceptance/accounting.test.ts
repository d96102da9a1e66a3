/**
 * The books must balance: many notifications to people of every kind, under random faults of DingTalk and of the line
 * and two kills of the process, and in the end every planned person of every notification is accounted for, and what is
 * said of them agrees with what lies in their inbox. DINGBUS_TEST_SCALE=10 makes it 5,000 notifications;
 * DINGBUS_TEST_SEED gives the same faults again.
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { FaultSpec } from '../../src/simulator/faults.ts';
import { build, finalsByNotification, World, type WireResult } from './harness/world.ts';

const scale = Number(process.env['DINGBUS_TEST_SCALE'] ?? 1);
const seed = process.env['DINGBUS_TEST_SEED'] ?? 'accounts';
const events = Math.ceil(400 * scale);
const people = 10_000;

/** Who is told of event n: a person, several of whom some do not exist or have no known number, many with one text. */
const routes = `defaults: { on: "{topic:events}" }
routes:
  - name: one
    to: { userids: ["load{{ data.n }}"] }
    message: { text: { content: "one {{ data.n }}" } }
  - name: several
    when: data.n % 8 == 0
    to: { userids: { from: data.userids }, mobiles: { from: data.mobiles } }
    message: { markdown: { title: several, text: "several {{ data.n }}" } }
  - name: same
    when: data.n % 16 < 2
    to: { userids: { from: data.same } }
    message: { text: { content: "the same for all" } }
  - name: receipts
    when: data.n % 32 == 0
    to: { userids: ["load{{ data.n | plus: 1000 }}"], dept_id_list: [4417030] }
    track: read
    message: { text: { content: "receipts {{ data.n }}" } }
`;

/** How often each strikes, per call. */
const faults: readonly FaultSpec[] = [
  { name: 'answer-lost', operation: 'send', probability: 0.03 },
  { name: 'request-lost', probability: 0.02 },
  { name: 'bad-gateway', operation: 'send', probability: 0.02, processed: true },
  { name: 'bad-gateway', probability: 0.02 },
  { name: 'half-open', operation: 'send', probability: 0.005, processed: true },
  { name: 'system-busy', probability: 0.03 },
  { name: 'rate-limited', probability: 0.01 },
  { name: 'token-expired', probability: 0.002 },
  { name: 'answer-code', operation: 'send', probability: 0.01, code: '34016' },
  { name: 'answer-code', operation: 'send', probability: 0.01, code: '500', processed: true },
  { name: 'user-left', operation: 'send', probability: 0.01 },
  { name: 'user-failed', operation: 'send', probability: 0.03 },
  { name: 'result-late', operation: 'send', probability: 0.05, ms: 3_000 },
];

interface EventData {
  readonly n: number;
  readonly userids: readonly string[];
  readonly mobiles: readonly string[];
  readonly same: readonly string[];
}

function eventData(n: number): EventData {
  return {
    n,
    userids: [`load${1_000 + n}`, `load${1_500 + n}`, `nobody${n}`],
    // The first is load<2000+n>'s number, the second nobody's.
    mobiles: [String(16_600_000_000 + 2_000 + n), `1390000${String(n).padStart(4, '0')}`],
    same: [`load${3_000 + (n % 20)}`, `load${3_000 + (n % 60)}`],
  };
}

interface Planned {
  readonly userids: readonly string[];
  readonly unknown: number;
}

/** The notifications of an event, each with the people that it was planned for by name, and one number of nobody. */
function planned(data: EventData): Map<string, Planned> {
  const { n } = data;
  const all = new Map<string, Planned>([['one', { userids: [`load${n}`], unknown: 0 }]]);
  if (n % 8 === 0) all.set('several', { userids: [...data.userids, `load${2_000 + n}`], unknown: 1 });
  if (n % 16 < 2) all.set('same', { userids: [...new Set(data.same)], unknown: 0 });
  if (n % 32 === 0) all.set('receipts', { userids: [`load${1_000 + n}`], unknown: 0 });
  return all;
}

let world: World | undefined;

beforeAll(async () => {
  build();
  const noRates = { callsPerSecond: null, callsPerMonth: null, callsPerIp: null, recipientsPerMinute: null };
  world = await World.create({
    brokers: inject('brokers'),
    registryUrl: inject('registryUrl'),
    topics: [{ name: 'events', partitions: 3 }],
    files: { 'routes/test.yaml': routes },
    dingbus: `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  timeout: 1s
  ban_hold: 2s
  apps:
    default: { app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886, result_checks: [2s, 5s, 10s, 20s, 40s, 80s], limits: { calls_per_second: 400, recipients_per_minute: 1000000 } }
topics:
  "{topic:events}": {}
`,
    simulator: {
      seed,
      generate: people,
      limits: { ...noRates, messagesPerUserPerDay: null },
      behaviour: { startsAfterMs: 0, finishesAfterMs: 200 },
    },
  });
});

afterAll(async () => {
  await world?.close();
});

async function publish(here: World, from: number, to: number): Promise<void> {
  await here.sink.publish(
    Array.from({ length: to - from }, (_none, index) => ({
      topic: here.topic('events'),
      key: Buffer.from(`k${(from + index) % 50}`),
      value: Buffer.from(JSON.stringify(eventData(from + index))),
      headers: Object.entries({
        ce_specversion: '1.0',
        ce_id: String(from + index),
        ce_source: '/accounts',
        ce_type: 'test.Happened',
        'content-type': 'application/json',
      }).map(([key, value]) => ({ key, value: Buffer.from(value) })),
    })),
  );
}

const textOf = (final: WireResult): string =>
  final.route === 'same' ? 'the same for all' : `${final.route} ${final.event.id}"`;
const has = (status: string): boolean => ['read', 'unread', 'arrived'].includes(status);

it(`accounts for every person of the notifications of ${events} events`, async () => {
  if (world === undefined) throw new Error('the set-up failed');
  const here = world;
  const { control } = here.simulator;
  const dingbus = await here.process();
  dingbus.start();
  await dingbus.ready();
  for (const fault of faults) control.addFault(fault);
  const third = Math.ceil(events / 3);
  for (let from = 0; from < events; from += third) {
    await publish(here, from, Math.min(events, from + third));
    if (from > 0) {
      await dingbus.kill();
      dingbus.start();
      await dingbus.ready();
    }
  }
  const data = Array.from({ length: events }, (_none, n) => eventData(n));
  const plans = new Map<string, Planned>(
    data.flatMap((each) => [...planned(each)].map(([route, plan]) => [`${route} ${each.n}`, plan])),
  );
  // Every hundredth call is answered with a pause for all others, so the time goes with the number of calls.
  await here.untilResults((all) => finalsByNotification(all).size >= plans.size * 0.9, 60_000 * (1 + scale));
  // The world heals, so that what was put off by faults in a row ends soon.
  control.clearFaults();
  const results = await here.untilResults((all) => finalsByNotification(all).size >= plans.size, 180_000);
  expect(await dingbus.stop()).toEqual({ code: 0, signal: null });

  const finals = finalsByNotification(results);
  expect(finals.size).toBe(plans.size);
  const wrong: string[] = [];
  /** How often results say that a person has a text; and whether some are in doubt of it. */
  const told = new Map<string, { has: number; doubt: boolean; words: readonly string[] }>();
  for (const final of finals.values()) {
    const name = `${final.route} ${final.event.id}`;
    const plan = plans.get(name);
    const listed = final.recipients.flatMap((each) => each.userid ?? []);
    const unknown = final.recipients.filter((each) => each.userid === null);
    const extra = listed.filter((userid) => !plan?.userids.includes(userid));
    if (plan === undefined) wrong.push(`${name} was not planned`);
    else {
      const once = new Set(listed).size === listed.length;
      const all = plan.userids.every((userid) => listed.includes(userid));
      const strangers = final.route === 'receipts' ? [] : extra;
      if (!once || !all || strangers.length > 0 || unknown.length !== plan.unknown)
        wrong.push(`${name}: planned ${plan.userids.join()}, told ${listed.join()}`);
    }
    for (const { userid, status, reason } of final.recipients) {
      const key = `${String(userid)}|${textOf(final)}`;
      const before = told.get(key) ?? { has: 0, doubt: false, words: [] };
      told.set(key, {
        has: before.has + (has(status) ? 1 : 0),
        doubt: before.doubt || status === 'pending' || reason === 'no_answer' || reason === 'crashed',
        words: [...before.words, `${final.notification_id} ${status}`],
      });
    }
  }
  const inboxes = new Map<string, number>();
  const texts = new Set([...finals.values()].map(textOf));
  for (const { userid, msg } of control.inboxes()) {
    const body = JSON.stringify(msg);
    const text = body.includes('the same for all')
      ? 'the same for all'
      : /(one|several|receipts) \d+"/.exec(body)?.[0];
    if (text === undefined || !texts.has(text)) wrong.push(`${userid} has ${body}, which nobody sent`);
    const key = `${userid}|${String(text)}`;
    inboxes.set(key, (inboxes.get(key) ?? 0) + 1);
  }
  for (const key of new Set([...told.keys(), ...inboxes.keys()])) {
    const says = told.get(key) ?? { has: 0, doubt: false, words: [] };
    const copies = inboxes.get(key) ?? 0;
    if (copies > 1) wrong.push(`${key}: ${copies} copies`);
    if (says.has > 0 && copies === 0) wrong.push(`${key}: told as arrived, and is not there`);
    if (says.has === 0 && copies > 0 && !says.doubt)
      wrong.push(`${key}: is there, told as ${says.words.join()}`);
    if (says.has > 1) wrong.push(`${key}: told as arrived by ${says.has} notifications`);
  }
  expect(wrong).toEqual([]);

  const counted = [...finals.values()].flatMap((each) => each.recipients);
  const statuses = new Set(counted.map((each) => each.status));
  // A world without mishaps proves nothing.
  for (const status of ['unread', 'arrived', 'invalid', 'failed', 'unresolved', 'suppressed'])
    expect(statuses).toContain(status);
  const broken = control
    .violations()
    .filter(({ kind, detail }) => kind !== 'limit' || !detail.includes('143106'));
  expect(broken).toEqual([]);
});
