/**
 * What an answer to `asyncsend_v2` (or its absence) makes of a call and of the notifications that travel in it.
 * Pure: the delivery loop saves the outcome in one transaction. A call moves only as the states in `model/call.ts`
 * say; anything else throws `IllegalTransitionError`.
 */
import { backoffMs, type Random } from '../../base/backoff.ts';
import { dingtalkDay, nextDingtalkDay } from '../../base/dingtalk-day.ts';
import type { Call, CallMember } from '../../model/call.ts';
import type { Notification } from '../../model/notification.ts';
import type { ResultError } from '../../model/result.ts';
import { addPart, chunks, updateDelivery } from './deliveries.ts';
import { markPersons, updatePersons, type PersonUpdate } from './persons.ts';
import { settleWhenDone } from './settle.ts';
import { isWished } from './signals.ts';
import { andThen, IllegalTransitionError, quietly, tellInterim, type Step } from './tell.ts';

/** The notifications that travel in a call, by id. */
export type Members = ReadonlyMap<string, Notification>;

/** A call after a transition, with everything that changed with it. */
export interface CallStep {
  readonly call: Call;
  readonly newCalls: readonly Call[];
  readonly steps: readonly Step[];
  /** People who provably did not get the message: their reservations go back. */
  readonly released: readonly CallMember[];
}

/** A repeat after an unanswered call: at most so many rounds, spaced out, and only while the day lasts. */
const unansweredRounds = 3;
/**
 * A crash of ours says nothing about DingTalk, and giving up on it would lose what many kills in a row never let out;
 * a message that itself brings the process down must come to an end all the same.
 */
const crashRounds = 30;
const unknownBackoff = { firstMs: 2_000, maxMs: 60_000, factor: 4 };
/** Repeats end at 23:59 of the DingTalk day, a minute before the filter for equal content may forget. */
const lastMinuteMs = 60_000;

export function markSending(call: Call, claimedDay: string, now: number): Call {
  requireState(call, 'ready');
  return {
    ...call,
    state: 'sending',
    attempts: call.attempts + 1,
    // An attempt that was refused sent nothing, so it binds no repeat to its day.
    day: call.unknownRounds > 0 && call.day !== null ? call.day : dingtalkDay(now),
    claimedDay,
    nextAt: now,
  };
}

/** DingTalk gave a task id: the message is on its way, nobody is proven to have it yet. */
export function accepted(
  call: Call,
  members: Members,
  taskId: string,
  firstCheckAt: number,
  now: number,
): CallStep {
  requireState(call, 'sending');
  const notifications = [...members.values()];
  const tracked = notifications.some(follows);
  const signalled = isWished(call, members);
  const steps = stepsOf(call, members, (notification, member) => {
    const follow = follows(notification);
    const updated = updateDelivery(notification, member.part, {
      state: follow ? 'accepted' : 'settled',
      status: 'accepted',
      reason: null,
      attempts: call.attempts,
      taskId,
      acceptedAt: now,
    });
    const settled = settleWhenDone(updated, now);
    return settled.outbox.length > 0 ? settled : tellInterim(updated, { status: 'accepted' }, now);
  });
  return {
    call: {
      ...call,
      state: tracked || signalled ? 'accepted' : 'closed',
      taskId,
      acceptedAt: now,
      refusals: 0,
      nextAt: signalled ? now : firstCheckAt,
    },
    newCalls: [],
    steps,
    released: [],
  };
}

/** Is the outcome asked for? With `track: accepted` the task id is the end of it. */
function follows({ policies }: Notification): boolean {
  return policies.track !== 'accepted';
}

/** Nothing was sent and trying again may help: the call waits. `told` makes it known as `deferred`. */
export function postponed(
  call: Call,
  members: Members,
  nextAt: number,
  told: { readonly reason: 'limit' | 'hold' } | null,
  now: number,
): CallStep {
  const steps = stepsOf(call, members, (notification, member) => {
    const updated = updateDelivery(notification, member.part, { attempts: call.attempts });
    if (told === null) return quietly(updated);
    return tellInterim(updated, { status: 'deferred', reason: told.reason, deferredUntil: nextAt }, now);
  });
  return {
    call: { ...call, state: 'ready', refusals: call.refusals + 1, nextAt },
    newCalls: [],
    steps,
    released: [],
  };
}

/**
 * Nobody knows whether the message went out. It is repeated byte for byte while that is safe: DingTalk's own filter
 * for equal content absorbs the second one. A broadcast, and whatever says `on_unknown: hold`, waits for a person.
 */
export function outcomeUnknown(
  call: Call,
  members: Members,
  why: { readonly reason: 'no_answer' | 'crashed'; readonly error: ResultError | null },
  now: number,
  random: Random,
): CallStep {
  const held =
    call.kind === 'everyone' || [...members.values()].some((each) => each.policies.onUnknown === 'hold');
  const round = call.unknownRounds + 1;
  const crashes = call.crashes + (why.reason === 'crashed' ? 1 : 0);
  const unanswered = round - crashes;
  const nextAt = now + backoffMs(Math.max(1, unanswered), unknownBackoff, random);
  if (!held && unanswered <= unansweredRounds && crashes <= crashRounds && mayRepeat(call, nextAt)) {
    const steps = stepsOf(call, members, (notification, member) => {
      const updated = updateDelivery(notification, member.part, {
        status: 'unknown',
        attempts: call.attempts,
      });
      if (call.unknownRounds > 0) return quietly(updated);
      return tellInterim(updated, { status: 'unknown', reason: why.reason, error: why.error }, now);
    });
    const waiting: Call = { ...call, state: 'ready', unknownRounds: round, crashes, nextAt };
    return { call: waiting, newCalls: [], steps, released: [] };
  }
  return unknownForGood({ ...call, unknownRounds: round, crashes }, members, { ...why, held }, now);
}

/** No further round: the notification ends `unknown`; where a person may settle it, the call is held for them. */
export function unknownForGood(
  call: Call,
  members: Members,
  why: { readonly reason: string; readonly error: ResultError | null; readonly held: boolean },
  now: number,
): CallStep {
  const steps = stepsOf(call, members, (notification, member) => {
    const updated = updateDelivery(notification, member.part, {
      state: 'unknown',
      status: 'unknown',
      reason: why.reason,
      attempts: call.attempts,
    });
    return settleWhenDone({ ...updated, error: why.error ?? updated.error }, now);
  });
  return {
    call: { ...call, state: why.held ? 'held' : 'closed' },
    newCalls: [],
    steps,
    released: [],
  };
}

/** Why an earlier attempt may have arrived, whatever is said of this one; null when there was none in doubt. */
export function doubtOf(call: Call): 'no_answer' | 'crashed' | null {
  if (call.unknownRounds === 0) return null;
  return call.crashes === call.unknownRounds ? 'crashed' : 'no_answer';
}

/** May a call whose outcome is unknown be repeated at this instant? Only within its first attempt's day. */
export function mayRepeat(call: Call, at: number): boolean {
  if (call.day === null) return true;
  return dingtalkDay(at) === call.day && at < nextDingtalkDay(at) - lastMinuteMs;
}

/** DingTalk refused the message for good. After an unknown attempt that proves nothing about the earlier one. */
export function rejected(call: Call, members: Members, error: ResultError, now: number): CallStep {
  if (call.unknownRounds > 0)
    return unknownForGood(call, members, { reason: 'no_answer', error, held: false }, now);
  const steps = stepsOf(call, members, (notification, member) => {
    const fate: PersonUpdate = { status: 'failed', code: error.code, reason: 'rejected' };
    const told = updatePersons(
      notification,
      member.part,
      new Map(member.userids.map((userid) => [userid, fate])),
    );
    const updated = updateDelivery(told, member.part, {
      state: 'settled',
      status: 'failed',
      reason: 'rejected',
      attempts: call.attempts,
    });
    return settleWhenDone({ ...updated, error }, now);
  });
  return { call: { ...call, state: 'closed' }, newCalls: [], steps, released: call.members };
}

/** A limit, a cancellation or its age keeps the whole call from going out: our own rule, nobody is at fault. */
export function withheld(call: Call, members: Members, reason: string, now: number): CallStep {
  const steps = stepsOf(call, members, (notification, member) => {
    const told = markPersons(
      notification,
      (person) => person.part === member.part && person.status === 'pending',
      { status: 'suppressed', reason },
    );
    const settled = { state: 'settled', status: 'suppressed', reason } as const;
    return settleWhenDone(updateDelivery(told, member.part, settled), now);
  });
  return { call: { ...call, state: 'closed' }, newCalls: [], steps, released: call.members };
}

/**
 * DingTalk refused the call because of some recipient without saying which. One alone is invalid; of several, the
 * call is halved and both halves are tried, so that the others still get theirs.
 */
export function recipientRefused(call: Call, members: Members, error: ResultError, now: number): CallStep {
  if (call.kind === 'everyone') return rejected(call, members, error, now);
  return isDivisible(call) ? split(call, members, now) : loneRecipientInvalid(call, members, error, now);
}

/** The people of a call are too many for one send; a single department cannot be cut any further. */
export function tooManyRecipients(call: Call, members: Members, error: ResultError, now: number): CallStep {
  return isDivisible(call) ? split(call, members, now) : rejected(call, members, error, now);
}

/** Whether a call is for more than one person or department. */
export function isDivisible(call: Call): boolean {
  const named = call.members.reduce((sum, { userids }) => sum + userids.length, 0);
  return Math.max(named, call.deptIds.length) > 1;
}

function loneRecipientInvalid(call: Call, members: Members, error: ResultError, now: number): CallStep {
  const steps = stepsOf(call, members, (notification, member) => {
    const reason = doubtOf(call) ?? 'invalid_recipient';
    const fate: PersonUpdate = { status: 'invalid', code: error.code, reason };
    const told = updatePersons(
      notification,
      member.part,
      new Map(member.userids.map((userid) => [userid, fate])),
    );
    const updated = updateDelivery(told, member.part, {
      state: 'settled',
      status: 'failed',
      attempts: call.attempts,
    });
    const invalidDeptIds = [...updated.invalidDeptIds, ...call.deptIds];
    return settleWhenDone({ ...updated, invalidDeptIds, error }, now);
  });
  const released = doubtOf(call) === null ? call.members : [];
  return { call: { ...call, state: 'closed' }, newCalls: [], steps, released };
}

/**
 * A call for some of the people of an earlier one, with the same content on the same day: it keeps their reservations,
 * and what is not known of the earlier attempts is not known of this one either.
 */
export function asRepeatOf(call: Call, again: Call): Call {
  const { claimedDay, unknownRounds, crashes, day, busyRounds } = call;
  return { ...again, claimedDay, unknownRounds, crashes, day, busyRounds };
}

function split(call: Call, members: Members, now: number): CallStep {
  const newCalls: Call[] = [];
  const steps = stepsOf(call, members, (notification, member) => {
    const people = call.kind === 'users' ? member.userids : [];
    const halves =
      call.kind === 'users'
        ? chunks(people, Math.max(1, Math.ceil(people.length / 2))).map((userids) => ({
            userids,
            people: userids.length,
          }))
        : chunks(call.deptIds, Math.ceil(call.deptIds.length / 2)).map((deptIds) => ({
            deptIds,
            people: Math.ceil(call.people / 2),
          }));
    // Without a status: that an earlier attempt may have arrived is said of the halves.
    const replaced = { state: 'settled', status: null, attempts: call.attempts } as const;
    let updated = updateDelivery(notification, member.part, replaced);
    for (const half of halves) {
      const parts = addPart(updated, call.body, { kind: call.kind, ...half }, now);
      updated = parts.notification;
      // A shared call that was refused must not be joined again just as it was.
      newCalls.push(...parts.calls.map((each) => ({ ...asRepeatOf(call, each), mergeable: false })));
    }
    return quietly(updated);
  });
  return { call: { ...call, state: 'closed' }, newCalls, steps, released: [] };
}

/** Runs a transition over every notification in a call, in order. */
export function stepsOf(
  call: Call,
  members: Members,
  transition: (notification: Notification, member: CallMember) => Step,
): Step[] {
  // A notification may travel in a call with two parts (two retries of the same text), so steps are chained by id.
  const steps = new Map<string, Step>();
  for (const member of call.members) {
    const notification = members.get(member.notificationId);
    if (notification === undefined) {
      throw new IllegalTransitionError(
        `call ${call.id} carries ${member.notificationId}, which the ledger lacks`,
      );
    }
    const before = steps.get(member.notificationId) ?? quietly(notification);
    steps.set(
      member.notificationId,
      andThen(before, (current) => transition(current, member)),
    );
  }
  return [...steps.values()];
}

/** The notifications in a call as a transition leaves them. */
export function membersAfter({ steps }: CallStep, members: Members): Members {
  return new Map([...members, ...steps.map(({ notification }) => [notification.id, notification] as const)]);
}

function requireState(call: Call, state: Call['state']): void {
  if (call.state !== state)
    throw new IllegalTransitionError(`call ${call.id} is ${call.state}, not ${state}`);
}
