import { sha256 } from '../base/ids.ts';
import type { Call } from '../model/call.ts';
import type { DueQuery, LedgerTx } from '../ledger/ledger.ts';
import { mayRepeat, unknownForGood, withheld, type CallStep } from '../ledger/lifecycle/answers.ts';
import { saveCallSteps } from '../ledger/lifecycle/save.ts';
import type { MediaBody } from './media.ts';
import type { Members } from './reserve.ts';

export interface ReadyContext {
  readonly prepareLeaseMs: number;
  readonly mediaBody: (tx: LedgerTx, body: string) => Promise<MediaBody>;
}

export interface ReadyCalls {
  readonly calls: readonly Call[];
  /** Put off until their media are uploaded anew. */
  readonly unprepared: readonly Call[];
}

/** Calls that were planned or put off earlier, less those that have become pointless. */
export async function takeReady(
  tx: LedgerTx,
  context: ReadyContext,
  query: DueQuery,
  members: Members,
  now: number,
): Promise<ReadyCalls> {
  const ready = await tx.takeReadyCalls(query);
  const ids = new Set(ready.flatMap((call) => call.members.map((member) => member.notificationId)));
  for (const notification of await tx.lockNotifications([...ids])) members.set(notification.id, notification);
  const calls: Call[] = [];
  const unprepared: Call[] = [];
  for (const call of ready) {
    const ended = endPointless(call, members, now);
    if (ended !== null) {
      for (const step of ended.steps) members.set(step.notification.id, step.notification);
      await saveCallSteps(tx, [ended]);
      continue;
    }
    // Only a call whose media ids DingTalk refused names files again.
    const media = await context.mediaBody(tx, call.body);
    if (media.missing.length > 0) unprepared.push({ ...call, nextAt: now + context.prepareLeaseMs });
    else if (media.body === call.body) calls.push(call);
    else calls.push({ ...call, body: media.body, contentHash: sha256(media.body) });
  }
  await tx.saveCalls(unprepared);
  return { calls, unprepared };
}

/** A repeat whose day is over, and anything cancelled or expired before it was ever sent. */
function endPointless(call: Call, members: Members, now: number): CallStep | null {
  const inDoubt = call.unknownRounds > 0;
  const notifications = call.members.flatMap((member) => members.get(member.notificationId) ?? []);
  const cancelled = notifications.every((notification) => notification.signals.recall);
  if (inDoubt && (cancelled || !mayRepeat(call, now))) {
    return unknownForGood(call, members, { reason: 'no_answer', error: null, held: false }, now);
  }
  if (inDoubt) return null;
  const expired = notifications.every(
    ({ policies }) => policies.expiresAt !== null && policies.expiresAt <= now,
  );
  if (!cancelled && !expired) return null;
  return withheld(call, members, cancelled ? 'cancelled' : 'expired', now);
}
