import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddressLimits } from '../../../src/dingtalk/address-limits.ts';
import type { ClientEvent } from '../../../src/dingtalk/client-events.ts';
import { Holds } from '../../../src/dingtalk/holds.ts';
import { Limiter, type Acquired } from '../../../src/dingtalk/limiter.ts';
import { RoundTrips } from '../../../src/dingtalk/window.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

interface Setup {
  readonly clock: FakeClock;
  readonly limiter: Limiter;
  readonly holds: Holds;
  readonly addressHolds: Holds;
  readonly events: ClientEvent[];
}

function setup(
  settings: { callsPerSecond?: number; recipientsPerMinute?: number; addressCalls?: number } = {},
): Setup {
  const clock = new FakeClock();
  const holds = new Holds(clock);
  const addressHolds = new Holds(clock);
  const events: ClientEvent[] = [];
  const limiter = new Limiter({
    clock,
    holds,
    callsPerSecond: settings.callsPerSecond ?? 20,
    recipientsPerMinute: settings.recipientsPerMinute ?? 5000,
    address: createAddressLimits(addressHolds, clock, settings.addressCalls ?? 10_000),
    observe: (event) => events.push(event),
  });
  return { clock, limiter, holds, addressHolds, events };
}

const normal = { recipients: 0, priority: 'normal', signal: null } as const;
const pause = { scope: 'send', reason: 'throttled', code: '90018', message: 'x' } as const;
const fault = { scope: 'app', reason: 'configuration', code: '60020', message: 'x' } as const;

/** Takes a place, "calls" and ends it, at this instant. */
async function callNow(limiter: Limiter): Promise<Acquired> {
  const acquired = await limiter.acquire('send', normal);
  if (acquired.kind === 'slot') {
    acquired.slot.begin();
    acquired.slot.end(true);
  }
  return acquired;
}

/** Runs a saturated queue against a server that counts arrivals in a sliding second; `delays` in ms there and back. */
async function saturate(
  seconds: number,
  delays: (call: number) => { readonly there: number; readonly back: number },
): Promise<{ readonly arrivals: readonly number[]; readonly most: number }> {
  const { clock, limiter } = setup();
  const arrivals: number[] = [];
  const end = clock.now() + seconds * 1000;
  let call = 0;
  const worker = async (): Promise<void> => {
    while (clock.now() < end) {
      const acquired = await limiter.acquire('send', normal);
      if (acquired.kind !== 'slot') return;
      const { there, back } = delays(call++);
      acquired.slot.begin();
      await new Promise<void>((resolve) => {
        clock.schedule(there, () => {
          arrivals.push(clock.now());
          clock.schedule(back, () => {
            acquired.slot.end(true);
            resolve();
          });
        });
      });
    }
  };
  const workers = Promise.all(Array.from({ length: 40 }, worker));
  await clock.advance(seconds * 1000);
  limiter.close();
  await clock.advance(2000);
  await workers;
  arrivals.sort((one, other) => one - other);
  const most = Math.max(
    ...arrivals.map((at, i) => arrivals.slice(i).filter((other) => other - at < 1000).length),
  );
  return { arrivals, most };
}

describe('Limiter, calls a second', () => {
  it('lets 60 seconds at full throttle use 95 % of the limit without passing it once', async () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const { arrivals, most } = await saturate(60, () => ({
      there: 5 + Math.floor(random() * 20),
      back: 5 + Math.floor(random() * 20),
    }));
    expect(most).toBeLessThanOrEqual(20);
    expect(arrivals.length).toBeGreaterThanOrEqual(0.95 * 20 * 60);
  });

  it('never passes the limit, whatever the way to DingTalk does to the calls', async () => {
    const delay = fc.record({
      there: fc.integer({ min: 1, max: 400 }),
      back: fc.integer({ min: 1, max: 400 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(delay, { minLength: 3, maxLength: 30 }), async (delays) => {
        // The least time there and back is known, as on a real way: one call of every round is as fast as can be.
        const { most } = await saturate(4, (call) =>
          call % 10 === 0 ? { there: 1, back: 1 } : (delays[call % delays.length] ?? { there: 1, back: 1 }),
        );
        expect(most).toBeLessThanOrEqual(20);
      }),
      { numRuns: 15 },
    );
  });

  it.each([86_400_000, 500, -500, -86_400_000])(
    'is not misled by a clock that is set by %d ms',
    async (ms) => {
      const { clock, limiter } = setup();
      for (let call = 0; call < 20; call++) await callNow(limiter);
      clock.set(clock.now() + ms);
      await clock.advance(500);
      expect(limiter.available('send')).toBe(0);
      await clock.advance(520);
      expect(limiter.available('send')).toBe(20);
    },
  );

  it('counts a call under way until it has ended, so that a slow one cannot arrive into the next second', async () => {
    const { clock, limiter } = setup({ callsPerSecond: 1 });
    const first = await limiter.acquire('send', normal);
    if (first.kind !== 'slot') throw new Error('no slot');
    first.slot.begin();
    await clock.advance(5000);
    expect(limiter.available('send')).toBe(0);
    expect(limiter.waitMs('send', 0)).toBeNull();
    first.slot.end(true);
    await clock.advance(900);
    expect(limiter.available('send')).toBe(0);
    await clock.advance(200);
    expect(limiter.available('send')).toBe(1);
  });

  it('takes no time in which this process was busy for a part of the way to DingTalk', async () => {
    const { clock, limiter } = setup();
    // 40 ms pass from each of these to its answer, 38 of them in writing the others of its burst.
    const call = async (workMs: number): Promise<void> => {
      const acquired = await limiter.acquire('send', normal);
      if (acquired.kind !== 'slot') throw new Error('no slot');
      acquired.slot.begin();
      await clock.advance(40);
      clock.busy(workMs);
      acquired.slot.end(true);
      await clock.advance(1100);
    };
    for (let each = 0; each < RoundTrips.enough; each++) await call(38);

    // The answer to this one took 40 ms of real waiting: it was counted 2 ms before that at the latest, not 40.
    const acquired = await limiter.acquire('send', normal);
    if (acquired.kind !== 'slot') throw new Error('no slot');
    acquired.slot.begin();
    await clock.advance(40);
    acquired.slot.end(true);
    await clock.advance(1000 - 2);
    expect(limiter.available('send')).toBe(19);
    await clock.advance(2 + 10);
    expect(limiter.available('send')).toBe(20);
  });

  it('keeps a count for each API', () => {
    const { limiter } = setup({ callsPerSecond: 1 });
    expect(limiter.tryReserve('send', 0)).not.toBeNull();
    expect(limiter.tryReserve('send', 0)).toBeNull();
    expect(limiter.tryReserve('result', 0)).not.toBeNull();
  });

  it.each([0, Infinity])('does not limit at all with %d', (callsPerSecond) => {
    const { limiter } = setup({ callsPerSecond, addressCalls: 1 });
    for (let i = 0; i < 5000; i++) expect(limiter.tryReserve('send', 0)).not.toBeNull();
    expect(limiter.available('send')).toBe(Infinity);
  });

  it('gives a place back that was reserved and not used', () => {
    const { limiter } = setup({ callsPerSecond: 1, recipientsPerMinute: 100 });
    const slot = limiter.tryReserve('send', 100);
    slot?.giveBack();
    slot?.giveBack();
    expect(limiter.tryReserve('send', 100)).not.toBeNull();
    expect(limiter.tryReserve('send', 100)).toBeNull();
  });

  it('counts what was called before a restart', async () => {
    const { clock, limiter } = setup({ callsPerSecond: 2, recipientsPerMinute: 100 });
    const at = clock.now() - 400;
    limiter.seed([
      { api: 'send', at, recipients: 60 },
      { api: 'send', at, recipients: 0 },
    ]);
    expect(limiter.available('send')).toBe(0);
    await clock.advance(700);
    expect(limiter.available('send')).toBe(2);
    expect(limiter.tryReserve('send', 41)).toBeNull();
    expect(limiter.tryReserve('send', 40)).not.toBeNull();
  });

  it('goes on when the wall clock is set back', async () => {
    const { clock, limiter } = setup({ callsPerSecond: 1 });
    await callNow(limiter);
    clock.set(clock.now() - 3_600_000);
    expect(limiter.available('send')).toBe(0);
    await clock.advance(1100);
    expect(limiter.available('send')).toBe(1);
  });

  it('keeps within the limit of our address over all apps', () => {
    const clock = new FakeClock();
    const address = createAddressLimits(new Holds(clock), clock, 3);
    const apps = [0, 1].map(
      () =>
        new Limiter({
          clock,
          holds: new Holds(clock),
          callsPerSecond: 20,
          recipientsPerMinute: 0,
          address,
          observe: () => {},
        }),
    );
    const taken = Array.from({ length: 10 }, (_, i) => apps[i % 2]?.tryReserve('send', 0)).filter(
      (slot) => slot !== null,
    );
    expect(taken).toHaveLength(3);
  });
});

describe('Limiter, recipients a minute', () => {
  it('waits for the minute, and tells why', async () => {
    const { clock, limiter, events } = setup({ recipientsPerMinute: 100 });
    const first = limiter.tryReserve('send', 60);
    if (first === null) throw new Error('no slot');
    const waiting = limiter.acquire('send', { ...normal, recipients: 60 });
    (first as unknown as { end(counted: boolean): void }).end(true);
    await clock.advance(59_000);
    expect(events).toEqual([]);
    await clock.advance(3000);
    expect((await waiting).kind).toBe('slot');
    expect(events).toMatchObject([{ kind: 'wait', operation: 'send', reason: 'recipients_per_minute' }]);
  });

  it('gives the people back when DingTalk proves that it told nobody', () => {
    const { limiter } = setup({ recipientsPerMinute: 100 });
    const slot = limiter.tryReserve('send', 100) as unknown as { end(counted: boolean): void };
    slot.end(false);
    expect(limiter.tryReserve('send', 100)).not.toBeNull();
  });

  it('lets a call to more people than the limit through an empty minute', () => {
    const { limiter } = setup({ recipientsPerMinute: 100 });
    expect(limiter.tryReserve('send', 20_000)).not.toBeNull();
    expect(limiter.tryReserve('send', 1)).toBeNull();
  });
});

describe('Limiter, order', () => {
  it('serves high priority first and keeps the order within', async () => {
    const { clock, limiter } = setup({ callsPerSecond: 1 });
    await callNow(limiter);
    const order: string[] = [];
    const take = async (name: string, priority: 'high' | 'normal'): Promise<void> => {
      const acquired = await limiter.acquire('send', { recipients: 0, priority, signal: null });
      order.push(name);
      if (acquired.kind === 'slot') acquired.slot.end(true);
    };
    const all = [take('n1', 'normal'), take('n2', 'normal'), take('h1', 'high'), take('h2', 'high')];
    await clock.advance(5000);
    await Promise.all(all);
    expect(order).toEqual(['h1', 'h2', 'n1', 'n2']);
  });

  it('does not let a reservation overtake those who wait', async () => {
    const { clock, limiter } = setup({ callsPerSecond: 1 });
    await callNow(limiter);
    const waiting = limiter.acquire('send', normal);
    await clock.advance(500);
    expect(limiter.tryReserve('send', 0)).toBeNull();
    await clock.advance(600);
    expect((await waiting).kind).toBe('slot');
  });

  it('forgets who gives up, and serves the next', async () => {
    const { clock, limiter } = setup({ callsPerSecond: 1 });
    await callNow(limiter);
    const controller = new AbortController();
    const givenUp = limiter.acquire('send', { ...normal, signal: controller.signal });
    const next = limiter.acquire('send', normal);
    controller.abort();
    expect((await givenUp).kind).toBe('aborted');
    await clock.advance(1100);
    expect((await next).kind).toBe('slot');
    expect((await limiter.acquire('send', { ...normal, signal: AbortSignal.abort() })).kind).toBe('aborted');
  });

  it('leaves nobody waiting when it is closed', async () => {
    const { limiter, clock } = setup({ callsPerSecond: 1 });
    await callNow(limiter);
    const waiting = limiter.acquire('send', normal);
    limiter.close();
    expect((await waiting).kind).toBe('aborted');
    expect(clock.pending).toBe(0);
  });
});

describe('Limiter and holds', () => {
  it('waits out a short pause', async () => {
    const { clock, limiter, holds } = setup();
    holds.add({ ...pause, until: clock.now() + 1000 });
    const waiting = callNow(limiter);
    expect(limiter.available('send')).toBe(0);
    expect(limiter.available('result')).toBe(20);
    await clock.advance(999);
    expect(limiter.available('send')).toBe(0);
    await clock.advance(1);
    expect((await waiting).kind).toBe('slot');
  });

  it('never shortens a pause that is longer already', () => {
    const { clock, holds } = setup();
    const until = clock.now() + 300_000;
    holds.add({ ...pause, until });
    holds.add({ ...pause, until: clock.now() + 1000 });
    expect(holds.list()).toMatchObject([{ until }]);
  });

  it('turns away at once what a fault of the configuration holds, with the reason and the time', async () => {
    const { clock, limiter, holds, addressHolds } = setup();
    const until = clock.now() + 300_000;
    holds.add({ ...fault, until });
    expect(await callNow(limiter)).toMatchObject({ kind: 'held', until, hold: { code: '60020' } });
    holds.release();
    addressHolds.add({ scope: 'address', reason: 'ban', code: 'ip_banned', message: 'x', until });
    expect(await callNow(limiter)).toMatchObject({ kind: 'held', until, hold: { reason: 'ban' } });
    expect(limiter.waitMs('send', 0)).toBe(300_000);
  });

  it('turns away those who wait when a hold comes', async () => {
    const { limiter, holds } = setup({ callsPerSecond: 1 });
    await callNow(limiter);
    const waiting = limiter.acquire('send', normal);
    holds.add({ ...fault, until: null });
    limiter.refresh();
    expect(await waiting).toMatchObject({ kind: 'held', until: null });
    expect(limiter.waitMs('send', 0)).toBeNull();
  });

  it('lets one call try when a hold has run out, and the others when it succeeds', async () => {
    const { clock, limiter, holds } = setup();
    holds.add({ ...fault, until: clock.now() + 1000 });
    await clock.advance(1000);
    expect(limiter.available('send')).toBe(1);
    const probe = limiter.tryReserve('send', 0);
    expect(probe).toMatchObject({ probe: true });
    expect(limiter.tryReserve('send', 0)).toBeNull();
    expect(holds.succeeded()).toMatchObject([{ code: '60020' }]);
    expect(limiter.available('send')).toBe(19);
  });

  it('lets the next one try when the first was not made after all, or was never heard of again', async () => {
    const { clock, limiter, holds } = setup();
    holds.add({ ...fault, until: clock.now() });
    limiter.tryReserve('send', 0)?.giveBack();
    expect(limiter.tryReserve('send', 0)).not.toBeNull();
    expect(limiter.tryReserve('send', 0)).toBeNull();
    await clock.advance(60_000);
    expect(limiter.tryReserve('send', 0)).not.toBeNull();
  });
});
