import type { Engine } from './engine.ts';
import type { LedgerTx, WakeKind } from './ledger.ts';
import { Scope, type LedgerContext } from './scope.ts';
import { transactionOf } from './transaction.ts';

/** Who is told what a transaction has made to do, and when. */
export interface Waking {
  /** When it is durable. */
  readonly committed: (kinds: Iterable<WakeKind>) => void;
  /**
   * When it has run to its end and those who write next see what it has written: where one process writes over one
   * connection. Null where only a commit lets others see it.
   */
  readonly written: ((kinds: Iterable<WakeKind>) => void) | null;
}

/**
 * Whoever is woken for these begins with a transaction, which joins the commit of the one that woke him when it comes
 * at once: intents go with the notifications that they are for, and results are taken with the answers that they tell.
 */
const joining: ReadonlySet<WakeKind> = new Set<WakeKind>(['delivery', 'outbox']);

/** One transaction of the ledger over an engine's; what it learned and whom it wakes counts only once others may see it. */
export async function transact<T>(
  engine: Engine,
  context: LedgerContext,
  work: (tx: LedgerTx) => Promise<T>,
  { written, committed }: Waking,
): Promise<T> {
  const run: { scope: Scope | null } = { scope: null };
  const value = await engine.write(async (session) => {
    // The engine may run the work again; each run learns anew.
    const scope = new Scope(session, context, context.current);
    run.scope = scope;
    const result = await work(transactionOf(scope));
    if (written !== null) {
      scope.remember();
      tell(written, scope.wakes, (kind) => joining.has(kind));
    }
    return result;
  });
  const { scope } = run;
  if (scope === null) return value;
  if (written === null) scope.remember();
  tell(committed, scope.wakes, (kind) => written === null || !joining.has(kind));
  return value;
}

function tell(
  whom: (kinds: Iterable<WakeKind>) => void,
  kinds: ReadonlySet<WakeKind>,
  isFor: (kind: WakeKind) => boolean,
): void {
  const theirs = [...kinds].filter(isFor);
  if (theirs.length > 0) whom(theirs);
}
