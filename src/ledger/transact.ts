import type { Engine } from './engine.ts';
import type { LedgerTx, WakeKind } from './ledger.ts';
import { Scope, type LedgerContext } from './scope.ts';
import { transactionOf } from './transaction.ts';

/** One transaction of the ledger over an engine's; what it learned and whom it wakes counts only once it is durable. */
export async function transact<T>(
  engine: Engine,
  context: LedgerContext,
  work: (tx: LedgerTx) => Promise<T>,
  wake: (kinds: ReadonlySet<WakeKind>) => void,
): Promise<T> {
  let scope: Scope | null = null;
  const value = await engine.write((session) => {
    // The engine may run the work again; each run learns anew.
    scope = new Scope(session, context, context.current);
    return work(transactionOf(scope));
  });
  const done = scope as Scope | null;
  done?.remember();
  if (done !== null && done.wakes.size > 0) wake(done.wakes);
  return value;
}
