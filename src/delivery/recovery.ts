import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { outcomeUnknown } from '../ledger/lifecycle/answers.ts';
import { saveCallSteps } from '../ledger/lifecycle/save.ts';

export interface RecoveryOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const batch = 100;
const lookEveryMs = 2_000;

/**
 * Finds intents whose owner died between the intent and the answer, on this instance's last life or on another
 * instance: nobody knows whether those calls were made, so they become `unknown` (`crashed`).
 */
export function createRecovery({ ledger, clock, random, logger }: RecoveryOptions): Loop {
  return createLoop({
    name: 'recovery',
    clock,
    logger,
    random,
    turn: async () => {
      const found = await ledger.write(async (tx) => {
        const orphans = await tx.takeOrphanedCalls(batch);
        for (const call of orphans) {
          const ids = call.members.map((member) => member.notificationId);
          const locked = await tx.lockNotifications([...new Set(ids)]);
          const members = new Map(locked.map((notification) => [notification.id, notification]));
          const why = { reason: 'crashed' as const, error: null };
          await saveCallSteps(tx, [outcomeUnknown(call, members, why, clock.now(), random)]);
        }
        return orphans.length;
      });
      if (found > 0) logger.warn({ calls: found }, 'calls were cut off by a crash; their outcome is unknown');
      return { wakeAt: found === batch ? clock.now() : clock.now() + lookEveryMs };
    },
  });
}
