import type { Call } from '../../model/call.ts';
import { overLimitReasons, type DeadLetter } from '../../model/dead-letter.ts';
import type { Notification } from '../../model/notification.ts';
import type { RawRecord } from '../../model/record.ts';
import { everybody } from '../entries.ts';
import type { LedgerTx, OutboxItem } from '../ledger.ts';
import { deadLetterOf, digestDeadLettersOf, type DeadLetterFault } from './admit.ts';
import type { Step } from './tell.ts';
import type { CallStep } from './answers.ts';

/** Saves what became of calls and of the notifications in them; the only way that the loops write a transition. */
export async function saveCallSteps(tx: LedgerTx, callSteps: readonly CallStep[]): Promise<void> {
  await tx.releaseContents(
    callSteps.flatMap(({ call, released }) =>
      call.claimedDay === null ? [] : claimsOf({ ...call, members: released }, call.claimedDay),
    ),
  );
  for (const step of callSteps) {
    const gone = leaversOf(step);
    if (gone.length > 0) await tx.forgetUserids(step.call.app, gone);
  }
  await tx.saveCalls(callSteps.map((each) => each.call));
  await tx.insertCalls(callSteps.flatMap((each) => each.newCalls));
  await saveSteps(
    tx,
    callSteps.flatMap((each) => each.steps),
  );
}

/** Userids that mobiles stood for and that DingTalk calls invalid now: the next message looks the numbers up again. */
function leaversOf({ steps }: CallStep): string[] {
  return steps.flatMap(({ notification }) =>
    notification.persons.flatMap(({ userid, mobile, status }) =>
      mobile !== null && userid !== null && status === 'invalid' ? [userid] : [],
    ),
  );
}

/** Saves notifications with what they tell; of several steps over one notification the last is its state. */
export async function saveSteps(tx: LedgerTx, steps: readonly Step[]): Promise<void> {
  const notifications = new Map<string, Notification>();
  const outbox: OutboxItem[] = [];
  const unsent: string[] = [];
  for (const step of steps) {
    notifications.set(step.notification.id, step.notification);
    outbox.push(...step.outbox);
    if (!endsUnsent(step)) continue;
    unsent.push(step.notification.id, ...(await digestMembersOf(tx, step.notification)));
    const fault = faultOf(step);
    if (fault === null) continue;
    const deadLetters = await deadLettersFor(tx, step.notification, fault);
    outbox.push(...deadLetters.map((deadLetter): OutboxItem => ({ kind: 'dead_letter', deadLetter })));
  }
  await tx.saveNotifications([...notifications.values()]);
  await tx.appendOutbox(outbox);
  // What reached nobody must not keep later ones from being sent.
  await tx.releasePolicyClaims(unsent);
}

/** The per-person reservations that a call holds for a day; a broadcast has one that stands for everyone. */
export function claimsOf(
  call: Call,
  day: string,
): { app: string; day: string; userid: string; contentHash: string; notificationId: string }[] {
  return call.members.flatMap((member) =>
    (call.kind === 'everyone' ? [everybody] : member.userids).map((userid) => ({
      app: call.app,
      day,
      userid,
      contentHash: call.contentHash,
      notificationId: member.notificationId,
    })),
  );
}

/** Failed for good, or suppressed: either way it does not count in the windows of its route. */
function endsUnsent(step: Step): boolean {
  return step.outbox.some(
    (item) =>
      item.kind === 'result' &&
      item.result.final &&
      (item.result.status === 'failed' || item.result.status === 'suppressed'),
  );
}

/**
 * The dead letters of a notification that just ended without reaching anybody because of this fault, one for each member
 * of a digest: they can be redriven once the cause is gone.
 */
export async function deadLettersFor(
  tx: LedgerTx,
  notification: Notification,
  fault: DeadLetterFault,
): Promise<readonly DeadLetter[]> {
  const records = await recordsOf(tx, await digestMembersOf(tx, notification));
  if (records.size > 0) return digestDeadLettersOf(notification, records, fault);
  const record = await tx.eventRecord(notification.id);
  return record === null ? [] : [deadLetterOf(notification, record, fault)];
}

/** The notifications that a digest is made of; none where it is no digest. */
async function digestMembersOf(tx: LedgerTx, { id, digestSize }: Notification): Promise<readonly string[]> {
  return digestSize === null ? [] : tx.digestMembers(id);
}

/** The records of those notifications whose events the ledger still has, by id. */
export async function recordsOf(
  tx: LedgerTx,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RawRecord>> {
  const records = new Map<string, RawRecord>();
  for (const id of ids) {
    const record = await tx.eventRecord(id);
    if (record !== null) records.set(id, record);
  }
  return records;
}

/**
 * Why a step's notification becomes a dead letter: DingTalk refused the message, or a limit kept it from everybody and
 * the route wants that. Null for nearly all of them; where some have it, a redrive would tell them twice.
 */
function faultOf({ notification, outbox }: Step): DeadLetterFault | null {
  if (!outbox.some((item) => item.kind === 'result' && item.result.final)) return null;
  const { finalStatus, finalReason, policies } = notification;
  const message = notification.error?.message ?? 'a limit of DingTalk would have been passed';
  if (finalStatus === 'failed' && finalReason === 'rejected')
    return { stage: 'deliver', reason: 'rejected', message, exceptionClass: 'dingbus.DingTalkRefusal' };
  const limit = limitThatKeptAll(notification);
  if (limit === null || policies.overLimit !== 'dead_letter') return null;
  return { stage: 'deliver', reason: limit, message, exceptionClass: 'dingbus.OverLimit' };
}

/** The limit because of which nobody has it: counted by us, or by DingTalk after it had accepted the call. */
function limitThatKeptAll({ finalStatus, finalReason, persons }: Notification): string | null {
  if (finalStatus === 'suppressed') return overLimitReasons.includes(finalReason ?? '') ? finalReason : null;
  if (finalStatus !== 'failed' || finalReason !== 'forbidden') return null;
  return persons.find(({ reason }) => overLimitReasons.includes(reason ?? ''))?.reason ?? null;
}
