/**
 * The promise, kept under `kill -9`: the built program on SQLite is killed again and again, at the places where a crash
 * hurts most and at random ones, while the simulator goes through its faults. In the end everybody has got every message
 * exactly once, every notification has exactly one final result, no limit was passed, and the group stands at the end of
 * its partitions. With the same DINGBUS_TEST_SEED the kills come in the same order; with DINGBUS_TEST_SCALE of 10 or
 * more it is 10,000 events and 60 kills.
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { failpoints } from '../../src/base/failpoints.ts';
import { createWorld, disturb, expectPromiseKept, type KillScenario } from './harness/kill-scenario.ts';
import { build, type World } from './harness/world.ts';

const large = Number(process.env['DINGBUS_TEST_SCALE'] ?? 1) >= 10;

let world: World | undefined;

beforeAll(() => {
  build();
});

afterAll(async () => {
  await world?.close();
});

it('nobody misses a message, nobody gets one twice, whenever the process is killed', async () => {
  const scenario: KillScenario = {
    brokers: inject('brokers'),
    registryUrl: inject('registryUrl'),
    store: 'sqlite:ledger/dingbus.db',
    instances: 1,
    events: large ? 10_000 : 1_500,
    kills: large ? 30 : failpoints.length + 1,
    cutStore: null,
    freezes: large ? 2 : 0,
    freezeMs: 60_000,
    failpointMs: 30_000,
    callsPerSecond: 200,
    seed: Number(process.env['DINGBUS_TEST_SEED'] ?? 4417),
  };
  world = await createWorld(scenario);
  const happened = await disturb(world, scenario);
  // A named place that is never reached tests nothing.
  expect([...happened.struck.keys()].sort()).toEqual([...failpoints].sort());
  await expectPromiseKept(world, scenario, 240_000);
});
