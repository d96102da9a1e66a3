import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { aNotification, aRecord, anEvent, noon } from '../fakes/builders.ts';
import { claim } from './ledger/quota-cases.ts';
import { identityOf, told, waiting, withCall } from './ledger/samples.ts';
import { execute, postgresKind, type TestStore } from './ledger/stores.ts';

const kind = postgresKind();
const due = { app: 'default', now: noon, limit: 10 };
let store: TestStore;
let one: Ledger;
let two: Ledger;

beforeAll(() => kind.start());
afterAll(() => kind.stop());
beforeEach(async () => {
  store = await kind.create();
  // Real time: what is retried after a broken connection waits for it.
  [one, two] = await Promise.all([store.open({ clock: systemClock }), store.open({ clock: systemClock })]);
});
afterEach(() => store.dispose());

function openStore(url: URL): Promise<Ledger> {
  return openLedger({
    store: url.href,
    instance: 'another',
    description: 'another',
    clock: systemClock,
    logger: silentLogger,
    leaseMs: null,
    readOnly: false,
  });
}

/** Runs the same on both instances at once, many times over. */
async function race<T>(rounds: number, work: (ledger: Ledger, round: number) => Promise<T>): Promise<T[]> {
  const all = Array.from({ length: rounds }, (_none, round) => [work(one, round), work(two, round)]).flat();
  return Promise.all(all);
}

/** Ends all connections to this store's database, as a restart of the server does. */
async function cutConnections(): Promise<void> {
  await execute(
    store.url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'dingbus%'`,
  );
}

describe('two instances at once', () => {
  it('insert an event and a notification once between them', async () => {
    const rows = Array.from({ length: 50 }, (_none, index) => ({
      identity: identityOf(`e-${index}`),
      record: aRecord(),
      receivedAt: noon,
    }));
    const fresh = await race(4, (ledger, round) =>
      ledger.write(async (tx) => {
        // In different orders, as two consumers would.
        const events = await tx.insertEvents(round % 2 === 0 ? rows : rows.toReversed());
        const entries = rows.map(({ identity }, index) => ({
          notification: aNotification({}, `e-${index}`),
          identity,
        }));
        const notifications = await tx.insertNotifications(entries);
        return events.size + notifications.size;
      }),
    );
    expect(fresh.reduce((sum, size) => sum + size, 0)).toBe(100);
  });

  it('take each due notification once', async () => {
    await waiting(one, 60);
    const taken = await race(6, (ledger) =>
      ledger.write(async (tx) => {
        const list = await tx.takeDue(due);
        await tx.saveNotifications(list.map((each) => ({ ...each, state: 'active' })));
        return list.map((each) => each.id);
      }),
    );
    const ids = taken.flat();
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('take each ready call once', async () => {
    for (let index = 0; index < 12; index++) await withCall(one, { nextAt: noon }, `e-${index}`);
    const taken = await race(4, (ledger) =>
      ledger.write(async (tx) => {
        const calls = await tx.takeReadyCalls({ ...due, limit: 3 });
        await tx.saveCalls(calls.map((each) => ({ ...each, state: 'sending' })));
        return calls.map((each) => each.id);
      }),
    );
    const ids = taken.flat();
    expect(new Set(ids).size).toBe(ids.length);
    // In flight with an instance that lives: nobody else's.
    expect(await one.write((tx) => tx.takeOrphanedCalls(10))).toEqual([]);
    expect(await two.write((tx) => tx.takeOrphanedCalls(10))).toEqual([]);
  });

  it('never pass a limit between them', async () => {
    const key = { app: 'default', scope: 'broadcasts' as const, period: '2026-03-02' };
    const counted = await race(10, (ledger) => ledger.write((tx) => tx.count(key, 1, 3)));
    expect(counted.filter(Boolean)).toHaveLength(3);
    const verdicts = await race(10, (ledger, round) =>
      ledger.write((tx) =>
        tx.claimContents(
          ['u1', 'u2', 'u3'].map((user) =>
            claim(user, `${round}-${ledger === one ? 1 : 2}`, `n-${round}-${ledger === one ? 1 : 2}`),
          ),
          5,
        ),
      ),
    );
    expect(verdicts.flat().filter((verdict) => verdict.granted)).toHaveLength(15);
    const same = await race(5, (ledger, round) =>
      ledger.write((tx) => tx.claimContents([claim('u9', 'c', `n-${round}-${ledger === one ? 1 : 2}`)], 5)),
    );
    expect(same.flat().filter((verdict) => verdict.granted)).toHaveLength(1);
    const admitted = await race(10, (ledger, round) =>
      ledger.write((tx) =>
        tx.claimThrottle(
          {
            route: 'r',
            key: 'k',
            notificationId: `n-${round}-${ledger === one ? 1 : 2}`,
            limit: 4,
            windowMs: 100,
          },
          noon,
        ),
      ),
    );
    expect(admitted.filter((latest) => latest === null)).toHaveLength(4);
    const holders = await race(5, (ledger, round) =>
      ledger.write((tx) =>
        tx.claimDedupe(
          { route: 'r', key: 'k', notificationId: `n-${round}-${ledger === one ? 1 : 2}`, until: noon + 9 },
          noon,
        ),
      ),
    );
    expect(new Set(holders).size).toBe(1);
  });

  it('put every member of a digest into exactly one window, and take each window once', async () => {
    const window = {
      id: 'w',
      route: 'r',
      key: 'k',
      app: 'default',
      openedAt: noon,
      closesAt: noon + 9,
      count: 0,
    };
    await race(8, (ledger, round) => {
      const id = `m-${round}-${ledger === one ? 1 : 2}`;
      return ledger.write(async (tx) => {
        const joined = await tx.joinDigest(window, anEvent(id), id);
        if (joined.count >= 5) await tx.closeDigest(joined.id, noon);
      });
    });
    const taken = await race(2, (ledger) => ledger.write((tx) => tx.takeClosedDigests(noon + 9, 10)));
    const windows = taken.flat();
    expect(new Set(windows.map((each) => each.window.id)).size).toBe(windows.length);
    const members = windows.flatMap((each) => each.members.map((member) => member.id));
    expect(new Set(members).size).toBe(16);
    for (const each of windows) expect(each.members).toHaveLength(each.window.count);
  });

  it('publish one after the other, so that order holds', async () => {
    const [notification] = await waiting(one, 1);
    if (notification === undefined) throw new Error('nothing was inserted');
    await one.write((tx) => tx.appendOutbox([told(notification).item]));
    const taken = await one.write((tx) => tx.takeOutbox(10));
    expect(taken).toHaveLength(1);
    expect(await two.write((tx) => tx.takeOutbox(10))).toEqual([]);
    expect(await one.write((tx) => tx.takeOutbox(10))).toHaveLength(1);
    await one.write((tx) => tx.markPublished([taken[0]?.id ?? 0n], noon));
    await one.write((tx) => tx.appendOutbox([told(notification).item]));
    expect(await two.write((tx) => tx.takeOutbox(10))).toHaveLength(1);
    expect(await one.write((tx) => tx.takeOutbox(10))).toEqual([]);
  });

  it('publish on when the one that published is no longer heard of', async () => {
    const dying = await store.open({ clock: systemClock, leaseMs: 300 });
    await dying.write((tx) => tx.appendOutbox([told(aNotification()).item]));
    expect(await dying.write((tx) => tx.takeOutbox(10))).toHaveLength(1);
    // It neither publishes nor gives up: its lease runs out.
    await expect.poll(() => one.write((tx) => tx.takeOutbox(10))).toHaveLength(1);
  });

  it('change a shared document one after the other, and see whose turn was lost', async () => {
    const [mine, theirs] = [one.documents, two.documents];
    if (mine === null || theirs === null) throw new Error('a shared ledger has documents');
    expect(await mine.read('limits')).toMatchObject({ text: null, version: 0 });
    const first = await race(3, async (ledger) => ledger.documents?.replace('limits', '{"n":0}', 0));
    expect(first.filter(Boolean)).toHaveLength(1);
    const increment = async (ledger: Ledger): Promise<void> => {
      for (;;) {
        const known = await ledger.documents?.read('limits');
        if (known === undefined) throw new Error('no documents');
        const { n } = JSON.parse(known.text ?? '{}') as { n: number };
        if (await ledger.documents?.replace('limits', JSON.stringify({ n: n + 1 }), known.version)) return;
      }
    };
    await race(10, increment);
    const { text, now } = await theirs.read('limits');
    expect(text).toBe('{"n":20}');
    expect(Math.abs(now - Date.now())).toBeLessThan(60_000);
  });

  it('wake each other', async () => {
    const heard: string[] = [];
    two.onWake('delivery', () => heard.push('delivery'));
    two.onWake('outbox', () => heard.push('outbox'));
    const [notification] = await waiting(one, 1);
    if (notification === undefined) throw new Error('nothing was inserted');
    await expect.poll(() => heard).toEqual(['delivery']);
    await one.write((tx) => tx.appendOutbox([told(notification).item]));
    await expect.poll(() => heard).toEqual(['delivery', 'outbox']);
  });

  it('undo a deadlock by running one of them again', async () => {
    const key = (period: string) => ({ app: 'default', scope: 'calls' as const, period });
    let meet = 0;
    const both = async (): Promise<void> => {
      meet += 1;
      await expect.poll(() => meet).toBeGreaterThanOrEqual(2);
    };
    const crossing = (ledger: Ledger, first: string, second: string) =>
      ledger.write(async (tx) => {
        await tx.count(key(first), 1, null);
        await both();
        await tx.count(key(second), 1, null);
      });
    await one.write(async (tx) => {
      await tx.count(key('a'), 1, null);
      await tx.count(key('b'), 1, null);
    });
    await Promise.all([crossing(one, 'a', 'b'), crossing(two, 'b', 'a')]);
    expect(await one.read((tx) => tx.counter(key('a')))).toBe(3);
    expect(await one.read((tx) => tx.counter(key('b')))).toBe(3);
  });
});

describe('an instance that dies', () => {
  it('leaves its calls and leases to the others when its lease is over, and wakes them', async () => {
    const dying = await store.open({ clock: systemClock });
    const judge = await store.open({ clock: systemClock, leaseMs: 300 });
    const { call } = await withCall(dying, { state: 'sending' }, 'e-1');
    const [notification] = await waiting(dying, 1);
    await dying.write((tx) => tx.leaseNotifications([notification?.id ?? ''], Date.now() + 999_999));
    let woken = 0;
    judge.onWake('delivery', () => {
      woken += 1;
    });
    const orphaned = async () => {
      await judge.heartbeat();
      return judge.write((tx) => tx.takeOrphanedCalls(10));
    };
    await expect.poll(orphaned).toStrictEqual([call]);
    expect(woken).toBeGreaterThan(0);
    const taken = await judge.write((tx) => tx.takeDue({ ...due, now: Date.now() }));
    expect(taken.map((each) => each.id)).toEqual([notification?.id]);
  });

  it('keeps what it has for as long as it is heard of', async () => {
    await withCall(one, { state: 'sending' }, 'e-1');
    const leaseMs = 1500;
    const judge = await store.open({ clock: systemClock, leaseMs });
    const until = Date.now() + leaseMs * 1.5;
    while (Date.now() < until) {
      await one.heartbeat();
      await judge.heartbeat();
      expect(await judge.write((tx) => tx.takeOrphanedCalls(10))).toEqual([]);
    }
  });
});

describe('a server that goes away', () => {
  it('costs no transaction: what was cut off is run again, once', async () => {
    const key = { app: 'default', scope: 'calls' as const, period: '2026-03' };
    let cut = false;
    await one.write(async (tx) => {
      await tx.count(key, 1, null);
      if (!cut) {
        cut = true;
        await cutConnections();
      }
      await tx.appendOutbox([told(aNotification()).item]);
    });
    expect(await two.read((tx) => tx.counter(key))).toBe(1);
    expect(await two.read((tx) => tx.unpublishedCount())).toBe(1);
  });

  it('costs no wake-up: listeners are called when the connection is back', async () => {
    let heard = 0;
    two.onWake('tracking', () => {
      heard += 1;
    });
    await cutConnections();
    await expect.poll(() => heard).toBe(1);
    await withCall(one, { state: 'accepted' });
    await expect.poll(() => heard).toBe(2);
  });

  it('is told when it stays away, without its password', async () => {
    const url = new URL(store.url);
    url.port = '1';
    url.password = 'geheim';
    const opening = openStore(url);
    await expect(opening).rejects.toMatchObject({ code: 'ledger_unavailable', retry: 'backoff' });
    await expect(opening).rejects.toThrow(/^(?!.*geheim)/);
  });

  it('is named when the database is missing', async () => {
    const url = new URL(store.url);
    url.pathname = '/nowhere';
    const opening = openStore(url);
    await expect(opening).rejects.toMatchObject({ code: 'ledger_open' });
  });
});

describe('two versions of the program', () => {
  it('create the tables once when they start together', async () => {
    const other = await kind.create();
    const ledgers = await Promise.all(Array.from({ length: 4 }, () => other.open({ clock: systemClock })));
    expect(ledgers).toHaveLength(4);
    await other.dispose();
  });

  it('run side by side while the newer one is compatible, and not when it is not', async () => {
    const client = new pg.Client({ connectionString: store.url });
    await client.connect();
    await client.query('INSERT INTO ledger_versions VALUES (99, 1, 0)');
    await store.open({ clock: systemClock });
    await client.query('UPDATE ledger_versions SET compatible = 99 WHERE version = 99');
    await client.end();
    await expect(store.open({ clock: systemClock })).rejects.toMatchObject({ code: 'ledger_version' });
    // The one that runs already goes on.
    await waiting(one, 1);
  });

  it('go on when the newer one adds to the tables under the older one', async () => {
    const [notification] = await waiting(one, 1);
    await withCall(one, { state: 'sending' }, 'e-9');
    const additions = ['notifications', 'calls', 'outbox', 'positions', 'content_claims', 'instances'].map(
      (table) => `ALTER TABLE ${table} ADD COLUMN of_tomorrow TEXT`,
    );
    await execute(
      store.url,
      [
        ...additions,
        'CREATE TABLE of_tomorrow (pk BIGINT)',
        'INSERT INTO ledger_versions VALUES (99, 1, 0)',
      ].join(';'),
    );
    // Statements that were prepared before still fit, reading and writing.
    const taken = await one.write(async (tx) => {
      const list = await tx.takeDue({ ...due, now: Date.now() });
      await tx.saveNotifications(list.map((each) => ({ ...each, state: 'active' })));
      await tx.appendOutbox([told(aNotification()).item]);
      await tx.advancePosition('g', 't', 0, 5n);
      return list;
    });
    expect(taken.map((each) => each.id)).toEqual([notification?.id]);
    await withCall(one, { state: 'sending' }, 'e-10');
    await one.heartbeat();
    expect(await one.write((tx) => tx.takeOutbox(10))).toHaveLength(1);
  });

  it('is refused by a server that may lose commits', async () => {
    const url = new URL(store.url);
    const options = url.searchParams.get('options') ?? '';
    url.searchParams.set('options', `${options} -c synchronous_commit=off`);
    const opening = openStore(url);
    await expect(opening).rejects.toMatchObject({ code: 'ledger_open' });
  });
});
