import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres, type Database } from '../../../dev/stack/postgres.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { openLedger } from '../../../src/ledger/open.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { noon } from '../../fakes/builders.ts';

/** One empty store, opened as often as a test starts a process on it. */
export class TestStore {
  readonly url: string;
  readonly clock = new FakeClock(noon);
  readonly #opened: Ledger[] = [];
  readonly #remove: () => Promise<void>;

  constructor(url: string, remove: () => Promise<void>) {
    this.url = url;
    this.#remove = remove;
  }

  /** A process start: an instance of its own. */
  async open(
    overrides: { readonly clock?: Clock; readonly readOnly?: boolean; readonly leaseMs?: number } = {},
  ): Promise<Ledger> {
    const ledger = await openLedger({
      store: this.url,
      instance: `instance-${randomBytes(6).toString('hex')}`,
      description: 'a test',
      clock: overrides.clock ?? this.clock,
      logger: silentLogger,
      leaseMs: overrides.leaseMs ?? 60_000,
      readOnly: overrides.readOnly ?? false,
    });
    this.#opened.push(ledger);
    return ledger;
  }

  async restart(ledger: Ledger): Promise<Ledger> {
    await this.close(ledger);
    return this.open();
  }

  async close(ledger: Ledger): Promise<void> {
    this.#opened.splice(this.#opened.indexOf(ledger), 1);
    await ledger.close();
  }

  async dispose(): Promise<void> {
    for (const ledger of this.#opened) await ledger.close();
    await this.#remove();
  }
}

/** Makes empty stores of one kind. */
export interface StoreKind {
  readonly name: string;
  /** True when several processes may have the store open at once. */
  readonly shared: boolean;
  start(): Promise<void>;
  create(): Promise<TestStore>;
  stop(): Promise<void>;
}

export const sqliteKind = sqliteIn(tmpdir());

/** For tests that end lives and never the machine: no disk to wait for, where the system has such a folder. */
export const sqliteInMemoryKind = sqliteIn(existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

function sqliteIn(parent: string): StoreKind {
  return {
    name: 'SQLite',
    shared: false,
    start: () => Promise.resolve(),
    create: () => {
      const folder = mkdtempSync(join(parent, 'dingbus-ledger-'));
      const store = new TestStore(`sqlite:${join(folder, 'data', 'ledger.db')}`, () => {
        rmSync(folder, { recursive: true, force: true });
        return Promise.resolve();
      });
      return Promise.resolve(store);
    },
    stop: () => Promise.resolve(),
  };
}

/** One database for all, and a schema for each store: databases take much longer to make. */
export function postgresKind(): StoreKind {
  let database: Database | null = null;
  return {
    name: 'PostgreSQL',
    shared: true,
    start: async () => {
      database = await startPostgres();
    },
    create: async () => {
      if (database === null) throw new Error('start() first');
      const schema = `s${randomBytes(6).toString('hex')}`;
      await execute(database.url, `CREATE SCHEMA ${schema}`);
      const url = new URL(database.url);
      url.searchParams.set('options', `-c search_path=${schema}`);
      const base = database.url;
      return new TestStore(url.href, () => execute(base, `DROP SCHEMA ${schema} CASCADE`));
    },
    stop: async () => {
      await database?.stop();
    },
  };
}

export async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
