/** Several processes under the limits of one app: what breaks here is refused by DingTalk, or never sent. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairParts, type Claim } from '../../../src/dingtalk/fair-parts.ts';
import { partLifeMs } from '../../../src/dingtalk/shared-permits.ts';
import { Fleet } from '../../fakes/fleet.ts';

const second = 1_000;
const minute = 60_000;

describe('instances at full throttle', () => {
  it('use the limit of calls a second together, and never pass it', async () => {
    const fleet = new Fleet();
    // Clocks are hours apart; only the store's counts.
    const skews = [0, 3 * 3_600_000, -3_600_000, 90_000];
    for (const skew of skews) fleet.start(skew).saturate(20);
    await fleet.clock.advance(5 * second);
    const from = fleet.clock.now();
    await fleet.clock.advance(30 * second);
    expect(fleet.most(second)).toBeLessThanOrEqual(20);
    expect(fleet.between(from, from + 30 * second)).toBeGreaterThanOrEqual(0.9 * 20 * 30);
    // In equal parts.
    for (const by of skews.keys()) {
      const own = fleet.arrivals.filter((each) => each.by === by && each.at >= from).length;
      expect(own).toBeGreaterThanOrEqual(100);
    }
    // No journey to the store for each call.
    expect(fleet.store.writes).toBeLessThan(0.5 * fleet.arrivals.length);
  });

  it('leave to the only busy one what the others do not use', async () => {
    const fleet = new Fleet();
    const [busy, other] = [fleet.start(), fleet.start()];
    other.saturate(20);
    await fleet.clock.advance(5 * second);
    other.stopCalling();
    busy.saturate(20);
    await fleet.clock.advance(5 * second);
    const from = fleet.clock.now();
    await fleet.clock.advance(20 * second);
    expect(fleet.most(second)).toBeLessThanOrEqual(20);
    expect(fleet.between(from, from + 20 * second)).toBeGreaterThanOrEqual(0.9 * 20 * 20);
  });

  it('come and go: each gets its part within seconds', async () => {
    const fleet = new Fleet();
    fleet.start().saturate(20);
    await fleet.clock.advance(5 * second);
    fleet.start().saturate(20);
    await fleet.clock.advance(4 * second);
    const from = fleet.clock.now();
    await fleet.clock.advance(10 * second);
    expect(fleet.most(second)).toBeLessThanOrEqual(20);
    const late = fleet.arrivals.filter((each) => each.by === 1 && each.at >= from).length;
    expect(late).toBeGreaterThanOrEqual(70);
  });

  it('share a limit that is smaller than their number', async () => {
    const fleet = new Fleet();
    for (let index = 0; index < 4; index++) fleet.start(0, { callsPerSecond: 2 }).saturate(3);
    await fleet.clock.advance(2 * minute);
    expect(fleet.most(second)).toBeLessThanOrEqual(2);
    for (let by = 0; by < 4; by++) {
      expect(fleet.arrivals.filter((each) => each.by === by).length).toBeGreaterThan(5);
    }
  });
});

describe('an instance that', () => {
  it('was frozen does not use a part that others have taken over', async () => {
    const fleet = new Fleet();
    const [one, two] = [fleet.start(), fleet.start()];
    one.saturate(20);
    two.saturate(20);
    await fleet.clock.advance(5 * second);
    one.clock.freeze();
    await fleet.clock.advance(minute);
    const thawed = fleet.clock.now();
    one.clock.thaw();
    await fleet.clock.advance(20 * second);
    expect(fleet.most(second)).toBeLessThanOrEqual(20);
    expect(fleet.between(thawed - 30 * second, thawed)).toBeGreaterThanOrEqual(0.9 * 20 * 30);
    expect(
      fleet.arrivals.filter(({ by, at }) => by === 0 && at > thawed + 5 * second).length,
    ).toBeGreaterThan(100);
  });

  it.each([10, 50, 400, 2_000, 3_500, 6_000])(
    'is frozen again and again for %d ms passes no limit',
    async (ms) => {
      const fleet = new Fleet();
      const instances = [fleet.start(), fleet.start(), fleet.start()];
      for (const instance of instances) instance.saturate(10);
      for (let round = 0; round < 12; round++) {
        const victim = instances[round % instances.length];
        await fleet.clock.advance(300 + Math.floor(fleet.random() * 900));
        victim?.clock.freeze();
        await fleet.clock.advance(ms);
        victim?.clock.thaw();
      }
      await fleet.clock.advance(3 * second);
      expect(fleet.most(second)).toBeLessThanOrEqual(20);
    },
  );

  it('was killed leaves all to the others when its part has run out', async () => {
    const fleet = new Fleet();
    const [one, two] = [fleet.start(), fleet.start()];
    one.saturate(20);
    two.saturate(20);
    await fleet.clock.advance(5 * second);
    one.kill();
    await fleet.clock.advance(partLifeMs + 3 * second);
    const from = fleet.clock.now();
    await fleet.clock.advance(10 * second);
    expect(fleet.most(second)).toBeLessThanOrEqual(20);
    expect(fleet.between(from, from + 10 * second)).toBeGreaterThanOrEqual(0.9 * 20 * 10);
  });

  it('comes when all is taken by one that was just killed calls at once', async () => {
    const fleet = new Fleet();
    const killed = fleet.start();
    killed.saturate(20);
    await fleet.clock.advance(5 * second);
    killed.kill();
    await fleet.clock.advance(100);
    const next = fleet.start();
    const before = fleet.clock.now();
    next.saturate(20);
    await fleet.clock.advance(100);
    expect(fleet.arrivals.some(({ by, at }) => by === 1 && at >= before)).toBe(true);
    await fleet.clock.advance(10 * second);
    expect(fleet.most(second)).toBeLessThanOrEqual(20);
  });

  it('ends in order gives its part back', async () => {
    const fleet = new Fleet();
    const [one, two] = [fleet.start(), fleet.start()];
    one.saturate(20);
    await fleet.clock.advance(5 * second);
    one.stopCalling();
    one.limiter.close();
    const closing = one.permits.close();
    await fleet.clock.advance(100);
    await closing;
    two.saturate(20);
    await fleet.clock.advance(4 * second);
    const from = fleet.clock.now();
    await fleet.clock.advance(5 * second);
    expect(fleet.most(second)).toBeLessThanOrEqual(20);
    expect(fleet.between(from, from + 5 * second)).toBeGreaterThanOrEqual(0.9 * 20 * 5);
  });

  it('alone cannot reach the store calls on until its part has run out; the others wait for that', async () => {
    const fleet = new Fleet();
    const [one, two] = [fleet.start(), fleet.start()];
    one.saturate(20);
    two.saturate(20);
    await fleet.clock.advance(5 * second);
    one.clock.cutOff = true;
    await fleet.clock.advance(30 * second);
    expect(fleet.most(second)).toBeLessThanOrEqual(20);
    expect(fleet.arrivals.filter(({ by }) => by === 1).length).toBeGreaterThan(0.9 * 20 * 25);
  });

  it('has nothing to do asks the store for nothing', async () => {
    const fleet = new Fleet();
    const one = fleet.start();
    const called = fleet.call(one, 0, 1);
    await fleet.clock.advance(second);
    expect(await called).toBe(true);
    await fleet.clock.advance(20 * second);
    const { writes } = fleet.store;
    await fleet.clock.advance(10 * minute);
    expect(fleet.store.writes).toBe(writes);
    expect(fleet.clock.pending).toBe(0);
  });

  it('cannot reach the store stops when its part has run out, and goes on with the store', async () => {
    const fleet = new Fleet();
    fleet.start().saturate(20);
    await fleet.clock.advance(5 * second);
    fleet.store.away = true;
    const away = fleet.clock.now();
    await fleet.clock.advance(30 * second);
    expect(fleet.between(away + partLifeMs + second, away + 30 * second)).toBe(0);
    fleet.store.away = false;
    const back = fleet.clock.now();
    await fleet.clock.advance(5 * second);
    expect(fleet.between(back, back + 5 * second)).toBeGreaterThan(60);
    expect(fleet.most(second)).toBeLessThanOrEqual(20);
  });
});

describe('recipients a minute', () => {
  it('are never passed by several instances, and a call for many people gets its turn', async () => {
    const fleet = new Fleet();
    const small = [fleet.start(), fleet.start()];
    const large = fleet.start();
    for (const instance of small) instance.saturate(3, 50);
    await fleet.clock.advance(70 * second);
    const calls = Promise.all([fleet.call(large, 2, 3_000), fleet.call(large, 2, 5_000)]);
    await fleet.clock.advance(8 * minute);
    expect(await calls).toEqual([true, true]);
    expect(fleet.most(minute, ({ people }) => people)).toBeLessThanOrEqual(5_000);
    const own = fleet.arrivals.reduce((sum, { people }) => sum + people, 0);
    expect(own).toBeGreaterThan(5_000 * 4);
  });
});

describe('a stop of calls', () => {
  const ban = { scope: 'address', reason: 'ban', code: '1111', message: 'banned' } as const;
  const fault = { scope: 'app', reason: 'configuration', code: '60020', message: 'x', until: null } as const;

  it('that one has met stops the others soon, whatever their clocks say', async () => {
    const fleet = new Fleet();
    const [one, two] = [fleet.start(), fleet.start(3_600_000)];
    one.saturate(5);
    two.saturate(5);
    await fleet.clock.advance(3 * second);
    one.holds.add({ ...ban, until: one.clock.now() + minute });
    await fleet.clock.advance(1_200);
    const gate = two.holds.gate('send');
    expect(gate).toMatchObject({ kind: 'closed' });
    if (gate.kind !== 'closed' || gate.until === null) throw new Error('no end');
    expect(Math.abs(gate.until - two.clock.now() - (minute - 1_200))).toBeLessThan(100);
    // Whoever comes later is told before its first call.
    const late = fleet.start(-5_000);
    const called = fleet.call(late, 2, 0);
    await fleet.clock.advance(100);
    expect(await called).toBe(false);
  });

  it('ends for all when it ends for one', async () => {
    const fleet = new Fleet();
    const [one, two] = [fleet.start(), fleet.start()];
    one.saturate(5);
    two.saturate(5);
    await fleet.clock.advance(3 * second);
    one.holds.add(fault);
    await fleet.clock.advance(1_200);
    expect(two.holds.gate('send').kind).toBe('closed');
    two.holds.release();
    await fleet.clock.advance(1_200);
    expect(one.holds.gate('send').kind).toBe('open');
    expect(JSON.parse(fleet.store.text('app'))).toMatchObject({ holds: {} });
    // The same fault again is a new one.
    one.holds.add(fault);
    await fleet.clock.advance(1_200);
    expect(two.holds.gate('send').kind).toBe('closed');
  });

  it('for a fault of the set-up is forgotten by a start, which says that it was mended', async () => {
    const fleet = new Fleet();
    const one = fleet.start();
    one.holds.add(fault);
    await fleet.clock.advance(second);
    one.kill();
    const two = fleet.start();
    const called = fleet.call(two, 1, 0);
    await fleet.clock.advance(second);
    expect(await called).toBe(true);
  });
});

describe('fair parts', () => {
  const claims = fc.uniqueArray(
    fc.record({
      owner: fc.string({ minLength: 1, maxLength: 4 }),
      want: fc.nat(40),
      need: fc.nat(40),
      since: fc.option(fc.nat(100), { nil: null }),
    }),
    { selector: ({ owner }) => owner, maxLength: 8 },
  );
  const sum = (parts: ReadonlyMap<string, number>): number => [...parts.values()].reduce((a, b) => a + b, 0);

  it('are never more than there is, in whatever order the claims come', () => {
    fc.assert(
      fc.property(fc.nat(50), claims, (total, list) => {
        const parts = fairParts(total, list);
        expect(sum(parts)).toBeLessThanOrEqual(total);
        expect(fairParts(total, list.toReversed())).toEqual(parts);
      }),
    );
  });

  it('leave nothing over that somebody wants, when nobody needs more than an equal part', () => {
    fc.assert(
      fc.property(fc.nat(50), claims, (total, list) => {
        const modest: Claim[] = list.map((claim) => ({ ...claim, since: null }));
        const wanted = modest.reduce((all, { want }) => all + want, 0);
        expect(sum(fairParts(total, modest))).toBe(Math.min(total, wanted));
      }),
    );
  });

  it('give the one that has waited longest what its call needs', () => {
    const parts = fairParts(20, [
      { owner: 'a', want: 20, need: 1, since: 5 },
      { owner: 'b', want: 20, need: 15, since: 3 },
      { owner: 'c', want: 20, need: 18, since: 4 },
    ]);
    expect(Object.fromEntries(parts)).toEqual({ a: 2, b: 15, c: 3 });
  });
});
