/**
 * The turned clock: midnight in the middle of a burst, repeats at the end of a day, a clock that is set forward or back,
 * through the real loops on the real ledger. Days are those of Shanghai, wherever the machine stands.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextDingtalkDay } from '../../src/base/dingtalk-day.ts';
import type { Result } from '../../src/model/result.ts';
import { noon } from '../fakes/builders.ts';
import { sqliteInMemoryKind, type TestStore } from './ledger/stores.ts';
import type { NotificationSpec } from './model/plans.ts';
import { ModelWorld } from './model/world.ts';

const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;
const midnight = nextDingtalkDay(noon);

let store: TestStore;
let world: ModelWorld;

beforeEach(async () => {
  store = await sqliteInMemoryKind.create();
});

afterEach(async () => {
  await world.close();
  await store.dispose();
});

async function begin(at: number): Promise<void> {
  world = await ModelWorld.create(store, at);
}

const plain: NotificationSpec = {
  users: ['u1'],
  department: false,
  everyone: false,
  pool: null,
  overLimit: 'drop',
  onUnknown: 'resend',
  track: 'delivered',
  priority: 'normal',
  quiet: null,
  expiresInMs: null,
  dedupe: null,
  throttle: null,
  digest: null,
  correlation: null,
};

async function publish(...changes: readonly Partial<NotificationSpec>[]): Promise<void> {
  await world.publish(
    changes.map((change) => ({ id: world.nextId(), notification: { ...plain, ...change }, signal: null })),
  );
}

const results = (): readonly Result[] =>
  world.history.finals().flatMap((each) => world.history.of(each.notificationId));
const statuses = (): string[] => world.history.finals().map((each) => each.status);
/** When somebody was sent something, ms after midnight. */
const sentAt = (): number[] => [...world.stand.tasks.values()].map((task) => task.at - midnight);

describe('midnight in the middle of a burst', () => {
  it('puts off what is over the limits of the day and sends it just after, within the limits of the next', async () => {
    await begin(midnight - 30 * second);
    // Three a day is the limit here.
    await publish(...Array.from({ length: 5 }, () => ({ overLimit: 'defer' as const })));
    await publish(...Array.from({ length: 4 }, () => ({ everyone: true, overLimit: 'defer' as const })));
    expect(sentAt().every((at) => at < 0)).toBe(true);
    expect(sentAt()).toHaveLength(6);
    await world.advance(29 * second);
    expect(sentAt()).toHaveLength(6);
    await world.advance(10 * second);
    const after = sentAt().filter((at) => at >= 0);
    expect(after).toHaveLength(3);
    expect(after.every((at) => at < 5 * second)).toBe(true);
    await publish({ overLimit: 'drop' }, { overLimit: 'drop' });
    await world.drain();
    world.checkEnd(await world.unpublished());
    const deferred = results().filter((each) => each.status === 'deferred');
    expect(deferred.map((each) => each.deferredUntil)).toEqual([midnight, midnight, midnight]);
    // Two of the old day and one of the new one fill it.
    expect(statuses().filter((status) => status === 'suppressed')).toHaveLength(1);
  });

  it('drops what is over the limits of the day, and nothing of the next day', async () => {
    await begin(midnight - 30 * second);
    await publish(...Array.from({ length: 5 }, () => ({})));
    await world.advance(40 * second);
    await publish(...Array.from({ length: 3 }, () => ({})));
    await world.drain();
    expect(statuses().filter((status) => status === 'suppressed')).toHaveLength(2);
    expect(statuses().filter((status) => status === 'delivered')).toHaveLength(6);
  });

  it('lets the same content go again on the new day', async () => {
    await begin(midnight - 30 * second);
    await publish({ pool: 0 });
    await publish({ pool: 0 });
    await world.advance(40 * second);
    await publish({ pool: 0 });
    await world.drain();
    expect(statuses().sort()).toEqual(['delivered', 'delivered', 'suppressed']);
  });
});

describe('a repeat after an unknown outcome', () => {
  const lost = { kind: 'lost', processed: true } as const;

  it('is made before 23:59, and proves that the first one arrived', async () => {
    await begin(midnight - 3 * minute);
    world.stand.sends = [lost];
    await publish({});
    await world.advance(minute);
    await world.drain();
    expect(world.history.finals()).toMatchObject([
      { status: 'delivered', recipients: [{ status: 'arrived', reason: 'inferred' }] },
    ]);
  });

  it('is not made from 23:59 on, nor on the next day', async () => {
    await begin(midnight - 65 * second);
    world.stand.sends = [lost, lost];
    await publish({});
    await world.advance(10 * minute);
    expect(world.stand.tasks.size).toBeLessThanOrEqual(2);
    expect(sentAt().every((at) => at < -minute)).toBe(true);
    await world.jump(day);
    expect(statuses()).toEqual(['unknown']);
    expect(sentAt().every((at) => at < -minute)).toBe(true);
  });

  it('that falls due while the machine sleeps over midnight is given up', async () => {
    await begin(midnight - 10 * minute);
    world.stand.sends = [lost];
    await publish({});
    await world.jump(11 * minute);
    expect(statuses()).toEqual(['unknown']);
    expect(world.stand.tasks.size).toBe(1);
  });
});

describe('a clock that is set', () => {
  it('a day forward loses nothing and doubles nothing: what is due goes, what was sent is told', async () => {
    await begin(noon);
    await publish({}, { quiet: { ms: 9 * 60 * minute, action: 'defer' } }, { track: 'read' });
    await world.jump(day);
    await publish({});
    await world.drain();
    world.checkEnd(await world.unpublished());
    expect(statuses().sort()).toEqual(['delivered', 'delivered', 'unverified', 'unverified']);
    expect(world.stand.tasks.size).toBe(4);
  });

  it('a day back stops nothing that comes after: it is sent, followed and told at once', async () => {
    await begin(noon);
    await publish({});
    await world.jump(-day);
    await publish({ users: ['u2'] });
    await world.advance(10 * second);
    expect(world.history.finals().map((each) => each.recipients[0]?.userid)).toContain('u2');
  });

  it('a day back does not hold up what was due already', async () => {
    await begin(noon);
    world.stand.sends = [{ kind: 'refuse', code: '-1' }];
    await publish({});
    await world.reload(false);
    await publish({ users: ['u2'] });
    await world.jump(-day);
    await world.reload(true);
    await world.advance(30 * second);
    expect(world.stand.tasks.size).toBe(2);
    expect(statuses()).toEqual(['delivered', 'delivered']);
  });

  it('a day back does not bring forward what waits for a time of day', async () => {
    await begin(noon);
    await publish({ quiet: { ms: 9 * 60 * minute, action: 'defer' } });
    await world.jump(-day);
    await world.advance(minute);
    expect(world.stand.tasks.size).toBe(0);
    await world.drain();
    expect(sentAt()).toEqual([expect.closeTo(noon + 9 * 60 * minute - midnight, -4)]);
  });
});
