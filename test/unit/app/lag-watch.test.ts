import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { createLagWatch } from '../../../src/app/lag-watch.ts';
import type { Loop } from '../../../src/base/loop.ts';
import type { PartitionStats } from '../../../src/kafka/source-types.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

const look = 15_000;
let loop: Loop | null = null;

afterEach(() => loop?.stop());

function partition(number: number, lag: bigint | null): PartitionStats {
  return {
    ...{ topic: 'orders', partition: number, position: 0n, committed: 0n, high: lag, lag },
    ...{ paused: false, busyMs: 0, failures: 0 },
  };
}

/** What is logged when the lags of two partitions are these at one look after the other. */
async function logOf(lags: readonly (readonly [bigint | null, bigint])[]): Promise<unknown[]> {
  const clock = new FakeClock();
  const lines: unknown[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const { level, topic, lag } = JSON.parse(String(chunk)) as Record<string, unknown>;
      lines.push([level, topic, lag]);
      done();
    },
  });
  let at = 0;
  loop = createLagWatch({
    clock,
    logger: pino(destination),
    partitions: () => (lags[at++] ?? [null, 0n]).map((lag, index) => partition(index, lag)),
  });
  loop.start();
  await clock.advance((lags.length - 1) * look);
  return lines;
}

it('tells once of a topic whose lag has grown for a minute, and once when it is caught up with', async () => {
  const growing = Array.from({ length: 8 }, (_none, n) => [BigInt(n * 500), 100n] as const);
  const lines = await logOf([...growing, [3_000n, 100n], [500n, 100n], [0n, 0n]]);
  expect(lines).toEqual([
    [40, 'orders', 2_100],
    [30, 'orders', 600],
  ]);
});

it('tells of it again when it comes again', async () => {
  const growing = Array.from({ length: 6 }, (_none, n) => [BigInt(n * 500), 0n] as const);
  expect(await logOf([...growing, [0n, 0n], ...growing])).toHaveLength(3);
});

it('takes a lag that goes up and down, a small one, and one that is not known for no news', async () => {
  const waves = Array.from(
    { length: 20 },
    (_none, n) => [n % 3 === 2 ? 0n : 90_000n + BigInt(n), 0n] as const,
  );
  expect(await logOf(waves)).toEqual([]);
  expect(await logOf(Array.from({ length: 20 }, (_none, n) => [null, BigInt(n)] as const))).toEqual([]);
});
