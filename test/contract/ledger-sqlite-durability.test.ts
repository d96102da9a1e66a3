import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { CurrentRows } from '../../src/ledger/current-rows.ts';
import { PartCache } from '../../src/ledger/part-cache.ts';
import type { Notification } from '../../src/model/notification.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite-ledger.ts';
import { SqliteConnection } from '../../src/ledger/sqlite-connection.ts';
import { SqliteEngine } from '../../src/ledger/sqlite.ts';
import { suppress } from '../../src/ledger/lifecycle/admit.ts';
import { aNotification } from '../fakes/builders.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { startProcess } from './ledger/processes.ts';
import { insert, told } from './ledger/samples.ts';

let folder: string;
let path: string;
const clock = new FakeClock();

function open() {
  return openLedger({
    store: `sqlite:${path}`,
    instance: 'test',
    description: 'test',
    clock,
    logger: silentLogger,
    leaseMs: null,
    readOnly: false,
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dingbus-durable-'));
  path = join(folder, 'ledger.db');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a process that is killed', () => {
  it('leaves everything that it acknowledged, and opens again at once', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 6; round++) {
      const child = startProcess(`sqlite:${path}`, 'write', `life-${round}`);
      await child.saying(40 * (round + 1));
      await child.kill();
      acknowledged.push(...child.lines.filter((line) => line.startsWith('ntf_')));
    }
    const ledger = await open();
    const kept = await ledger.read((tx) => tx.notifications(acknowledged));
    expect(acknowledged.length).toBeGreaterThan(500);
    expect(kept).toHaveLength(acknowledged.length);
    await ledger.close();
  });
});

describe('commits', () => {
  it('are shared by all that wait, each with its own outcome', async () => {
    const ledger = await open();
    await ledger.close();
    const connection = new SqliteConnection(path, { readOnly: false });
    const engine = new SqliteEngine(path, connection, null);
    const order: string[] = [];
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_none, index) =>
        engine.write(async (session) => {
          order.push(`${index} begins`);
          await session.run('INSERT INTO holds (subject, reason, since) VALUES (?1, ?2, 0)', [
            `s${index}`,
            'r',
          ]);
          // Even a closure that waits for other things is never mixed with another.
          await new Promise((resolve) => setImmediate(resolve));
          order.push(`${index} ends`);
          if (index % 10 === 3) throw new Error('no');
        }),
      ),
    );
    const each = (count: number) =>
      Array.from({ length: count }, (_none, index) => [`${index} begins`, `${index} ends`]).flat();
    // Up to the first that throws; what came before it was undone, and all have a commit of their own then.
    expect(order).toEqual([...each(4), ...each(50)]);
    expect(outcomes.filter((outcome) => outcome.status === 'rejected')).toHaveLength(5);
    const rows = await engine.read((session) => session.all('SELECT subject FROM holds'));
    expect(rows).toHaveLength(45);
    await engine.close();
  });

  it('take along the transaction of whom they give work to', async () => {
    const ledger = await open();
    const beside = new SqliteConnection(path, { readOnly: true });
    const durable = (): unknown => beside.db.prepare('SELECT count(*) AS count FROM notifications').get();
    const notification = aNotification();
    const seen: unknown[] = [];
    let joined: Promise<unknown> = Promise.resolve();
    ledger.onWake('delivery', () => {
      joined = ledger.write(async (tx) => {
        const due = await tx.takeDue({ app: notification.app, now: notification.dueAt, limit: 10 });
        seen.push(
          due.map(({ id }) => id),
          durable(),
        );
      });
    });
    await ledger.write((tx) => insert(tx, [notification]));
    await joined;
    expect(seen).toEqual([[notification.id], { count: 0 }]);
    expect(durable()).toEqual({ count: 1 });
    beside.close();
    await ledger.close();
  });

  it('leave nothing behind of what was rolled back, not even at hand', async () => {
    const ledger = await open();
    const notification = aNotification();
    await ledger.write((tx) => insert(tx, [notification]));
    let runs = 0;
    const active = ledger.write(async (tx) => {
      runs += 1;
      const [found] = await tx.lockNotifications([notification.id]);
      if (found === undefined) throw new Error('not found');
      // The second run decides otherwise, for what it saw first has come to nothing.
      if (runs === 1) await tx.saveNotifications([{ ...found, state: 'active', seq: 7 }]);
      await tx.appendOutbox(runs === 1 ? [told(found).item] : []);
    });
    const failing = ledger.write(() => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    await active;
    expect(runs).toBe(2);
    const [now] = await ledger.write((tx) => tx.lockNotifications([notification.id]));
    expect(now).toMatchObject({ state: 'waiting', seq: notification.seq });
    expect(await ledger.write((tx) => tx.takeOutbox(10))).toEqual([]);
    await ledger.close();
  });

  it('keep nothing at hand of a notification that is purged in the same one', async () => {
    const ledger = await open();
    const ended = (text: string): Notification =>
      suppress(aNotification({ text }, text), 'expired', null, clock.now()).notification;
    const old = ended('old');
    await ledger.write((tx) => insert(tx, [old]));
    await ledger.close();
    // Nothing is at hand now, and the first look takes the plan from the table.
    const again = await open();
    const past = clock.now() + 1;
    await Promise.all([
      again.write((tx) => tx.lockNotifications([old.id])),
      again.write((tx) => tx.purge(past, 100)),
    ]);
    // The new one gets the row of the old one.
    const fresh = ended('new');
    await again.write((tx) => insert(tx, [fresh]));
    const [seen] = await again.write((tx) => tx.lockNotifications([fresh.id]));
    expect(seen?.message?.body).toBe(fresh.message?.body);
    await again.close();
  });

  it('fail together when there is no room, and work again when there is', async () => {
    await (await open()).close();
    const connection = new SqliteConnection(path, { readOnly: false });
    const pages = Number(connection.db.prepare('PRAGMA page_count').get()?.['page_count']);
    connection.db.exec(`PRAGMA max_page_count = ${pages + 20}`);
    const context = {
      instance: 'test',
      clock,
      leaseMs: 1000,
      shared: false,
      plans: new PartCache<never>(0),
      contents: new PartCache<never>(0),
      current: new CurrentRows(),
      sweep: { events: 0 },
    };
    const ledger = await openSqliteLedger(new SqliteEngine(path, connection, null), context, {
      readOnly: false,
      description: 'test',
    });
    const small = aNotification({}, 'small');
    const big = Array.from({ length: 200 }, (_none, index) =>
      aNotification({ text: 'x'.repeat(3000) }, `b${index}`),
    );
    const outcomes = await Promise.allSettled([
      ledger.write((tx) => insert(tx, [small])),
      ledger.write((tx) => insert(tx, big)),
      // Looking away from the failure does not save the transaction.
      ledger.write((tx) => insert(tx, big).catch(() => undefined)),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ledger_unavailable' } });
    }
    expect(ledger.health().ok).toBe(false);
    const ids = [small, ...big].map((each) => each.id);
    expect(await ledger.read((tx) => tx.notifications(ids))).toEqual([]);
    connection.db.exec('PRAGMA max_page_count = 100000');
    await ledger.write((tx) => insert(tx, [small, ...big]));
    expect(ledger.health().ok).toBe(true);
    expect(await ledger.read((tx) => tx.notifications(ids))).toHaveLength(201);
    await ledger.close();
  });

  it('are finished before the ledger closes', async () => {
    const ledger = await open();
    const list = Array.from({ length: 20 }, (_none, index) => aNotification({}, `e${index}`));
    const writes = list.map((each) => ledger.write((tx) => insert(tx, [each])));
    await Promise.all([...writes, ledger.close()]);
    const again = await open();
    expect(await again.read((tx) => tx.notifications(list.map((each) => each.id)))).toHaveLength(20);
    await again.close();
    await expect(again.write(() => Promise.resolve())).rejects.toMatchObject({ code: 'ledger_unavailable' });
  });
});

describe('the write-ahead log', () => {
  it('stays small under load, and is cut when nothing is written', async () => {
    const ledger = await open();
    let largest = 0;
    for (let round = 0; round < 60; round++) {
      const list = Array.from({ length: 200 }, (_none, index) =>
        aNotification({ text: 'x'.repeat(1500) }, `${round}-${index}`),
      );
      await ledger.write((tx) => insert(tx, list));
      largest = Math.max(largest, statSync(`${path}-wal`).size);
    }
    expect(statSync(path).size).toBeGreaterThan(16_000_000);
    expect(largest).toBeLessThan(40_000_000);
    await ledger.heartbeat();
    await ledger.heartbeat();
    expect(statSync(`${path}-wal`).size).toBe(0);
    await ledger.close();
  });

  it('is not waited for while somebody still reads a snapshot', async () => {
    const ledger = await open();
    await ledger.write((tx) => insert(tx, [aNotification()]));
    const beside = new SqliteConnection(path, { readOnly: true });
    beside.db.exec('BEGIN');
    beside.db.prepare('SELECT count(*) FROM notifications').get();
    await ledger.write((tx) => insert(tx, [aNotification({}, 'later')]));
    const began = performance.now();
    await ledger.heartbeat();
    await ledger.heartbeat();
    // Far below the time that SQLite would wait for the reader.
    expect(performance.now() - began).toBeLessThan(2_500);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    beside.db.exec('ROLLBACK');
    await ledger.heartbeat();
    expect(statSync(`${path}-wal`).size).toBe(0);
    beside.close();
    await ledger.close();
  });
});
