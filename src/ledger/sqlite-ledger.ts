import type { Ledger } from './ledger.ts';
import type { OpenLedgerOptions } from './open-options.ts';
import { beat, leave } from './queries/instances.ts';
import { forget, Scope, type LedgerContext } from './scope.ts';
import { undisputed } from './lease.ts';
import type { SqliteEngine } from './sqlite.ts';
import { transact, type Waking } from './transact.ts';
import { readerOf, viewsOf } from './transaction.ts';
import { Wakes } from './wakes.ts';

/** The ledger of one process: everything that is leased to another one belongs to a process that is gone. */
export async function openSqliteLedger(
  engine: SqliteEngine,
  context: LedgerContext,
  options: Pick<OpenLedgerOptions, 'readOnly' | 'description'>,
): Promise<Ledger> {
  const wakes = new Wakes();
  const sayAlive = (): Promise<unknown> =>
    engine.write((session) => beat(new Scope(session, context), options.description));
  engine.onRollback(() => {
    forget(context);
  });
  if (!options.readOnly) await sayAlive();
  const waking: Waking = {
    committed: (kinds) => {
      wakes.fire(kinds);
    },
    written: (kinds) => {
      wakes.fire(kinds);
      engine.expectCompany();
    },
  };
  return {
    write: (work) => transact(engine, context, work, waking),
    read: (work) => engine.read((session) => work(readerOf(new Scope(session, context)))),
    view: (work) => engine.view((session) => work(viewsOf(new Scope(session, context)))),
    onWake: (kind, listener) => wakes.on(kind, listener),
    health: () => engine.health(),
    async heartbeat() {
      if (options.readOnly) return;
      // Nobody waits for this process's sign of life; but a store that failed is tried, so that its recovery shows.
      if (!engine.health().ok) await sayAlive();
      engine.checkpointWhenIdle();
    },
    tenure: () => undisputed,
    documents: null,
    async close() {
      if (!options.readOnly && engine.health().ok) {
        await engine.write((session) => leave(new Scope(session, context)));
      }
      await engine.close();
    },
  };
}
