import { messageOf } from '../base/errors.ts';
import {
  LedgerCorruptError,
  LedgerOpenError,
  LedgerReadOnlyError,
  LedgerUnavailableError,
} from './errors.ts';

/**
 * What a failure means for the transaction in which it came up. `again`: the server undid it for the sake of others
 * and asks to run it again. `connection`: it is gone, nobody knows more. `refused`: the server is up and cannot write
 * now. `damaged`, `forbidden`, `misconfigured`: a person must act. `other`: a bug.
 * Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export type PostgresFault =
  'again' | 'connection' | 'refused' | 'damaged' | 'forbidden' | 'misconfigured' | 'other';

const byCode: ReadonlyMap<string, PostgresFault> = new Map<string, PostgresFault>([
  ['40001', 'again'], // serialization_failure
  ['40P01', 'again'], // deadlock_detected
  ['55P03', 'again'], // lock_not_available: waited longer than lock_timeout
  ['25P03', 'connection'], // idle_in_transaction_session_timeout
  ['57P01', 'connection'], // admin_shutdown
  ['57P02', 'connection'], // crash_shutdown
  ['57P03', 'connection'], // cannot_connect_now
  ['57P05', 'connection'], // idle_session_timeout
  ['25006', 'refused'], // read_only_sql_transaction: a standby, or a full managed disk
  ['58030', 'refused'], // io_error
  ['42501', 'forbidden'], // insufficient_privilege
  ['3D000', 'misconfigured'], // invalid_catalog_name
  ['42P01', 'misconfigured'], // undefined_table: there is no ledger in this database (any more)
  ['XX001', 'damaged'], // data_corrupted
  ['XX002', 'damaged'], // index_corrupted
]);

const byClass: ReadonlyMap<string, PostgresFault> = new Map<string, PostgresFault>([
  ['08', 'connection'],
  ['53', 'refused'], // insufficient resources: disk full, too many connections, out of memory
  ['28', 'misconfigured'], // invalid authorization
]);

/** What Node's sockets and the `pg` package say when there is no connection (any more). */
const socketCodes = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/;
const lostMessages =
  /connection terminated|connection ended|timeout exceeded when trying to connect|timeout expired|query read timeout|not queryable|client was closed/i;

export function faultOf(thrown: unknown): PostgresFault {
  if (!(thrown instanceof Error)) return 'other';
  // Several addresses were tried and all failed.
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return faultOf(thrown.errors[0]);
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null;
  if (code !== null) {
    const known = byCode.get(code) ?? (code.length === 5 ? byClass.get(code.slice(0, 2)) : undefined);
    if (known !== undefined) return known;
    if (socketCodes.test(code)) return 'connection';
  }
  return lostMessages.test(thrown.message) ? 'connection' : 'other';
}

/** The ledger's error for a failure that is not to be tried again here. */
export function ledgerError(thrown: unknown, server: string): unknown {
  const why = messageOf(thrown instanceof AggregateError ? thrown.errors[0] : thrown);
  switch (faultOf(thrown)) {
    case 'again':
    case 'connection':
    case 'refused':
      return new LedgerUnavailableError(`the ledger on ${server} cannot be used now: ${why}`, thrown);
    case 'damaged':
      return new LedgerCorruptError(`the ledger on ${server} is damaged: ${why}. Restore a backup`, {
        cause: thrown,
      });
    case 'forbidden':
      return new LedgerReadOnlyError(
        `the ledger on ${server} cannot be written: ${why}. Give the role the rights to create and change tables`,
        { cause: thrown },
      );
    case 'misconfigured':
      return new LedgerOpenError(`the ledger on ${server} cannot be opened: ${why}`, { cause: thrown });
    case 'other':
      return thrown;
  }
}
