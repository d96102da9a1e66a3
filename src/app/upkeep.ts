/** What keeps the ledger in order while everything else works: the sign of life of this instance, and retention. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** The ledger's instances tell each other that they live several times within their lease (15 s). */
const heartbeatEveryMs = 3_000;
const purgeEveryMs = 60_000;
const purgeRows = 2_000;

export function createHeartbeat(ledger: Ledger, clock: Clock, logger: Logger): Loop {
  return createLoop({
    name: 'heartbeat',
    clock,
    logger,
    turn: async () => {
      await ledger.heartbeat();
      return { wakeAt: clock.now() + heartbeatEveryMs };
    },
  });
}

/** Removes what ended longer ago than `retentionMs`, a step at a time. */
export function createPurger(ledger: Ledger, retentionMs: () => number, clock: Clock, logger: Logger): Loop {
  return createLoop({
    name: 'retention',
    clock,
    logger,
    turn: async () => {
      const before = clock.now() - retentionMs();
      const removed = await ledger.write((tx) => tx.purge(before, purgeRows));
      // A full step means that there is more; small steps leave room for deliveries between them.
      return { wakeAt: clock.now() + (removed >= purgeRows ? 1_000 : purgeEveryMs) };
    },
  });
}
