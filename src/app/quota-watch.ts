import type { Clock } from '../base/clock.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../model/metrics.ts';
import type { QuotaView } from '../server/ports.ts';

/** Counting what each person got today takes a while, so it is not done for each scrape. */
const lookEveryMs = 15_000;

/** Brings the gauges of quotas up to date, and warns once a day or month when one comes near its limit. */
export function createQuotaWatch(parts: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly quotas: () => Promise<readonly QuotaView[]>;
}): Loop {
  const { clock, logger, metrics } = parts;
  /** Quotas that were warned of, with the end of the period for which that holds. */
  const warned = new Map<string, number>();
  return createLoop({
    name: 'quotas',
    clock,
    logger,
    turn: async () => {
      const rows = await parts.quotas();
      metrics.quotas(rows.map(({ app, name, used, limit }) => ({ app, name, used, limit })));
      for (const { app, name, used, limit, warnAt, resetsAt } of rows) {
        const key = `${app} ${name}`;
        // Windows that slide fill up every day and then wait; that is their everyday business.
        if (limit === null || resetsAt === null || used < limit * warnAt) continue;
        if (warned.get(key) === resetsAt) continue;
        warned.set(key, resetsAt);
        logger.warn({ app, quota: name, used, limit }, 'a quota of DingTalk is nearly used up');
      }
      return { wakeAt: clock.now() + lookEveryMs };
    },
  });
}
