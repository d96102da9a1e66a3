import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { LedgerInUseError, LedgerOpenError, LedgerReadOnlyError } from './errors.ts';
import { requireVersion } from './migrations/migrate.ts';
import { SqliteConnection, SqliteSession } from './sqlite-connection.ts';
import { corrupt, sqliteCode, sqliteCodes, storeFault } from './sqlite-errors.ts';
import { lockFile, type FileLock } from './sqlite-lock.ts';

/** Rows of a few kilobytes fit better than in SQLite's default of 4,096: a fifth less time for inserts, measured. */
const pageBytes = 8_192;
/** SQLite copies the WAL into the file when it holds so many pages (32 MiB), inside the commit that gets there: the seldomer, the fewer copies of the same page. */
const walPages = 4_000;
/** What is worked on fits; a larger one makes nothing faster (measured), for what it lacks the system's own cache has. */
const cacheKibibytes = 12_288;
/** Up to this size the whole file is checked at the start (well under half a second); beyond it the small tables. */
const fullCheckBytes = 64 * 1_048_576;
const alwaysChecked = ['positions', 'counters', 'holds', 'ledger_versions', 'instances'];

export function acquireLock(path: string): FileLock {
  mkdirSync(dirname(path), { recursive: true });
  // SQLite writes files beside its own, so it needs the folder as well.
  accessSync(dirname(path), constants.W_OK);
  if (existsSync(path)) {
    if (!statSync(path).isFile()) throw new LedgerOpenError(`${path} is not a file`);
    accessSync(path, constants.W_OK);
  }
  const lock = lockFile(`${path}-lock`);
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

export function openWriter(path: string): SqliteConnection {
  const writer = new SqliteConnection(path, { readOnly: false });
  try {
    writer.db.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${walPages}; PRAGMA journal_size_limit = ${walPages * pageBytes};
      PRAGMA cache_size = -${cacheKibibytes}; PRAGMA temp_store = MEMORY`);
    check(writer);
    return writer;
  } catch (thrown) {
    writer.close();
    throw thrown;
  }
}

/** Bounded: a big file would keep the service from starting for longer than the check is worth. */
function check({ db, path }: SqliteConnection): void {
  const whole = statSync(path).size <= fullCheckBytes;
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all();
  const present = new Set(tables.map((row) => row['name']));
  const checks = whole
    ? ['PRAGMA quick_check(1)']
    : alwaysChecked.filter((table) => present.has(table)).map((table) => `PRAGMA quick_check('${table}')`);
  for (const pragma of checks) {
    const answer = db.prepare(pragma).get()?.['quick_check'];
    if (answer !== 'ok') throw corrupt(path, new Error(String(answer)));
  }
}

export function openReader(path: string): SqliteConnection {
  return new SqliteConnection(path, { readOnly: true });
}

/** For a process that only looks: the file must be there, with tables that it knows. */
export async function requireLedger(path: string): Promise<void> {
  if (!existsSync(path)) {
    throw new LedgerOpenError(`there is no ledger at ${path} yet: the service makes it when it starts`);
  }
  const reader = openReader(path);
  try {
    await requireVersion(new SqliteSession(reader));
  } finally {
    reader.close();
  }
}

/** What keeps the ledger from opening, in words that name the file and the remedy. */
export function openFault(thrown: unknown, path: string): unknown {
  const code = sqliteCode(thrown);
  const fileCode = fileFault(thrown);
  if (
    code === sqliteCodes.readOnly ||
    (fileCode !== null && ['EROFS', 'EACCES', 'EPERM'].includes(fileCode))
  ) {
    return new LedgerReadOnlyError(
      `the ledger ${path} cannot be written: give the user that runs dingbus the right to write the file and its folder`,
      { cause: thrown },
    );
  }
  // SQLite's general error: tables that are not there.
  if (code === sqliteCodes.error || code === sqliteCodes.cantOpen || fileCode !== null) {
    return new LedgerOpenError(`the ledger ${path} cannot be opened: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  return storeFault(thrown, path) ?? thrown;
}

/** The code of an error of the file system, as `ENOTDIR`. */
function fileFault(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return null;
  return /^E[A-Z]+$/.test(thrown.code) ? thrown.code : null;
}
