import { messageOf } from '../base/errors.ts';
import { LedgerCorruptError, LedgerUnavailableError } from './errors.ts';

/** SQLite's primary result codes. Source: https://www.sqlite.org/rescode.html */
export const sqliteCodes = {
  error: 1,
  busy: 5,
  noMemory: 7,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
} as const;

/** The primary code of what `node:sqlite` threw; null when something else did. */
export function sqliteCode(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return null;
  return thrown.errcode & 0xff;
}

const unavailable: ReadonlyMap<number, string> = new Map([
  [sqliteCodes.full, 'the disk is full'],
  [sqliteCodes.ioError, 'the disk gives input/output errors'],
  [sqliteCodes.readOnly, 'the file or its folder cannot be written'],
  [sqliteCodes.cantOpen, 'the file or one beside it cannot be opened'],
  [sqliteCodes.noMemory, 'there is no memory left'],
  [sqliteCodes.busy, 'another program keeps the file locked'],
]);

/** The ledger's fault for a store that fails, null for any other error: those are bugs and pass as they are. */
export function storeFault(
  thrown: unknown,
  path: string,
): LedgerUnavailableError | LedgerCorruptError | null {
  if (thrown instanceof LedgerUnavailableError || thrown instanceof LedgerCorruptError) return thrown;
  const code = sqliteCode(thrown);
  if (code === null) return null;
  if (code === sqliteCodes.corrupt || code === sqliteCodes.notADatabase) return corrupt(path, thrown);
  const reason = unavailable.get(code);
  if (reason === undefined) return null;
  return new LedgerUnavailableError(
    `the ledger ${path} cannot be used now: ${reason} (${messageOf(thrown)})`,
    thrown,
  );
}

export function corrupt(path: string, cause: unknown): LedgerCorruptError {
  return new LedgerCorruptError(
    `the ledger ${path} is damaged or no SQLite database (${messageOf(cause)}). Keep a copy of it, then restore a backup, or rescue what can be read with "sqlite3 ${path} .recover"; with a new file Kafka's committed offsets decide where reading goes on`,
    { cause },
  );
}
