import type { Clock } from '../base/clock.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';
import type { Ledger } from '../ledger/ledger.ts';

const lookEveryMs = 3_000;
/** Clocks are corrected by seconds all the time; so little is simply waited out. */
const toleratedMs = 5_000;

/** Notices that the machine's clock was set back, and brings forward what would wait for the old time. */
export function createClockWatch(parts: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Work has become due. */
  readonly onSetBack: () => void;
}): Loop {
  const { ledger, clock, logger } = parts;
  const ahead = (): number => clock.now() - clock.monotonic();
  let known = ahead();
  return createLoop({
    name: 'clock',
    clock,
    logger,
    turn: async () => {
      const back = known - ahead();
      if (back > toleratedMs) {
        const now = clock.now();
        const moved = await ledger.write((tx) => tx.bringForward(now + back, now));
        logger.warn({ backMs: Math.round(back), moved }, 'the clock was set back; what was due stays due');
        parts.onSetBack();
      }
      // Little by little would add up unseen, so small steps back are not forgotten.
      if (back > toleratedMs || back < 0) known = ahead();
      return { wakeAt: clock.now() + lookEveryMs };
    },
  });
}
