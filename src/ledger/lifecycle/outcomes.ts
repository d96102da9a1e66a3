/**
 * What DingTalk's answers to "what became of it?" make of an accepted call: person by person, until every one of
 * them is accounted for or the window in which DingTalk answers has closed. Pure, like `answers.ts`.
 */
import type { Call, CallMember } from '../../model/call.ts';
import type { Delivery, Notification, Person } from '../../model/notification.ts';
import type { RecipientStatus, ResultStatus } from '../../model/result.ts';
import { addPart, deliveryOf, updateDelivery } from './deliveries.ts';
import { asRepeatOf, doubtOf, isDivisible, stepsOf, type CallStep, type Members } from './answers.ts';
import { hasArrived, updatePersons, type PersonUpdate } from './persons.ts';
import { settleWhenDone } from './settle.ts';
import { andThen, quietly, tellAmendment, tellInterim, type Step } from './tell.ts';

/** `getsendresult`, normalised: absent lists are empty. */
export interface SendResult {
  readonly read: readonly string[];
  readonly unread: readonly string[];
  readonly invalid: readonly string[];
  readonly failed: readonly string[];
  readonly forbidden: readonly { readonly userid: string; readonly code: string | null }[];
  readonly invalidDepts: readonly number[];
}

/** How an outcome is followed up. */
export interface FollowUp {
  /** When to ask again if something is still open; null = the window closes, whatever is open stays open. */
  readonly nextAt: number | null;
  /** When a person over their daily limit may be tried again (`over_limit: defer`). */
  readonly nextDay: number;
}

/** People DingTalk names failed are sent to once more; people refused by a minute's rate up to three times. */
const failedRetries = 1;
const rateRetries = 3;
const rateRetryMs = 60_000;

/** Codes of `forbidden_list`. Source: DingTalk, result of asynchronous sending (K773). */
const perMinuteCodes = new Set(['143103', '143104', '143203', '143204']);
const perDayCodes = new Set(['143105', '143205']);
const sameContentCodes = new Set(['143106', '143206']);

/** Applies a result. Whoever stands in no list is still pending. */
export function resultSeen(
  call: Call,
  members: Members,
  result: SendResult,
  follow: FollowUp,
  now: number,
): CallStep {
  const newCalls: Call[] = [];
  const released: CallMember[] = [];
  const fates = fatesOf(result);
  const steps = stepsOf(call, members, (notification, member) => {
    if (call.kind === 'departments') {
      const named = departmentPeople(notification, member, call, fates, result);
      return closeDelivery(named, notification, member, call, { ...follow, fates }, now);
    }
    const applied = applyFates(notification, member, call, fates, follow, now);
    newCalls.push(...applied.calls);
    released.push({ ...member, userids: applied.unreached });
    return andThen(applied.step, (current) =>
      closeDelivery(current, notification, member, call, { ...follow, fates }, now),
    );
  });
  return { ...concluded(call, steps, newCalls, follow), released };
}

/**
 * The send itself was refused by a limit of the one person whom it is for: that says what a result would have said of
 * them. Null where the code is none of such a limit, or does not tell whose it is.
 */
export function personForbidden(
  call: Call,
  members: Members,
  code: string,
  nextDay: number,
  now: number,
): CallStep | null {
  if (call.kind !== 'users' || isDivisible(call)) return null;
  if (!perDayCodes.has(code) && !sameContentCodes.has(code)) return null;
  const answered = stepsOf(call, members, (notification, { part }) =>
    quietly(updateDelivery(notification, part, { state: 'accepted', attempts: call.attempts })),
  ).map(({ notification }) => [notification.id, notification] as const);
  const forbidden = call.members.flatMap(({ userids }) => userids.map((userid) => ({ userid, code })));
  const result = { read: [], unread: [], invalid: [], failed: [], forbidden, invalidDepts: [] };
  return resultSeen(call, new Map(answered), result, { nextAt: null, nextDay }, now);
}

/** DingTalk will give no result for this task (a broadcast, too many people, a closed window). */
export function noResult(call: Call, members: Members, now: number): CallStep {
  const steps = stepsOf(call, members, (notification, member) => {
    if (deliveryOf(notification, member.part).state !== 'accepted') return quietly(notification);
    const updated = updateDelivery(notification, member.part, { state: 'settled', status: 'unverified' });
    return settleWhenDone(updated, now);
  });
  return {
    call: { ...call, state: 'closed', checks: call.checks + 1 },
    newCalls: [],
    steps,
    released: [],
  };
}

/** Nothing new; ask again later. */
export function askAgain(call: Call, nextAt: number, progressDone: boolean): CallStep {
  const later: Call = { ...call, nextAt, checks: call.checks + 1, progressDone };
  return { call: later, newCalls: [], steps: [], released: [] };
}

type Fate = { readonly status: RecipientStatus; readonly code: string | null };

/** A person in several lists: the list that proves arrival wins, then the refusals. */
function fatesOf(result: SendResult): Map<string, Fate> {
  const fates = new Map<string, Fate>();
  for (const userid of result.failed) fates.set(userid, { status: 'failed', code: null });
  for (const userid of result.invalid) fates.set(userid, { status: 'invalid', code: null });
  for (const { userid, code } of result.forbidden) fates.set(userid, { status: 'forbidden', code });
  for (const userid of result.unread) fates.set(userid, { status: 'unread', code: null });
  for (const userid of result.read) fates.set(userid, { status: 'read', code: null });
  return fates;
}

function applyFates(
  notification: Notification,
  member: CallMember,
  call: Call,
  fates: ReadonlyMap<string, Fate>,
  follow: FollowUp,
  now: number,
): Applied {
  const updates = new Map<string, PersonUpdate>();
  const mine = new Set(member.userids);
  const again = new Map<Cause, { readonly at: number; readonly userids: string[] }>();
  for (const person of notification.persons) {
    // Whoever was left out of a shared call is not in it, though another notification may have them there.
    if (person.part !== member.part || person.userid === null || !mine.has(person.userid)) continue;
    const fate = fates.get(person.userid);
    if (fate === undefined || !isNews(person, fate)) continue;
    const retry = retryOf(notification, person, fate, call, follow, now);
    if (retry === null) {
      updates.set(person.userid, updateOf(fate, call));
      continue;
    }
    const together = again.get(retry.cause) ?? { at: retry.at, userids: [] };
    together.userids.push(person.userid);
    again.set(retry.cause, together);
  }
  let step = quietly(updatePersons(notification, member.part, updates));
  const calls: Call[] = [];
  for (const [cause, { at, userids }] of again) {
    const counted = countRetry(step.notification, new Set(userids), cause);
    const parts = addPart(counted, call.body, { kind: 'users', userids, people: userids.length }, at);
    // On the same day it is the same content for the same people, so what is reserved for them holds.
    calls.push(...parts.calls.map((each) => (cause === 'day' ? each : asRepeatOf(call, each))));
    step = andThen({ ...step, notification: parts.notification }, (current) =>
      cause === 'day'
        ? tellInterim(current, { status: 'deferred', reason: 'limit', deferredUntil: at }, now)
        : quietly(current),
    );
  }
  return { step, calls, unreached: unreached(updates, call) };
}

/** Answers may come out of order: who has read it has read it, and who has it has it. */
function isNews(person: Person, fate: Fate): boolean {
  if (person.status === 'read') return false;
  return hasArrived(fate.status) || !hasArrived(person.status);
}

interface Applied {
  readonly step: Step;
  readonly calls: readonly Call[];
  readonly unreached: readonly string[];
}

/** Whose place for this content goes back: not after an unknown attempt, nor where DingTalk says that they have it. */
function unreached(updates: ReadonlyMap<string, PersonUpdate>, call: Call): string[] {
  if (call.unknownRounds > 0) return [];
  const unsent = [...updates].filter(
    ([, { status, code = null }]) => !hasArrived(status) && !sameContentCodes.has(code ?? ''),
  );
  return unsent.map(([userid]) => userid);
}

/** Why people are sent to again. */
type Cause = 'failed' | 'rate' | 'day';

/** Does this person get another try, and when? Only before the final result. */
function retryOf(
  notification: Notification,
  person: Person,
  fate: Fate,
  call: Call,
  follow: FollowUp,
  now: number,
): { at: number; cause: Cause } | null {
  if (notification.state === 'final' || call.kind !== 'users') return null;
  if (fate.status === 'failed' && person.failedRetries < failedRetries) return { at: now, cause: 'failed' };
  if (fate.status !== 'forbidden' || fate.code === null) return null;
  if (perMinuteCodes.has(fate.code) && person.rateRetries < rateRetries)
    return { at: now + rateRetryMs, cause: 'rate' };
  // After an unknown attempt the next day is too late: the filter for equal content no longer absorbs a second one.
  const putOff = notification.policies.overLimit === 'defer' && call.unknownRounds === 0;
  if (perDayCodes.has(fate.code) && putOff) return { at: follow.nextDay, cause: 'day' };
  return null;
}

function countRetry(notification: Notification, userids: ReadonlySet<string>, cause: Cause): Notification {
  const persons = notification.persons.map((person) => {
    if (person.userid === null || !userids.has(person.userid)) return person;
    return {
      ...person,
      failedRetries: person.failedRetries + (cause === 'failed' ? 1 : 0),
      rateRetries: person.rateRetries + (cause === 'rate' ? 1 : 0),
    };
  });
  return { ...notification, persons };
}

/**
 * A repeat that DingTalk calls a duplicate proves that the first one arrived. Had it, one who cannot be reached now would
 * be called a duplicate as well, unless they have left since: what is said of the repeat holds, and the doubt is told.
 */
function updateOf(fate: Fate, call: Call): PersonUpdate {
  if (hasArrived(fate.status)) return { status: fate.status, code: fate.code };
  if (fate.status !== 'forbidden') return { status: fate.status, code: fate.code, reason: doubtOf(call) };
  if (isDuplicate(fate) && call.unknownRounds > 0)
    return { status: 'arrived', code: fate.code, reason: 'inferred' };
  return { status: 'forbidden', code: fate.code, reason: forbiddenReason(fate.code) };
}

/** Kept back as a repeat of what the person has; without a code that is the likeliest cause. */
function isDuplicate({ status, code }: Fate): boolean {
  return status === 'forbidden' && (code === null || sameContentCodes.has(code));
}

function forbiddenReason(code: string | null): string {
  if (code === null) return 'over_limit';
  if (sameContentCodes.has(code)) return 'same_content_today';
  if (perDayCodes.has(code)) return 'user_daily_limit';
  if (perMinuteCodes.has(code)) return 'recipients_per_minute';
  return 'refused_by_dingtalk';
}

/** Of departments DingTalk names the people itself; someone who already has the message as a user keeps that. */
function departmentPeople(
  notification: Notification,
  member: CallMember,
  call: Call,
  fates: ReadonlyMap<string, Fate>,
  result: SendResult,
): Notification {
  const known = new Map(notification.persons.map((person) => [person.userid, person]));
  const persons = [...notification.persons];
  for (const [userid, fate] of fates) {
    const person = known.get(userid);
    if (person === undefined) {
      const { status, code = null, reason = null } = updateOf(fate, call);
      const blank = { mobile: null, failedRetries: 0, rateRetries: 0 };
      persons.push({ ...blank, userid, part: member.part, status, code, reason });
    } else if (
      hasArrived(fate.status) &&
      (person.part === member.part ? isNews(person, fate) : !hasArrived(person.status))
    ) {
      persons[persons.indexOf(person)] = { ...person, status: fate.status, code: null, reason: null };
    } else if (!hasArrived(person.status) && isDuplicate(fate) && hasIt(person, call)) {
      // In both parts, and each calls the other's message a duplicate: one of the two arrived.
      persons[persons.indexOf(person)] = { ...person, status: 'arrived', reason: 'inferred' };
    }
  }
  const invalidDeptIds = [...new Set([...notification.invalidDeptIds, ...result.invalidDepts])];
  return { ...notification, persons, invalidDeptIds };
}

/** Does it prove that a person has the message, when the call to their department is called a duplicate for them? */
function hasIt(person: Person, call: Call): boolean {
  return call.unknownRounds > 0 || person.status === 'pending' || isDuplicate(person);
}

function closeDelivery(
  notification: Notification,
  before: Notification,
  member: CallMember,
  call: Call,
  follow: FollowUp & { readonly fates: ReadonlyMap<string, Fate> },
  now: number,
): Step {
  const delivery = deliveryOf(notification, member.part);
  if (delivery.state !== 'accepted') return receiptsSeen(notification, before, member, now);
  // Of a department's people some may have been told by name already, in another part.
  const mine = notification.persons.filter(({ part, userid }) =>
    call.kind === 'departments' ? userid !== null && follow.fates.has(userid) : part === member.part,
  );
  const open = mine.some((person) => person.status === 'pending');
  if (call.kind === 'users' && open && follow.nextAt !== null) return quietly(notification);
  const status = call.kind === 'users' && open ? 'unverified' : deliveryStatus(delivery, mine, notification);
  return settleWhenDone(updateDelivery(notification, member.part, { state: 'settled', status }), now);
}

function deliveryStatus(
  delivery: Delivery,
  mine: readonly Person[],
  notification: Notification,
): ResultStatus {
  if (delivery.kind === 'departments' && mine.length === 0) {
    const valid = delivery.deptIds.filter((deptId) => !notification.invalidDeptIds.includes(deptId));
    return valid.length === 0 ? 'failed' : 'unverified';
  }
  const arrived = mine.filter((person) => hasArrived(person.status)).length;
  if (arrived > 0 && arrived === mine.length) return 'delivered';
  return arrived > 0 ? 'partial' : 'failed';
}

/** After the end, with `track: read`: tells when someone has read it since. */
function receiptsSeen(
  notification: Notification,
  before: Notification,
  member: CallMember,
  now: number,
): Step {
  if (notification.state !== 'final' || notification.policies.track !== 'read') return quietly(notification);
  const changed = notification.persons.some(
    (person, index) => person.part === member.part && person.status !== before.persons[index]?.status,
  );
  return changed ? tellAmendment(notification, { status: 'read' }, now) : quietly(notification);
}

/** Closes the call when nobody in it is waited for any more. */
function concluded(
  call: Call,
  steps: readonly Step[],
  newCalls: readonly Call[],
  follow: FollowUp,
): CallStep {
  const open = steps.some(({ notification }) =>
    call.members.some(
      (member) => member.notificationId === notification.id && isFollowed(notification, member.part),
    ),
  );
  const checked: Call = { ...call, checks: call.checks + 1 };
  const next: Call =
    open && follow.nextAt !== null ? { ...checked, nextAt: follow.nextAt } : { ...checked, state: 'closed' };
  return { call: next, newCalls, steps, released: [] };
}

/** Is anything of this delivery still to be learned from DingTalk? */
export function isFollowed(notification: Notification, part: number): boolean {
  const delivery = deliveryOf(notification, part);
  if (delivery.state === 'accepted') return true;
  if (notification.policies.track !== 'read' || delivery.status === 'recalled') return false;
  return notification.persons.some((person) => person.part === part && person.status === 'unread');
}
