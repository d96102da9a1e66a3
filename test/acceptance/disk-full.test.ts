/**
 * The disk of the ledger runs full while events arrive: reading stops, nothing is acknowledged, the process says why and
 * lives; with room again, or after a kill, everything is delivered once. On a small file system of its own, which
 * takes the right to mount one.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { mountSmallDisk } from '../fakes/small-disk.ts';
import type { DingbusProcess } from './harness/dingbus-process.ts';
import { expectEachDeliveredOnce, onePersonEach } from './harness/each-once.ts';
import { build, finalsByNotification, World } from './harness/world.ts';

/** For the ledger with its log, and the snapshots that both grow by. */
const diskSize = '24m';

let world: World | undefined;
let dingbus: DingbusProcess | undefined;
/** Where the small disk is mounted; null when this machine does not let us. */
let disk: string | null = null;
let published = 0;

beforeAll(async () => {
  build();
  world = await World.create({
    brokers: inject('brokers'),
    registryUrl: inject('registryUrl'),
    topics: [{ name: 'events', partitions: 2 }],
    files: { 'routes/test.yaml': onePersonEach },
    dingbus: `dingtalk:
  base_url: "\${DINGTALK_BASE_URL}"
  apps:
    default: { app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886, limits: { calls_per_second: 200 } }
topics:
  "{topic:events}": {}
`,
    simulator: { generate: 1_000, behaviour: { startsAfterMs: 0, finishesAfterMs: 200 } },
  });
  dingbus = await world.process();
  disk = mountSmallDisk(join(dingbus.settings.dataDir, 'ledger'), diskSize);
});

afterAll(async () => {
  await dingbus?.kill();
  if (disk !== null) execFileSync('umount', [disk]);
  await world?.close();
});

/** Takes all the room that is left. */
function fill(folder: string): void {
  const file = openSync(join(folder, 'ballast'), 'w');
  try {
    for (const size of [1_048_576, 4_096]) {
      const block = Buffer.alloc(size);
      for (let written = size; written === size;) written = writeUntilFull(file, block);
    }
  } finally {
    closeSync(file);
  }
}

function writeUntilFull(file: number, block: Buffer): number {
  try {
    return writeSync(file, block);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOSPC') return 0;
    throw thrown;
  }
}

function makeRoom(folder: string): void {
  rmSync(join(folder, 'ballast'));
}

async function publish(here: World, count: number): Promise<void> {
  await here.sink.publish(
    Array.from({ length: count }, (_none, index) => ({
      topic: here.topic('events'),
      key: Buffer.from(`k${index}`),
      value: Buffer.from(JSON.stringify({ n: published + index, padding: 'x'.repeat(2_000) })),
      headers: [],
    })),
  );
  published += count;
}

async function everythingDelivered(here: World): Promise<void> {
  const results = await here.untilResults((all) => finalsByNotification(all).size >= published, 60_000);
  expectEachDeliveredOnce(here, results, published);
}

it('stops reading, says why, and goes on when there is room', async (context) => {
  if (world === undefined || dingbus === undefined) throw new Error('the set-up failed');
  if (disk === null) return context.skip('this machine does not let us mount a file system');
  dingbus.start();
  await dingbus.ready();
  const { pid } = dingbus;
  await publish(world, 20);
  await everythingDelivered(world);

  fill(disk);
  await publish(world, 300);
  await expect.poll(() => dingbus?.isReady(), { timeout: 20_000 }).toBe(false);
  const ready = await fetch(`http://127.0.0.1:${dingbus.settings.port}/-/ready`);
  expect(await ready.text()).toMatch(/full|room/);
  expect(dingbus.lifeSaid()).toMatch(/full|room/);
  const behind = await world.lag(['events']);
  expect(behind).toBeGreaterThan(0n);

  makeRoom(disk);
  await everythingDelivered(world);
  await expect.poll(() => dingbus?.isReady(), { timeout: 20_000 }).toBe(true);
  expect(dingbus.pid).toBe(pid);
});

it('loses and doubles nothing when it is killed while the disk is full', async (context) => {
  if (world === undefined || dingbus === undefined) throw new Error('the set-up failed');
  if (disk === null) return context.skip('this machine does not let us mount a file system');
  // SQLite writes over the log that it has before it asks for room; after an orderly stop it has none.
  expect(await dingbus.stop()).toEqual({ code: 0, signal: null });
  dingbus.start();
  await dingbus.ready();
  fill(disk);
  await publish(world, 300);
  await expect.poll(() => dingbus?.isReady(), { timeout: 20_000 }).toBe(false);
  await dingbus.kill();
  makeRoom(disk);
  dingbus.start();
  await dingbus.ready();
  await everythingDelivered(world);
  expect(await dingbus.stop()).toEqual({ code: 0, signal: null });
});
