import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { Ledger } from '../ledger/ledger.ts';

export interface BackpressureOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Notifications not yet final beyond which reading stops. */
  readonly maxPending: () => number;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly onPending?: (count: number) => void;
}

/** Reading goes on when the backlog has shrunk to this share of the limit, so that it does not flap. */
const resumeShare = 0.8;
const lookEveryMs = 500;

/**
 * Stops reading while too many notifications are on their way: Kafka keeps the rest, so memory and the ledger stay
 * bounded however long DingTalk is slow.
 */
export function createBackpressure(options: BackpressureOptions): Loop {
  const { ledger, clock, logger } = options;
  let paused = false;
  return createLoop({
    name: 'backpressure',
    clock,
    logger,
    turn: async () => {
      const pending = await ledger.read((tx) => tx.pendingCount());
      const limit = options.maxPending();
      options.onPending?.(pending);
      if (!paused && pending >= limit) {
        paused = true;
        logger.warn({ pending, limit }, 'backlog is full; reading waits');
        options.pause();
      } else if (paused && pending <= limit * resumeShare) {
        paused = false;
        logger.info({ pending, limit }, 'backlog has shrunk; reading goes on');
        options.resume();
      }
      return { wakeAt: clock.now() + lookEveryMs };
    },
  });
}
