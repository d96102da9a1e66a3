import { afterEach, expect, it } from 'vitest';
import type { LedgerReader } from '../../../src/ledger/ledger.ts';
import { noon } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

const store = new TempLedger(new FakeClock(noon));

afterEach(() => store.dispose());

/** Statement after statement for 200 ms, as a transaction over a thousand notifications does. */
async function manyStatements(tx: LedgerReader): Promise<void> {
  const end = performance.now() + 200;
  while (performance.now() < end) await tx.pendingCount();
}

it.each(['write', 'read'] as const)('a long %s on SQLite lets the event loop turn', async (kind) => {
  const ledger = await store.open();
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns += 1;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await ledger[kind](manyStatements);
  over = true;
  // One turn before it and one after it would come in any case.
  expect(turns).toBeGreaterThan(5);
});
