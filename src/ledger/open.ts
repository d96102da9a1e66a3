import { CurrentRows } from './current-rows.ts';
import { LedgerOpenError } from './errors.ts';
import type { Ledger } from './ledger.ts';
import type { OpenLedgerOptions } from './open-options.ts';
import { PartCache } from './part-cache.ts';
import { openPostgresLedger } from './postgres-ledger.ts';
import type { LedgerContext } from './scope.ts';
import { openSqlite } from './sqlite.ts';
import { openSqliteLedger } from './sqlite-ledger.ts';

const defaultLeaseMs = 15_000;
/** Characters of decoded plans and call contents to keep at hand, each. */
const cacheChars = 8 * 1_048_576;

/**
 * Opens the ledger, creates or updates its tables.
 * @throws LedgerOpenError, LedgerInUseError, LedgerReadOnlyError, LedgerCorruptError, LedgerVersionError: a person
 *   must act, the message says how. LedgerUnavailableError: try again later.
 */
export async function openLedger(options: OpenLedgerOptions): Promise<Ledger> {
  const context = (shared: boolean): LedgerContext => ({
    instance: options.instance,
    clock: options.clock,
    leaseMs: options.leaseMs ?? defaultLeaseMs,
    shared,
    plans: new PartCache(cacheChars),
    contents: new PartCache(cacheChars),
    current: shared ? null : new CurrentRows(),
    sweep: { events: 0 },
  });
  if (options.store.startsWith('sqlite:')) {
    const path = options.store.slice('sqlite:'.length);
    if (path === '' || path === ':memory:') {
      throw new LedgerOpenError(
        `store "${options.store}" names no file: write sqlite:data/dingbus.db, for example`,
      );
    }
    const engine = await openSqlite({ path, readOnly: options.readOnly, logger: options.logger });
    return openSqliteLedger(engine, context(false), options);
  }
  if (/^postgres(ql)?:\/\//.test(options.store)) return openPostgresLedger(options, context(true));
  throw new LedgerOpenError(
    `store "${schemeOf(options.store)}…" is not known: write sqlite:<path> or postgres://<user>@<host>/<database>`,
  );
}

/** Only the beginning: a store's name may hold a password. */
function schemeOf(store: string): string {
  return store.slice(0, Math.max(0, store.indexOf(':') + 1));
}
