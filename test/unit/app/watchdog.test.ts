import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWatchdog, type Watchdog } from '../../../src/app/watchdog.ts';
import { createLoop, type Loop } from '../../../src/base/loop.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { PartitionStats } from '../../../src/kafka/source-types.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

let clock: FakeClock;
let finish: () => void;
let work: Loop;
let watchdog: Watchdog;
let told: string[];
let busyMs: number;

const partition = (): PartitionStats => ({
  ...{ topic: 'orders', partition: 1, position: 0n, committed: 0n, high: 0n, lag: 0n },
  ...{ paused: false, failures: 0, busyMs },
});

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  busyMs = 0;
  finish = () => undefined;
  work = createLoop({
    name: 'delivery default',
    clock,
    logger: silentLogger,
    turn: () =>
      new Promise((resolve) => {
        finish = () => {
          resolve({ wakeAt: clock.now() + 1_000 });
        };
      }),
  });
  watchdog = createWatchdog({
    clock,
    logger: silentLogger,
    loops: () => [work.state()],
    partitions: () => [partition()],
    onStuck: (kind) => told.push(kind),
  });
  watchdog.loop.start();
});
afterEach(async () => {
  finish();
  await Promise.all([watchdog.loop.stop(), work.stop()]);
});

const bad = (): string[] =>
  watchdog
    .live()
    .filter(({ ok }) => !ok)
    .map(({ component, reason }) => `${component}: ${reason ?? ''}`);

describe('the watchdog', () => {
  it('is content while loops wait for their next turn, however long', async () => {
    work.start();
    finish();
    await clock.advance(500);
    expect(work.state().busySince).toBeNull();
    await clock.advance(100_000);
    expect(bad()).toEqual([]);
    expect(watchdog.live()).toEqual([{ component: 'event_loop', ok: true, reason: null }]);
  });

  it('barks at a turn that does not end, tells it once, and is content again when it does', async () => {
    work.start();
    await clock.advance(119_000);
    expect(bad()).toEqual([]);
    await clock.advance(30_000);
    expect(bad()).toEqual(['loop:delivery default: it has not moved for 149 s']);
    expect(told).toEqual(['loop']);
    finish();
    await clock.advance(500);
    expect(bad()).toEqual([]);
  });

  it('barks at a batch of records that does not end', async () => {
    busyMs = 120_000;
    await clock.advance(3_000);
    expect(bad()).toEqual(['intake:orders/1: it has not moved for 120 s']);
    expect(told).toEqual(['intake']);
  });

  it('barks when the event loop itself stood still', async () => {
    await clock.advance(5_000);
    clock.set(clock.now() + 15_000);
    expect(bad()[0]).toMatch(/^event_loop: it has not moved for 1[45] s$/);
    await clock.advance(1_000);
    expect(bad()).toEqual([]);
  });
});
