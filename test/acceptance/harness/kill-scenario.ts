/**
 * Instances that share topics and a ledger, and what may happen to them: killed at the places where a crash hurts most
 * and at any instant, frozen for longer than their lease and their session, leaving and joining in order, while the
 * simulator goes through its faults. With the same seed the same things happen in the same order.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { failpoints } from '../../../src/base/failpoints.ts';
import type { FaultSpec } from '../../../src/simulator/faults.ts';
import { documentedLimits, type SimulatorLimits } from '../../../src/simulator/limits.ts';
import type { DingbusProcess } from './dingbus-process.ts';
import { finalsByNotification, World, type WireResult } from './world.ts';

export interface KillScenario {
  readonly brokers: string;
  readonly registryUrl: string;
  /** `sqlite:…` or the address of an empty database. */
  readonly store: string;
  readonly instances: number;
  readonly events: number;
  readonly kills: number;
  /** How often an instance is frozen, and for how long; it stands still while the others are killed. */
  readonly freezes: number;
  readonly freezeMs: number;
  /** How long an instance waits to be struck at a named place before it is killed where it is. */
  readonly failpointMs: number;
  /** Cuts all connections to the store, as a restart of its server does; null where there are none. */
  readonly cutStore: (() => Promise<void>) | null;
  /** Of one API, here and at the simulator. */
  readonly callsPerSecond: number;
  readonly seed: number;
}

/** Every event tells two people by userid; every fourth also a third one by mobile. */
const routes = (events: number): string => `routes:
  - name: pair
    on: "{topic:events}"
    type: test.Happened
    to: { userids: ["load{{ data.n }}", "load{{ data.n | plus: ${events} }}"] }
    message: { text: { content: "event {{ data.n }}" } }
    track: delivered
  - name: fourth
    on: "{topic:events}"
    type: test.Happened
    when: data.n % 4 == 0
    to: { mobiles: ["{{ data.mobile }}"] }
    message: { markdown: { title: "event {{ data.n }}", text: "the fourth of {{ data.n }}" } }
`;

/** Faults after which everybody still gets everything once. */
const faults: readonly FaultSpec[] = [
  { name: 'answer-lost', operation: 'send', count: 3 },
  { name: 'token-expired', count: 2 },
  { name: 'system-busy', operation: 'send', count: 2 },
  { name: 'rate-limited', operation: 'send', count: 1 },
  { name: 'request-lost', count: 2 },
  { name: 'slow', operation: 'send', ms: 700, count: 5 },
  { name: 'bad-gateway', operation: 'send', processed: true, count: 2 },
  { name: 'half-open', operation: 'send', count: 1 },
  { name: 'answer-code', operation: 'result', code: '-1', count: 2 },
  { name: 'result-late', ms: 1_500, count: 3 },
];

function limitsOf(scenario: KillScenario): SimulatorLimits {
  // The load of a month in a minute; everything else is as documented.
  return {
    ...documentedLimits,
    callsPerSecond: scenario.callsPerSecond,
    callsPerMonth: null,
    recipientsPerMinute: peopleAMinute(scenario),
  };
}

/** In proportion to the documented limits, unless that would be more than is sent at all. */
function peopleAMinute({ callsPerSecond }: KillScenario): number {
  return 250 * callsPerSecond;
}

export function createWorld(scenario: KillScenario): Promise<World> {
  const { callsPerSecond } = scenario;
  return World.create({
    brokers: scenario.brokers,
    registryUrl: scenario.registryUrl,
    store: scenario.store,
    topics: [{ name: 'events', partitions: 6 }],
    files: { 'routes/test.yaml': routes(scenario.events) },
    dingbus: `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  timeout: 3s
  apps:
    default: { app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886, result_checks: [2s, 15s, 1m, 2m, 4m], limits: { calls_per_second: ${callsPerSecond}, recipients_per_minute: ${peopleAMinute(scenario)} } }
topics:
  "{topic:events}": {}
`,
    simulator: {
      generate: 3 * scenario.events,
      limits: limitsOf(scenario),
      behaviour: { startsAfterMs: 0, finishesAfterMs: 200 },
    },
  });
}

/** Mulberry32: small, seeded, good enough to vary what happens. */
function seeded(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Publishes the events `from` ≤ n < `to`. */
async function publish(world: World, events: number, from: number, to: number): Promise<void> {
  await world.sink.publish(
    Array.from({ length: to - from }, (_, index) => {
      const n = from + index;
      return {
        topic: world.topic('events'),
        key: Buffer.from(`k${n % 50}`),
        value: Buffer.from(JSON.stringify({ n, mobile: String(16_600_000_000 + 2 * events + n) })),
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

/** What happened, for a look at whether the test has tested anything. */
export interface Happened {
  readonly struck: ReadonlyMap<string, number>;
  readonly kills: number;
  readonly freezes: number;
  readonly rejoined: number;
}

/** Starts the instances and lets everything happen to them; in the end all of them run. */
export async function disturb(world: World, scenario: KillScenario): Promise<Happened> {
  const { events, kills } = scenario;
  const random = seeded(scenario.seed);
  const members = await Promise.all(
    Array.from({ length: scenario.instances }, (_none, index) => world.process(`instance-${index}`)),
  );
  for (const member of members) member.start();
  await Promise.all(members.map((member) => member.readyOrOver()));
  const frozen = new Map<DingbusProcess, Promise<void>>();
  const struck = new Map<string, number>();
  let freezes = 0;
  let rejoined = 0;
  let killed = 0;
  const free = (): DingbusProcess[] => members.filter((member) => !frozen.has(member));
  const any = (): DingbusProcess | undefined => free()[Math.floor(random() * free().length)];
  // Every round has events of its own, so that whoever is to be struck has something to read.
  const publishPart = (round: number): Promise<void> =>
    publish(world, events, Math.floor((round * events) / kills), Math.floor(((round + 1) * events) / kills));
  for (let round = 0; round < kills; round += 1) {
    world.simulator.control.addFault(faults[round % faults.length] ?? { name: 'slow', ms: 100, count: 1 });
    const standing = any();
    if (standing !== undefined && freezes < scenario.freezes && frozen.size === 0 && round % 2 === 0) {
      freezes += 1;
      frozen.set(
        standing,
        freeze(standing, scenario.freezeMs).finally(() => frozen.delete(standing)),
      );
    }
    // The only instance there is cannot be killed while it stands still.
    if (free().length === 0) await Promise.all(frozen.values());
    const victim = any();
    if (victim === undefined) throw new Error('nobody is there to be killed');
    if (scenario.instances > 1 && round % 5 === 4) {
      // Node itself ends by the signal until dingbus has loaded.
      await victim.readyOrOver();
      expect(await victim.stop()).toEqual({ code: 0, signal: null });
      rejoined += 1;
      victim.start();
    }
    if (round % 3 === 1) await scenario.cutStore?.();
    // Each named place in turn, and now and then an instant that nothing announces.
    const place = failpoints[round % (failpoints.length + 1)];
    if (place !== undefined) {
      await victim.kill();
      killed += 1;
      victim.start(`${place}=${1 + Math.floor(random() * 3)}`);
      await victim.readyOrOver();
      await publishPart(round);
      const end = await Promise.race([victim.exited(), delay(scenario.failpointMs)]);
      if (end !== undefined && end.signal !== 'SIGKILL')
        throw new Error(`dingbus ended: ${victim.lastWords()}`);
      if (end !== undefined) struck.set(place, (struck.get(place) ?? 0) + 1);
    } else {
      await publishPart(round);
      await delay(random() * 1_500);
    }
    await victim.kill();
    killed += 1;
    victim.start();
  }
  await Promise.all(frozen.values());
  for (const member of members) {
    if (!member.isRunning()) throw new Error(`dingbus ended by itself: ${member.lastWords()}`);
  }
  return { struck, kills: killed, freezes, rejoined };
}

async function freeze(member: DingbusProcess, ms: number): Promise<void> {
  member.signal('SIGSTOP');
  await delay(ms);
  member.signal('SIGCONT');
}

/** Nobody missed a message, nobody got one twice, every notification was told to its end once, no limit was passed. */
export async function expectPromiseKept(
  world: World,
  scenario: KillScenario,
  withinMs: number,
): Promise<void> {
  const { events } = scenario;
  const expected = events + Math.ceil(events / 4);
  const results: readonly WireResult[] = await world.untilResults(
    (all) => finalsByNotification(all).size >= expected,
    withinMs,
  );
  await expect.poll(() => world.lag(['events']), { timeout: 20_000 }).toBe(0n);
  const finals = finalsByNotification(results);
  expect(finals.size).toBe(expected);
  const wrong = [...finals.values()].filter((result) => result.status !== 'delivered');
  expect(wrong.map(({ status, reason, recipients }) => ({ status, reason, recipients }))).toEqual([]);

  const arrived = new Map<string, number>();
  for (const { userid, msg } of world.simulator.control.inboxes()) {
    const key = `${userid} ${JSON.stringify(msg)}`;
    arrived.set(key, (arrived.get(key) ?? 0) + 1);
  }
  expect([...arrived.values()].filter((count) => count !== 1)).toEqual([]);
  expect(arrived.size).toBe(events * 2 + Math.ceil(events / 4));
  // A repeat after an unknown outcome is meant to meet the filter for equal content.
  const meant = (detail: string): boolean => detail.includes('143106');
  const breaches = world.simulator.control
    .violations()
    .filter(({ kind, detail }) => kind !== 'limit' || !meant(detail));
  expect(breaches).toEqual([]);
}
