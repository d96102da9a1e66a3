import { DingbusError } from '../base/errors.ts';

/**
 * The store cannot be written or reached now: disk full, input/output error, server away. Nothing of the
 * transaction is in the ledger; the same work may be tried again later.
 */
export class LedgerUnavailableError extends DingbusError {
  readonly code = 'ledger_unavailable';

  constructor(message: string, cause?: unknown) {
    super(message, { retry: 'backoff', cause });
  }
}

/** Another process has the SQLite ledger open; two writers would count every limit twice. */
export class LedgerInUseError extends DingbusError {
  readonly code = 'ledger_in_use';
}

/** The file exists and is no (longer a) sound ledger. */
export class LedgerCorruptError extends DingbusError {
  readonly code = 'ledger_corrupt';
}

/** The file, its folder or the database role does not allow writing; or the ledger was opened for reading only. */
export class LedgerReadOnlyError extends DingbusError {
  readonly code = 'ledger_read_only';
}

/** The ledger's tables do not suit this program: written by a newer one, or not yet there. */
export class LedgerVersionError extends DingbusError {
  readonly code = 'ledger_version';
}

/** The store's name is none that dingbus understands, or what it names cannot be opened. */
export class LedgerOpenError extends DingbusError {
  readonly code = 'ledger_open';
}

/** A bug: the ledger was used in a way it forbids, or holds something it never wrote. */
export class LedgerMisuseError extends DingbusError {
  readonly code = 'ledger_misuse';
}
