/**
 * The ledger on an SQLite file: one process, no server. One connection writes (`sqlite-commits.ts`), another one reads
 * snapshots beside it. WAL with synchronous=FULL: a commit that returned survives power loss.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Logger } from '../base/logger.ts';
import { messageOf } from '../base/errors.ts';
import type { Engine, Session } from './engine.ts';
import { LedgerInUseError, LedgerOpenError, LedgerReadOnlyError } from './errors.ts';
import { migrate, requireVersion } from './migrations/migrate.ts';
import { SqliteCommits } from './sqlite-commits.ts';
import { SqliteConnection, SqliteSession } from './sqlite-connection.ts';
import { corrupt, sqliteCode, sqliteCodes, storeFault } from './sqlite-errors.ts';
import { lockFile, type FileLock } from './sqlite-lock.ts';

/** Rows of a few kilobytes fit better than in SQLite's default of 4,096: a fifth less time for inserts, measured. */
const pageBytes = 8_192;
/** SQLite copies the WAL into the file when it holds so many pages (16 MiB), inside the commit that gets there. */
const walPages = 2_000;
const cacheKibibytes = 32_768;
/** Up to this size the whole file is checked at the start (well under half a second); beyond it the small tables. */
const fullCheckBytes = 64 * 1_048_576;
const alwaysChecked = ['positions', 'counters', 'holds', 'ledger_versions', 'instances'];

export interface SqliteOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly logger: Logger;
}

export async function openSqlite(options: SqliteOptions): Promise<SqliteEngine> {
  const path = resolve(options.path);
  if (options.readOnly) return new SqliteEngine(null, await openReader(path), null);
  const lock = acquire(path);
  try {
    const writer = openWriter(path);
    try {
      check(writer);
      await prepare(writer, options.logger);
      const reader = new SqliteConnection(path, { readOnly: true });
      return new SqliteEngine(writer, reader, lock);
    } catch (thrown) {
      writer.close();
      throw thrown;
    }
  } catch (thrown) {
    lock.release();
    throw openFault(thrown, path);
  }
}

export class SqliteEngine implements Engine {
  readonly shared = false;
  readonly #writer: SqliteConnection | null;
  readonly #reader: SqliteConnection;
  readonly #lock: FileLock | null;
  readonly #commits: SqliteCommits | null;
  #lastRead: Promise<unknown> = Promise.resolve();
  #commitsSeen = 0;

  constructor(writer: SqliteConnection | null, reader: SqliteConnection, lock: FileLock | null) {
    this.#writer = writer;
    this.#reader = reader;
    this.#lock = lock;
    this.#commits = writer === null ? null : new SqliteCommits(writer);
  }

  async write<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#commits === null) throw new LedgerReadOnlyError('the ledger was opened for reading only');
    return this.#commits.write(work);
  }

  /** Reads run one after another: they share a connection, and each wants a snapshot of its own. */
  read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const turn = this.#lastRead.then(() => this.#snapshot(work));
    this.#lastRead = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  health(): { ok: boolean; reason: string | null } {
    const reason = this.#commits?.reason ?? null;
    return { ok: reason === null, reason };
  }

  /** While nothing is written the WAL is copied back and cut, so that it does not stay as long as it ever was. */
  checkpointWhenIdle(): void {
    if (this.#writer === null || this.#commits === null) return;
    const { commits } = this.#commits;
    if (commits !== this.#commitsSeen || commits === 0) {
      this.#commitsSeen = commits;
      return;
    }
    if (!this.#writer.db.isTransaction) this.#writer.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  async close(): Promise<void> {
    await this.#commits?.close();
    await this.#lastRead;
    this.#reader.close();
    this.#writer?.close();
    this.#lock?.release();
  }

  async #snapshot<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { db, path } = this.#reader;
    const session = new SqliteSession(this.#reader);
    try {
      db.exec('BEGIN');
      return await work(session);
    } catch (thrown) {
      throw storeFault(thrown, path) ?? thrown;
    } finally {
      session.end();
      if (db.isTransaction) db.exec('ROLLBACK');
    }
  }
}

function acquire(path: string): FileLock {
  let lock: FileLock | null;
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path) && !statSync(path).isFile()) throw new LedgerOpenError(`${path} is not a file`);
    lock = lockFile(`${path}-lock`);
  } catch (thrown) {
    throw openFault(thrown, path);
  }
  if (lock !== null) return lock;
  throw new LedgerInUseError(
    `the ledger ${path} is in use by ${holderOf(path)}: stop that process first, or give this one another store. Several instances can share a ledger on PostgreSQL (store: postgres://…)`,
  );
}

/** The process that wrote its name into the ledger last; best effort, for the message alone. */
function holderOf(path: string): string {
  try {
    const reader = new SqliteConnection(path, { readOnly: true });
    try {
      const row = reader.db
        .prepare('SELECT description FROM instances ORDER BY started_at DESC LIMIT 1')
        .get();
      return typeof row?.['description'] === 'string' ? row['description'] : 'another process';
    } finally {
      reader.close();
    }
  } catch (thrown) {
    return `another process (${messageOf(thrown)})`;
  }
}

function openWriter(path: string): SqliteConnection {
  const writer = new SqliteConnection(path, { readOnly: false });
  try {
    writer.db.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${walPages}; PRAGMA journal_size_limit = ${walPages * pageBytes};
      PRAGMA cache_size = -${cacheKibibytes}; PRAGMA temp_store = MEMORY`);
    return writer;
  } catch (thrown) {
    writer.close();
    throw thrown;
  }
}

async function openReader(path: string): Promise<SqliteConnection> {
  if (!existsSync(path)) {
    throw new LedgerOpenError(`there is no ledger at ${path} yet: the service makes it when it starts`);
  }
  try {
    const reader = new SqliteConnection(path, { readOnly: true });
    try {
      const session = new SqliteSession(reader);
      await requireVersion(session);
      return reader;
    } catch (thrown) {
      reader.close();
      throw thrown;
    }
  } catch (thrown) {
    throw openFault(thrown, path);
  }
}

/** Bounded: a big file would keep the service from starting for longer than the check is worth. */
function check({ db, path }: SqliteConnection): void {
  const whole = statSync(path).size <= fullCheckBytes;
  const present = new Set(
    db
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      .all()
      .map((row) => row['name']),
  );
  const checks = whole
    ? ['PRAGMA quick_check(1)']
    : alwaysChecked.filter((table) => present.has(table)).map((table) => `PRAGMA quick_check('${table}')`);
  for (const pragma of checks) {
    const answer = db.prepare(pragma).get()?.['quick_check'];
    if (answer !== 'ok') throw corrupt(path, new Error(String(answer)));
  }
}

async function prepare(writer: SqliteConnection, logger: Logger): Promise<void> {
  const { db } = writer;
  const session = new SqliteSession(writer);
  db.exec('BEGIN IMMEDIATE');
  try {
    const applied = await migrate(session);
    db.exec('COMMIT');
    if (applied.length > 0) logger.info({ versions: applied }, 'ledger tables brought up to date');
  } finally {
    session.end();
    if (db.isTransaction) db.exec('ROLLBACK');
  }
}

/** What keeps the ledger from opening, in words that name the file and the remedy. */
function openFault(thrown: unknown, path: string): unknown {
  const code = sqliteCode(thrown);
  const fileCode = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  if (
    code === sqliteCodes.readOnly ||
    fileCode === 'EROFS' ||
    fileCode === 'EACCES' ||
    fileCode === 'EPERM'
  ) {
    return new LedgerReadOnlyError(
      `the ledger ${path} cannot be written: give the user that runs dingbus the right to write the file and its folder`,
      { cause: thrown },
    );
  }
  if (code === sqliteCodes.cantOpen || (fileCode !== null && code === null && isFileFault(fileCode))) {
    return new LedgerOpenError(`the ledger ${path} cannot be opened: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  return storeFault(thrown, path) ?? thrown;
}

function isFileFault(code: unknown): boolean {
  return typeof code === 'string' && /^E[A-Z]+$/.test(code);
}
