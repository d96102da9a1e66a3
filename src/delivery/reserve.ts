/**
 * Reserves what DingTalk limits before a call is made: a broadcast's place in the day, each person's place for this
 * content and among their messages of the day, one call of the month. What cannot be had is dropped, put off or
 * dead-lettered as the route says, person by person, and never silently.
 */
import { dingtalkDay, dingtalkMonth, nextDingtalkDay, nextDingtalkMonth } from '../base/dingtalk-day.ts';
import type { Call } from '../model/call.ts';
import type { Notification } from '../model/notification.ts';
import type { OverLimit } from '../model/plan.ts';
import { isFree, type CallError } from '../dingtalk/outcomes.ts';
import type { ClaimVerdict, CounterKey, LedgerTx } from '../ledger/ledger.ts';
import { postponed, stepsOf, unknownForGood, withheld, type CallStep } from '../ledger/lifecycle/answers.ts';
import { addPart, updateDelivery } from '../ledger/lifecycle/deliveries.ts';
import { updatePersons, type PersonUpdate } from '../ledger/lifecycle/persons.ts';
import { claimsOf } from '../ledger/lifecycle/save.ts';
import { settleWhenDone } from '../ledger/lifecycle/settle.ts';
import { quietly, tellInterim, type Step } from '../ledger/lifecycle/tell.ts';

export interface AppQuotas {
  readonly perUserPerDay: number;
  readonly broadcastsPerDay: number;
  /** Null = not limited by us. */
  readonly callsPerMonth: number | null;
}

export type Members = Map<string, Notification>;

/** A call that may go out now, or what became of it instead. */
export type Reservation =
  | { readonly kind: 'granted'; readonly call: Call; readonly step: CallStep | null }
  | { readonly kind: 'withheld'; readonly step: CallStep };

/** Reserves for many calls at once; `members` is brought up to date as people drop out. */
export async function reserve(
  tx: LedgerTx,
  calls: readonly Call[],
  members: Members,
  quotas: AppQuotas,
  now: number,
): Promise<readonly Reservation[]> {
  const day = dingtalkDay(now);
  const unclaimed = calls.filter((call) => call.kind === 'users' && call.claimedDay !== day);
  const claims = unclaimed.map((call) => claimsOf(call, day));
  const verdicts = await tx.claimContents(claims.flat(), quotas.perUserPerDay);
  const byCall = new Map<string, readonly ClaimVerdict[]>();
  let offset = 0;
  for (const [index, call] of unclaimed.entries()) {
    const size = claims[index]?.length ?? 0;
    byCall.set(call.id, verdicts.slice(offset, offset + size));
    offset += size;
  }
  const reservations: Reservation[] = [];
  const counted = await countTogether(tx, calls, quotas, now);
  for (const call of calls) {
    const dropped = dropRefused(call, members, byCall.get(call.id) ?? [], now);
    if (dropped?.call.state === 'closed') {
      if (counted) await tx.count(monthOf(call, now), -1, null);
      reservations.push({ kind: 'withheld', step: dropped });
      continue;
    }
    const kept = dropped?.call ?? call;
    const settled = counted && kept.kind !== 'everyone';
    const withheld = settled ? null : await countCall(tx, kept, members, quotas, now, counted);
    if (withheld === null) reservations.push({ kind: 'granted', call: kept, step: dropped });
    else {
      if (kept.kind === 'users' && kept.unknownRounds === 0) await tx.releaseContents(claimsOf(kept, day));
      reservations.push({ kind: 'withheld', step: chain(dropped, withheld) });
    }
  }
  return reservations;
}

/**
 * Gives back a broadcast's place and, where DingTalk does not charge for it, the call of the month. `members` are as
 * they were before the answer.
 */
export async function giveBack(
  tx: LedgerTx,
  call: Call,
  members: Members,
  error: CallError,
  now: number,
): Promise<void> {
  if (!error.provesNothingSent) return;
  if (call.kind === 'everyone' && call.claimedDay !== null && call.unknownRounds === 0) {
    await tx.count({ app: call.app, scope: 'broadcasts', period: call.claimedDay }, -1, null);
    if (!mayHaveArrivedBefore(call, members)) await tx.releaseContents(claimsOf(call, call.claimedDay));
  }
  // The month may have turned since the call was counted, at its intent.
  const period = call.claimedDay?.slice(0, dingtalkMonth(now).length) ?? dingtalkMonth(now);
  if (isFree(error)) await tx.count({ app: call.app, scope: 'calls', period }, -1, null);
}

/** A broadcast in doubt that a person had sent again holds its content for the earlier attempt, too. */
export function mayHaveArrivedBefore(call: Call, members: Members): boolean {
  return call.members.some(({ notificationId }) => members.get(notificationId)?.resending === true);
}

/** What the calls of an app are counted under. */
export function monthOf({ app }: { readonly app: string }, now: number): CounterKey {
  return { app, scope: 'calls', period: dingtalkMonth(now) };
}

/** All calls of the month in one step, where the budget has room for all; else each is counted by itself. */
async function countTogether(
  tx: LedgerTx,
  calls: readonly Call[],
  quotas: AppQuotas,
  now: number,
): Promise<boolean> {
  const [first] = calls;
  if (first === undefined) return false;
  return tx.count(monthOf(first, now), calls.length, quotas.callsPerMonth);
}

/** The whole call waits or ends when the day's broadcasts or the month's calls are used up; null = counted. */
async function countCall(
  tx: LedgerTx,
  call: Call,
  members: Members,
  quotas: AppQuotas,
  now: number,
  counted: boolean,
): Promise<CallStep | null> {
  const month = monthOf(call, now);
  if (!counted && !(await tx.count(month, 1, quotas.callsPerMonth))) {
    return overLimit(call, members, 'monthly_budget', nextDingtalkMonth(now), now);
  }
  if (call.kind !== 'everyone' || call.claimedDay === dingtalkDay(now)) return null;
  const day = { app: call.app, scope: 'broadcasts' as const, period: dingtalkDay(now) };
  const tomorrow = nextDingtalkDay(now);
  if (!(await tx.count(day, 1, quotas.broadcastsPerDay))) {
    await tx.count(month, -1, null);
    return overLimit(call, members, 'broadcast_daily_cap', tomorrow, now);
  }
  const [verdict] = await tx.claimContents(claimsOf(call, day.period), Number.MAX_SAFE_INTEGER);
  if (verdict?.granted !== false) return null;
  // DingTalk would take it, use up a place of the day, and show it to nobody.
  await tx.count(month, -1, null);
  await tx.count(day, -1, null);
  for (const { notificationId } of call.members) {
    const notification = members.get(notificationId);
    if (notification === undefined || verdict.reason !== 'same_content_today') continue;
    members.set(notificationId, { ...notification, related: notification.related ?? verdict.related });
  }
  return overLimit(call, members, 'same_content_today', tomorrow, now);
}

/** A limit that concerns the call as a whole. */
export function overLimit(
  call: Call,
  members: Members,
  reason: string,
  until: number,
  now: number,
): CallStep {
  if (call.unknownRounds > 0) {
    // They may have it from an earlier attempt, so it cannot be told as not sent; nor can the repeat wait so long.
    const why = { reason: 'no_answer', error: null, held: false };
    return remember(members, unknownForGood(call, members, why, now));
  }
  const policies = [...policiesOf(call, members)];
  if (policies.every((policy) => policy === 'defer')) {
    return remember(members, postponed(call, members, until, { reason: 'limit' }, now));
  }
  return remember(members, withheld(call, members, reason, now));
}

function* policiesOf(call: Call, members: Members): Generator<OverLimit> {
  for (const member of call.members) {
    const notification = members.get(member.notificationId);
    if (notification !== undefined) yield notification.policies.overLimit;
  }
}

/** Takes the people whose own limit is reached out of a call; null when nobody had to go. */
function dropRefused(
  call: Call,
  members: Members,
  verdicts: readonly ClaimVerdict[],
  now: number,
): CallStep | null {
  if (verdicts.every((verdict) => verdict.granted)) return null;
  const newCalls: Call[] = [];
  const remaining: Call['members'][number][] = [];
  let index = 0;
  const steps = stepsOf(call, members, (notification, member): Step => {
    const refused = new Map<string, ClaimVerdict & { granted: false }>();
    for (const userid of member.userids) {
      const verdict = verdicts[index];
      index += 1;
      if (verdict !== undefined && !verdict.granted) refused.set(userid, verdict);
    }
    const userids = member.userids.filter((userid) => !refused.has(userid));
    if (userids.length > 0) remaining.push({ ...member, userids });
    if (refused.size === 0) return quietly(notification);
    if (notification.policies.overLimit === 'defer') {
      const until = nextDingtalkDay(now);
      const content = { kind: 'users' as const, userids: [...refused.keys()], people: refused.size };
      const parts = addPart(closeIfEmpty(notification, member.part, userids), call.body, content, until);
      newCalls.push(...parts.calls);
      return tellInterim(
        parts.notification,
        { status: 'deferred', reason: 'limit', deferredUntil: until },
        now,
      );
    }
    const fates = new Map<string, PersonUpdate>();
    for (const [userid, verdict] of refused)
      fates.set(userid, { status: 'suppressed', reason: verdict.reason });
    const related = [...refused.values()].find((verdict) => verdict.reason === 'same_content_today');
    const told = updatePersons(notification, member.part, fates);
    const named = related === undefined ? told : { ...told, related: told.related ?? related.related };
    return settleWhenDone(closeIfEmpty(named, member.part, userids), now);
  });
  const people = remaining.reduce((sum, member) => sum + member.userids.length, 0);
  const state = people === 0 ? 'closed' : call.state;
  return remember(members, {
    call: { ...call, members: remaining, people, state },
    newCalls,
    steps,
    released: [],
  });
}

function closeIfEmpty(notification: Notification, part: number, userids: readonly string[]): Notification {
  if (userids.length > 0) return notification;
  return updateDelivery(notification, part, { state: 'settled', status: 'suppressed' });
}

/** Later transitions of the same batch must see what earlier ones did. */
function remember(members: Members, step: CallStep): CallStep {
  for (const { notification } of step.steps) members.set(notification.id, notification);
  return step;
}

function chain(first: CallStep | null, second: CallStep): CallStep {
  if (first === null) return second;
  return {
    ...second,
    newCalls: [...first.newCalls, ...second.newCalls],
    steps: [...first.steps, ...second.steps],
  };
}
