import type { Active } from '../app/configuration.ts';
import { Current } from '../app/current.ts';
import { createPauses } from '../app/pauses.ts';
import { createServerViews } from '../app/server-views.ts';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openLedger } from '../ledger/open.ts';
import type { LedgerViewsPort } from '../server/ports.ts';

/** The ledger for a command that only looks, with the views of it that the running service shows. */
export interface OpenedLedger {
  readonly ledger: Ledger;
  readonly views: LedgerViewsPort;
}

/** Opens the ledger read-only, beside a running service or without one, and closes it after the work. */
export async function withLedger<T>(active: Active, work: (opened: OpenedLedger) => Promise<T>): Promise<T> {
  const { store } = active.config;
  const clock = systemClock;
  const ledger = await openLedger({
    store: store.kind === 'sqlite' ? `sqlite:${store.path}` : store.url.reveal(),
    instance: `command-${process.pid}`,
    description: `command ${process.pid}`,
    clock,
    logger: silentLogger,
    leaseMs: null,
    readOnly: true,
  });
  try {
    const current = new Current(
      active,
      () => ({ ok: true, active }),
      () => clock.now(),
    );
    const pauses = createPauses({ ledger, clock });
    const holds = () => pauses.list();
    return await work({ ledger, views: createServerViews({ ledger, clock, current, holds }) });
  } finally {
    await ledger.close();
  }
}
