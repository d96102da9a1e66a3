/**
 * The promise of many instances: 1, 2 or 4 of the built program share topics and a PostgreSQL ledger under the limits of
 * a strict simulator, and are killed, frozen for longer than their lease, cut off from the database, stopped and started. DINGBUS_TEST_SCALE makes
 * it larger: with 20 it is 10,000 events, 60 kills and freezes of a minute, with 1, 2 and 4 instances.
 */
import { afterEach, beforeAll, expect, inject, it } from 'vitest';
import { startPostgres, type Database } from '../../dev/stack/postgres.ts';
import { execute } from '../contract/ledger/stores.ts';
import { createWorld, disturb, expectPromiseKept, type KillScenario } from './harness/kill-scenario.ts';
import { build, type World } from './harness/world.ts';

const seed = Number(process.env['DINGBUS_TEST_SEED'] ?? 4417);
const scale = Number(process.env['DINGBUS_TEST_SCALE'] ?? 1);
const large = scale >= 10;
/** A dead instance is taken for dead after 15 s. */
const leaseMs = 15_000;

const cutOthers = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`;

let world: World | undefined;
let database: Database | undefined;

beforeAll(() => {
  build();
});

afterEach(async () => {
  await world?.close();
  await database?.stop();
  world = undefined;
  database = undefined;
});

for (const instances of scale > 1 ? [1, 2, 4] : [4]) {
  it(`${instances} instances: nobody misses a message, nobody gets one twice, no limit is passed`, async () => {
    database = await startPostgres();
    const { url } = database;
    const scenario: KillScenario = {
      brokers: inject('brokers'),
      registryUrl: inject('registryUrl'),
      store: url,
      instances,
      events: Math.round(400 * (scale === 1 ? 1 : scale * 1.25)),
      kills: Math.max(4, Math.round(1.5 * scale)),
      freezes: large ? 3 : 1,
      cutStore: () => execute(url, cutOthers),
      failpointMs: large ? 8_000 : 2_000,
      freezeMs: large ? 60_000 : leaseMs + 2_000,
      callsPerSecond: 100,
      seed: seed + instances,
    };
    world = await createWorld(scenario);
    const happened = await disturb(world, scenario);
    expect(happened.freezes).toBeGreaterThan(0);
    expect(happened.kills).toBeGreaterThanOrEqual(scenario.kills);
    await expectPromiseKept(world, scenario, large ? 400_000 : 60_000);
  });
}
