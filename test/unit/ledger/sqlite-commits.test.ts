import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SqliteCommits } from '../../../src/ledger/sqlite-commits.ts';
import { SqliteConnection } from '../../../src/ledger/sqlite-connection.ts';

let folder: string;
let connection: SqliteConnection;
let commits: SqliteCommits;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dingbus-commits-'));
  connection = new SqliteConnection(join(folder, 'a.db'), { readOnly: false });
  connection.db.exec('PRAGMA journal_mode = WAL; CREATE TABLE seen (turn INTEGER NOT NULL)');
  commits = new SqliteCommits(connection);
});
afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true });
});

const write = (turn: number): Promise<number> =>
  commits.write((session) => session.run('INSERT INTO seen (turn) VALUES (?1)', [turn]));

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('takes along what comes up in the next turns of a busy process', async () => {
  const written: Promise<number>[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    written.push(write(turn));
    const until = performance.now() + 1;
    while (performance.now() < until);
    await nextTurn();
  }
  await Promise.all(written);
  expect(connection.db.prepare('SELECT count(*) AS count FROM seen').get()).toEqual({ count: 6 });
  // The wait is short, and a loaded machine may stop the process for longer than that.
  expect(commits.commits).toBeLessThan(4);
});

it('does not wait for company while nothing else is going on', async () => {
  // The first commit compiles the code and makes the files.
  await write(0);
  const turns: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    let passed = 0;
    const passing = { written: false };
    const done = write(round).finally(() => (passing.written = true));
    while (!passing.written) {
      passed += 1;
      await nextTurn();
    }
    await done;
    turns.push(passed);
  }
  expect(Math.min(...turns)).toBeLessThanOrEqual(3);
  expect(turns.filter((each) => each <= 4).length).toBeGreaterThan(10);
});

it('takes along whom a transaction has woken', async () => {
  const order: string[] = [];
  let company: Promise<unknown> = Promise.resolve();
  await commits.write(async (session) => {
    await session.run('INSERT INTO seen (turn) VALUES (1)');
    commits.expectCompany();
    queueMicrotask(() => {
      company = commits.write(async (later) => {
        const seen = await later.all<{ turn: number }>('SELECT turn FROM seen');
        order.push(`saw ${seen.map(({ turn }) => turn).join()}`);
        await later.run('INSERT INTO seen (turn) VALUES (2)');
      });
    });
  });
  order.push(`durable after ${commits.commits} commit`);
  await company;
  expect(order).toEqual(['saw 1', 'durable after 1 commit']);
  expect(commits.commits).toBe(1);
});

it('keeps a transaction whose company throws', async () => {
  let company: Promise<unknown> = Promise.resolve();
  let runs = 0;
  await commits.write(async (session) => {
    runs += 1;
    await session.run('INSERT INTO seen (turn) VALUES (1)');
    if (runs > 1) return;
    commits.expectCompany();
    queueMicrotask(() => {
      company = commits.write(async (later) => {
        await later.run('INSERT INTO seen (turn) VALUES (2)');
        throw new Error('no company');
      });
      company.catch(() => undefined);
    });
  });
  await expect(company).rejects.toThrow('no company');
  expect(runs).toBe(2);
  expect(connection.db.prepare('SELECT turn FROM seen').all()).toEqual([{ turn: 1 }]);
});

it('says when what was written has come to nothing, before anything runs again', async () => {
  const told: string[] = [];
  commits.onRollback(() => told.push('rolled back'));
  const good = commits.write((session) => {
    told.push('good');
    return session.run('INSERT INTO seen (turn) VALUES (1)');
  });
  const bad = commits.write(() => {
    told.push('bad');
    return Promise.reject(new Error('bad'));
  });
  await expect(bad).rejects.toThrow('bad');
  await good;
  expect(told).toEqual(['good', 'bad', 'rolled back', 'good', 'bad', 'rolled back']);
});

it('says so as well when the store could not commit', async () => {
  connection.db.exec('CREATE TABLE parents (id INTEGER PRIMARY KEY); PRAGMA foreign_keys = ON');
  connection.db.exec(
    'CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)',
  );
  let rollbacks = 0;
  commits.onRollback(() => (rollbacks += 1));
  await expect(
    commits.write((session) => session.run('INSERT INTO children (parent) VALUES (7)')),
  ).rejects.toThrow();
  expect(rollbacks).toBe(1);
  expect(connection.db.isTransaction).toBe(false);
});

it('goes on when a rollback fails, as soon as one succeeds', async () => {
  const { db } = connection;
  const exec = db.exec.bind(db);
  db.exec = (sql) => {
    if (sql === 'ROLLBACK') throw new Error('no rollback');
    exec(sql);
  };
  await expect(commits.write(() => Promise.reject(new Error('bad')))).rejects.toThrow('bad');
  expect(commits.reason).toBe('no rollback');
  await expect(write(1)).rejects.toThrow('within a transaction');
  db.exec = exec;
  await expect(write(2)).rejects.toThrow('within a transaction');
  await write(3);
  expect(commits.reason).toBeNull();
  expect(db.prepare('SELECT turn FROM seen').all()).toEqual([{ turn: 3 }]);
});
