/**
 * The ledger on an SQLite file: one process, no server. One connection writes (`sqlite-commits.ts`), others read
 * snapshots beside it. WAL with synchronous=FULL: a commit that returned survives power loss.
 */
import { resolve } from 'node:path';
import type { Logger } from '../base/logger.ts';
import type { Engine, Session } from './engine.ts';
import { LedgerReadOnlyError } from './errors.ts';
import { migrate } from './migrations/migrate.ts';
import { SqliteCommits } from './sqlite-commits.ts';
import { SqliteSession, type SqliteConnection } from './sqlite-connection.ts';
import { storeFault } from './sqlite-errors.ts';
import type { FileLock } from './sqlite-lock.ts';
import { acquireLock, openFault, openReader, openWriter, requireLedger } from './sqlite-open.ts';
import { SqliteReads } from './sqlite-reads.ts';

export interface SqliteOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly logger: Logger;
}

export async function openSqlite(options: SqliteOptions): Promise<SqliteEngine> {
  const path = resolve(options.path);
  let lock: FileLock | null = null;
  let writer: SqliteConnection | null = null;
  try {
    if (options.readOnly) await requireLedger(path);
    else {
      lock = acquireLock(path);
      writer = openWriter(path);
      await prepare(writer, options.logger);
    }
    return new SqliteEngine(path, writer, lock);
  } catch (thrown) {
    writer?.close();
    lock?.release();
    throw openFault(thrown, path);
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

export class SqliteEngine implements Engine {
  readonly shared = false;
  readonly #path: string;
  readonly #writer: SqliteConnection | null;
  readonly #lock: FileLock | null;
  readonly #commits: SqliteCommits | null;
  readonly #reads: SqliteReads;
  /** Opened by the first look; a connection costs memory for its cache. */
  #views: SqliteReads | null = null;
  #commitsSeen = 0;

  constructor(path: string, writer: SqliteConnection | null, lock: FileLock | null) {
    this.#path = path;
    this.#writer = writer;
    this.#lock = lock;
    this.#commits = writer === null ? null : new SqliteCommits(writer);
    this.#reads = new SqliteReads(openReader(path));
  }

  async write<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#commits === null) throw new LedgerReadOnlyError('the ledger was opened for reading only');
    return this.#commits.write(work);
  }

  read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#reads.read(work);
  }

  /** Apart from `read`, so that a long list keeps no loop waiting. */
  view<T>(work: (session: Session) => Promise<T>): Promise<T> {
    this.#views ??= new SqliteReads(openReader(this.#path));
    return this.#views.read(work);
  }

  /** The listener is told whenever what was written since the last commit has come to nothing. */
  onRollback(listener: () => void): void {
    this.#commits?.onRollback(listener);
  }

  /** The transaction under way has woken someone whose transaction should go with the same commit. */
  expectCompany(): void {
    this.#commits?.expectCompany();
  }

  health(): { ok: boolean; reason: string | null } {
    const reason = this.#commits?.reason ?? null;
    return { ok: reason === null, reason };
  }

  /** While nothing is written the WAL is copied back and cut, so that it does not stay as long as it ever was. */
  checkpointWhenIdle(): void {
    if (this.#writer === null || this.#commits === null) return;
    const { commits } = this.#commits;
    const idle = commits === this.#commitsSeen && !this.#writer.db.isTransaction;
    this.#commitsSeen = commits;
    if (!idle) return;
    try {
      // A snapshot that is still read keeps the file as it is until another time. To wait for it would stop the whole
      // process, and with it, when the snapshot is our own, whoever reads it.
      this.#writer.withoutWaiting((db) => {
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      });
    } catch (thrown) {
      throw storeFault(thrown, this.#path) ?? thrown;
    }
  }

  async close(): Promise<void> {
    await this.#commits?.close();
    await this.#reads.close();
    await this.#views?.close();
    this.#writer?.close();
    this.#lock?.release();
  }
}
