import { sha256 } from '../base/ids.ts';
import type { Call } from '../model/call.ts';
import type { Notification } from '../model/notification.ts';
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
    let kept = call;
    for (const step of endPointless(call, members, now)) {
      for (const { notification } of step.steps) members.set(notification.id, notification);
      await saveCallSteps(tx, [step]);
      kept = step.call;
    }
    if (kept.state === 'closed') continue;
    // Only a call whose media ids DingTalk refused names files again.
    const media = await context.mediaBody(tx, kept.body);
    if (media.missing.length > 0) unprepared.push({ ...kept, nextAt: now + context.prepareLeaseMs });
    else if (media.body === kept.body) calls.push(kept);
    else calls.push({ ...kept, body: media.body, contentHash: sha256(media.body) });
  }
  await tx.saveCalls(unprepared);
  return { calls, unprepared };
}

/** A repeat whose day is over, and whoever was cancelled or has expired before the call was ever made. */
function endPointless(call: Call, members: Members, now: number): readonly CallStep[] {
  const cancelled = (each: Notification): boolean => each.signals.recall;
  const expired = ({ policies }: Notification): boolean =>
    policies.expiresAt !== null && policies.expiresAt <= now;
  if (call.unknownRounds > 0) {
    const over = !mayRepeat(call, now) || carried(call, members).every(cancelled);
    const why = { reason: 'no_answer', error: null, held: false };
    return over ? [unknownForGood(call, members, why, now)] : [];
  }
  const first = withoutSome(call, members, cancelled, 'cancelled', now);
  const second = withoutSome(first?.call ?? call, members, expired, 'expired', now);
  return [first, second].filter((step) => step !== null);
}

/** Ends those of a call's notifications that `over` accepts, and the call itself when none is left; null = none is over. */
function withoutSome(
  call: Call,
  members: Members,
  over: (notification: Notification) => boolean,
  reason: string,
  now: number,
): CallStep | null {
  const ids = new Set(carried(call, members).flatMap((each) => (over(each) ? [each.id] : [])));
  if (ids.size === 0 || call.state === 'closed') return null;
  const leaving = call.members.filter(({ notificationId }) => ids.has(notificationId));
  const rest = call.members.filter(({ notificationId }) => !ids.has(notificationId));
  const step = withheld({ ...call, members: leaving }, members, reason, now);
  if (rest.length === 0) return step;
  const people = rest.reduce((sum, member) => sum + member.userids.length, 0);
  return { ...step, call: { ...call, members: rest, people } };
}

function carried(call: Call, members: Members): readonly Notification[] {
  return call.members.flatMap((member) => members.get(member.notificationId) ?? []);
}
