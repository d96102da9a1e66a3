import { DatabaseSync } from 'node:sqlite';
import { sqliteCode, sqliteCodes } from './sqlite-errors.ts';

/**
 * Held for as long as a process writes to the ledger. It is an exclusive lock on an empty database beside it, so the
 * operating system drops it with the process, however that dies, and readers of the ledger are not in its way.
 */
export interface FileLock {
  release(): void;
}

/** Null when another connection, in this or another process, holds the lock. Faults of the file system are thrown. */
export function lockFile(path: string): FileLock | null {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
  } catch (thrown) {
    db.close();
    if (sqliteCode(thrown) === sqliteCodes.busy) return null;
    throw thrown;
  }
  return {
    release: () => {
      db.close();
    },
  };
}
