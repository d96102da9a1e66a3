import type { Call } from '../../model/call.ts';
import type { Notification } from '../../model/notification.ts';
import type { LedgerTx, OutboxItem } from '../ledger.ts';
import { deadLetterOf } from './admit.ts';
import type { Step } from './tell.ts';
import type { CallStep } from './answers.ts';

/** Saves what became of calls and of the notifications in them; the only way that the loops write a transition. */
export async function saveCallSteps(tx: LedgerTx, callSteps: readonly CallStep[]): Promise<void> {
  const released = callSteps.filter((each) => each.releaseClaims && each.call.claimedDay !== null);
  await tx.releaseContents(released.flatMap((each) => claimsOf(each.call, each.call.claimedDay ?? '')));
  for (const step of callSteps) await forgetLeavers(tx, step);
  await tx.saveCalls(callSteps.map((each) => each.call));
  await tx.insertCalls(callSteps.flatMap((each) => each.newCalls));
  await saveSteps(
    tx,
    callSteps.flatMap((each) => each.steps),
  );
}

/** A userid that a mobile stood for and that DingTalk calls invalid now: the next message looks the number up again. */
async function forgetLeavers(tx: LedgerTx, { call, steps }: CallStep): Promise<void> {
  const gone = steps.flatMap(({ notification }) =>
    notification.persons.flatMap(({ userid, mobile, status }) =>
      mobile !== null && userid !== null && status === 'invalid' ? [userid] : [],
    ),
  );
  if (gone.length > 0) await tx.forgetUserids(call.app, gone);
}

/** Saves notifications with what they tell; of several steps over one notification the last is its state. */
export async function saveSteps(tx: LedgerTx, steps: readonly Step[]): Promise<void> {
  const notifications = new Map<string, Notification>();
  const outbox: OutboxItem[] = [];
  const failed: string[] = [];
  for (const step of steps) {
    notifications.set(step.notification.id, step.notification);
    outbox.push(...step.outbox);
    if (endsFailed(step)) failed.push(step.notification.id);
    const deadLetter = await deadLetterFor(tx, step);
    if (deadLetter !== null) outbox.push(deadLetter);
  }
  await tx.saveNotifications([...notifications.values()]);
  await tx.appendOutbox(outbox);
  // What failed for good must not keep later ones from being sent.
  await tx.releasePolicyClaims(failed);
}

/** The per-person reservations that a call holds for a day. */
export function claimsOf(
  call: Call,
  day: string,
): { app: string; day: string; userid: string; contentHash: string; notificationId: string }[] {
  return call.members.flatMap((member) =>
    member.userids.map((userid) => ({
      app: call.app,
      day,
      userid,
      contentHash: call.contentHash,
      notificationId: member.notificationId,
    })),
  );
}

function endsFailed(step: Step): boolean {
  return step.outbox.some(
    (item) => item.kind === 'result' && item.result.final && item.result.status === 'failed',
  );
}

/** Reasons of a suppression that `over_limit: dead_letter` speaks of. */
const limitReasons = new Set([
  'broadcast_daily_cap',
  'user_daily_limit',
  'same_content_today',
  'monthly_budget',
]);

/**
 * The dead letter of a notification that just ended without reaching anybody because DingTalk refused the message, or
 * because of a limit where the route wants that: it can be redriven once the cause is gone. Where some have it, a
 * redrive would tell them twice, so there is none.
 */
async function deadLetterFor(tx: LedgerTx, { notification, outbox }: Step): Promise<OutboxItem | null> {
  if (!outbox.some((item) => item.kind === 'result' && item.result.final)) return null;
  const { finalStatus, finalReason, policies } = notification;
  const refused = finalStatus === 'failed' && finalReason === 'rejected';
  const overLimit =
    finalStatus === 'suppressed' &&
    policies.overLimit === 'dead_letter' &&
    limitReasons.has(finalReason ?? '');
  if (!refused && !overLimit) return null;
  const record = await tx.eventRecord(notification.id);
  if (record === null) return null;
  const deadLetter = deadLetterOf(notification, record, {
    stage: 'deliver',
    reason: finalReason ?? 'rejected',
    message: notification.error?.message ?? 'a limit of DingTalk would have been passed',
    exceptionClass: refused ? 'dingbus.DingTalkRefusal' : 'dingbus.OverLimit',
  });
  return { kind: 'dead_letter', deadLetter };
}
