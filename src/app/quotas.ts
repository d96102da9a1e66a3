import { dingtalkDay, nextDingtalkDay, nextDingtalkMonth } from '../base/dingtalk-day.ts';
import type { DingTalkApp } from '../config/config.ts';
import { spans } from '../dingtalk/limits.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { QuotaView } from '../server/ports.ts';

/**
 * How much of each of DingTalk's limits the apps have used, over all instances: of the day and the month as counted,
 * of the second and the minute as the sends of the ledger tell it.
 */
export async function quotasOf(
  ledger: Ledger,
  apps: Iterable<DingTalkApp>,
  now: number,
): Promise<readonly QuotaView[]> {
  const rows: QuotaView[] = [];
  for (const app of apps) {
    const { limits } = app;
    const use = await ledger.view((views) => views.quotaUse(app.name, dingtalkDay(now), 1));
    const sends = await ledger.read((tx) =>
      tx.recentIntents(app.name, now - spans.recipientsPerMinuteWindow.value),
    );
    const lastSecond = sends.filter(({ at }) => at > now - spans.callsPerSecondWindow.value);
    const row = (name: string, used: number, limit: number | null, resetsAt: number | null): QuotaView => ({
      app: app.name,
      name,
      used,
      limit: limit === Infinity ? null : limit,
      warnAt: limits.warnAt,
      resetsAt,
    });
    const day = nextDingtalkDay(now);
    const people = sends.reduce((sum, send) => sum + send.people, 0);
    rows.push(
      row('broadcasts_per_day', use.broadcasts, limits.broadcastsPerDay, day),
      row('per_user_per_day', use.topPeople[0]?.messages ?? 0, limits.perUserPerDay, day),
      row('calls_per_month', use.callsThisMonth, limits.callsPerMonth, nextDingtalkMonth(now)),
      row('recipients_per_minute', people, limits.recipientsPerMinute, null),
      row('calls_per_second', lastSecond.length, limits.callsPerSecond, null),
    );
  }
  return rows;
}
