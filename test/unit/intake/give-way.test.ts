import { beforeEach, expect, it } from 'vitest';
import { givingWay } from '../../../src/intake/give-way.ts';
import { noon } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

let clock: FakeClock;
let pressed: boolean;
let processed: number[];
let read: ReturnType<typeof givingWay>;

beforeEach(() => {
  clock = new FakeClock(noon);
  pressed = false;
  processed = [];
  read = givingWay(
    ({ partition }) => {
      processed.push(partition);
      return Promise.resolve({ processedTo: 1n });
    },
    { clock, pressed: () => pressed },
  );
});

const offer = (partition: number, signal = new AbortController().signal) =>
  read({ topic: 'shop.orders', partition, records: [], signal });

/** The time passes, and all of it is work. */
async function work(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1) {
    clock.busy(1);
    await clock.advance(1);
  }
}

it('reads on while nothing waits for its turn', async () => {
  await Promise.all([offer(0), offer(1)]);
  expect(processed).toEqual([0, 1]);
  expect(clock.pending).toBe(0);
});

it('waits while a busy process has more to send than it can', async () => {
  pressed = true;
  const done = offer(0);
  await work(500);
  expect(processed).toEqual([]);
  pressed = false;
  await work(10);
  expect(processed).toEqual([0]);
  expect(await done).toEqual({ processedTo: 1n });
});

it('reads on while sending waits for something else than the processor', async () => {
  pressed = true;
  const done = offer(0);
  await clock.advance(20);
  expect(processed).toEqual([0]);
  await done;
});

it('gives way for a second at most', async () => {
  pressed = true;
  const done = offer(0);
  await work(1_010);
  expect(processed).toEqual([0]);
  await done;
});

it('lets one batch after the other go on, each with a look at what the one before has brought', async () => {
  pressed = true;
  let finish = (): void => undefined;
  read = givingWay(
    async ({ partition }) => {
      processed.push(partition);
      pressed = true;
      await new Promise<void>((resolve) => (finish = resolve));
      return { processedTo: 1n };
    },
    { clock, pressed: () => pressed },
  );
  const all = [offer(0), offer(1)];
  pressed = false;
  await work(10);
  expect(processed).toEqual([0]);
  finish();
  await work(100);
  expect(processed).toEqual([0]);
  pressed = false;
  await work(10);
  expect(processed).toEqual([0, 1]);
  finish();
  await Promise.all(all);
});

it('does not wait for a batch that waits itself', async () => {
  read = givingWay(
    ({ partition }) => {
      processed.push(partition);
      return partition === 0 ? new Promise(() => undefined) : Promise.resolve({ processedTo: 1n });
    },
    { clock, pressed: () => pressed },
  );
  pressed = true;
  void offer(0);
  const second = offer(1);
  pressed = false;
  await clock.advance(50);
  expect(processed).toEqual([0, 1]);
  await second;
});

it('does not wait for a partition that is taken away, nor after a batch that failed', async () => {
  read = givingWay(
    ({ partition }) => {
      processed.push(partition);
      return partition === 0 ? Promise.reject(new Error('away')) : Promise.resolve({ processedTo: 1n });
    },
    { clock, pressed: () => pressed },
  );
  pressed = true;
  const away = new AbortController();
  const first = offer(0, away.signal);
  const second = offer(1, away.signal);
  first.catch(() => undefined);
  await work(10);
  expect(processed).toEqual([]);
  away.abort();
  await expect(first).rejects.toThrow('away');
  expect(await second).toEqual({ processedTo: 1n });
  expect(processed).toEqual([0, 1]);
});
