import { backoffMs, type Random } from '../base/backoff.ts';
import { nextDingtalkDay } from '../base/dingtalk-day.ts';
import type { Call } from '../model/call.ts';
import type { ResultError } from '../model/result.ts';
import { busyRetries } from '../dingtalk/limits.ts';
import type { CallError, SendResult } from '../dingtalk/outcomes.ts';
import {
  accepted,
  outcomeUnknown,
  postponed,
  recipientRefused,
  rejected,
  tooManyRecipients,
  withheld,
  type CallStep,
  type Members,
} from '../ledger/lifecycle/answers.ts';
import { personForbidden } from '../ledger/lifecycle/outcomes.ts';

export interface AnswerContext {
  readonly now: number;
  readonly random: Random;
  /** When the outcome of an accepted call is asked for first. */
  readonly firstCheckAt: number;
}

const retryBackoff = { firstMs: 1_000, maxMs: 300_000 };
/**
 * Without a time from DingTalk a held app's work is looked at this often: soon, because the hold itself stops the
 * calls, and whoever mends its cause wants to see the work go out.
 */
const holdRecheckMs = 5_000;
/** Shorter waits are the limiter's everyday business and not worth a `deferred` result. */
const worthTellingMs = 60_000;

/** The one place that decides what an answer to a send means for the call. */
export function applyAnswer(
  call: Call,
  members: Members,
  answer: SendResult,
  context: AnswerContext,
): CallStep {
  const { now, random } = context;
  switch (answer.kind) {
    case 'accepted':
      return accepted(call, members, answer.taskId, context.firstCheckAt, now);
    case 'unknown':
      return outcomeUnknown(
        call,
        members,
        { reason: 'no_answer', error: errorOf(answer.error) },
        now,
        random,
      );
    case 'not_sent':
      return freed(later(call, members, answer.error, context));
    case 'refused':
      return freed(refused(call, members, answer.error, context));
  }
}

/** The day's broadcasts are used up, perhaps by somebody else's. Source: DingTalk, global error codes (K13). */
const broadcastCapCode = '41045';
/** More people than one send may reach: departments have more than was thought. Source: as above. */
const tooManyRecipientsCode = '41029';

function refused(call: Call, members: Members, error: CallError, context: AnswerContext): CallStep {
  const { now, random } = context;
  const defers = [...members.values()].every((each) => each.policies.overLimit === 'defer');
  if (error.code === broadcastCapCode && !defers) return withheld(call, members, 'broadcast_daily_cap', now);
  switch (error.class) {
    case 'recipient':
      return (
        personForbidden(call, members, error.code, nextDingtalkDay(now), now) ??
        recipientRefused(call, members, errorOf(error), now)
      );
    case 'message':
      return error.code === tooManyRecipientsCode
        ? tooManyRecipients(call, members, errorOf(error), now)
        : rejected(call, members, errorOf(error), now);
    case 'unknown':
      return outcomeUnknown(call, members, { reason: 'no_answer', error: errorOf(error) }, now, random);
    case 'retry':
      return call.busyRounds < busyRetries.value
        ? later({ ...call, busyRounds: call.busyRounds + 1 }, members, error, context)
        : rejected(call, members, errorOf(error), now);
    case 'retry_after':
    case 'refresh_token':
    case 'configuration':
      return later(call, members, error, context);
  }
}

/** Nothing was sent: again after the time that DingTalk named, or with backoff, or when the hold ends. */
function later(call: Call, members: Members, error: CallError, { now, random }: AnswerContext): CallStep {
  const held = error.class === 'configuration' || error.class === 'refresh_token';
  const wait =
    error.retryAfterMs ?? (held ? holdRecheckMs : backoffMs(call.refusals + 1, retryBackoff, random));
  const tell = call.refusals === 0 && (held || wait >= worthTellingMs);
  return postponed(call, members, now + wait, tell ? { reason: held ? 'hold' : 'limit' } : null, now);
}

/** A broadcast that was not taken has not used its place in the day; the next attempt reserves one anew. */
function freed(step: CallStep): CallStep {
  if (step.call.kind !== 'everyone' || step.call.unknownRounds > 0) return step;
  return { ...step, call: { ...step.call, claimedDay: null } };
}

export function errorOf(error: CallError): ResultError {
  return { code: error.code, message: error.message, class: error.class };
}
