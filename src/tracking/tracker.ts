/**
 * The tracking loop of one DingTalk app: asks what became of accepted calls, carries out recalls and status bars, and
 * writes the outcomes. It never sends a message. Each question is a metered call, so the schedule is sparse and
 * `question.ts` picks the one that tells most.
 */
import { isDeepStrictEqual } from 'node:util';
import { backoffMs, type Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { dingtalkMonth, nextDingtalkDay } from '../base/dingtalk-day.ts';
import { failpoint, type Failpoint } from '../base/failpoints.ts';
import { createLoop, type LoopState } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';
import type { Call } from '../model/call.ts';
import type { Notification } from '../model/notification.ts';
import type { DingTalkClient } from '../dingtalk/client-types.ts';
import { spans } from '../dingtalk/limits.ts';
import { isFree, type CallError, type CallResult, type TaskResult } from '../dingtalk/outcomes.ts';
import type { Ledger, Tenure } from '../ledger/ledger.ts';
import { membersAfter, type CallStep } from '../ledger/lifecycle/answers.ts';
import { askAgain, noResult, resultSeen } from '../ledger/lifecycle/outcomes.ts';
import {
  recalled,
  recallLapsed,
  statusBarShown,
  wishDropped,
  type Wish,
} from '../ledger/lifecycle/wishes.ts';
import { saveCallSteps } from '../ledger/lifecycle/save.ts';
import { isWished } from '../ledger/lifecycle/signals.ts';
import { isWish, questionFor, type Question, type QuestionWindows } from './question.ts';
import { nextCheckAt, type TrackingSchedule } from './schedule.ts';

export interface TrackerOptions {
  readonly app: string;
  readonly client: DingTalkClient;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly settings: () => TrackerSettings;
}

export interface TrackerSettings {
  /** Ascending, ms after acceptance. */
  readonly checks: readonly number[];
  readonly callsPerMonth: number | null;
}

export interface Tracker {
  readonly app: string;
  start(): void;
  wake(): void;
  stop(): Promise<void>;
  /** Its loop, for whoever watches it. */
  states(): readonly LoopState[];
}

const maxInFlight = 16;
const leaseMs = 60_000;
const lookEveryMs = 5_000;
const tenureRecheckMs = 500;
const retryBackoff = { firstMs: 1_000, maxMs: 600_000 };
/** Questions that failed are asked again at once so many times. */
const quickRetries = 4;

const windows: QuestionWindows = {
  recallMs: spans.recallWindow.value,
  statusBarMs: spans.statusBarWindow.value,
  resultMs: spans.resultWindow.value,
  progressMs: spans.progressWindow.value,
};

/** What a question brought, before it meets the ledger's present state. */
type Answer = (call: Call, members: ReadonlyMap<string, Notification>, now: number) => CallStep;

export function createTracker(options: TrackerOptions): Tracker {
  const { app, client, ledger, clock, logger } = options;
  /** By the call that is asked about. */
  const flying = new Map<string, Promise<void>>();
  let stopping = false;

  const schedule = (): TrackingSchedule => ({
    checks: options.settings().checks,
    windowMs: windows.resultMs,
  });
  const nextFor = (call: Call, now: number): number | null =>
    // Accepted later than now: the clock was set back since.
    nextCheckAt(Math.min(call.acceptedAt ?? now, now), schedule(), now);

  const turn = async (): Promise<{ wakeAt: number | null }> => {
    const now = clock.now();
    if (stopping) return { wakeAt: null };
    if (client.limiter.available('result') <= 0) {
      await askForPlaces(now);
      return { wakeAt: now + Math.max(client.limiter.waitMs('result', 0) ?? lookEveryMs, 20) };
    }
    const tenure = ledger.tenure();
    // The next heartbeat brings a new one.
    if (!tenure.unbroken()) return { wakeAt: now + tenureRecheckMs };
    const limit = maxInFlight - flying.size;
    if (limit <= 0) return { wakeAt: null };
    const calls = await ledger.write((tx) => tx.takeChecks({ app, now, limit, leaseUntil: now + leaseMs }));
    for (const call of calls) {
      // A wish makes a call due while a question about it is under way; that one's answer leads to the wish.
      if (!flying.has(call.id)) launch(call.id, follow(call, tenure));
    }
    if (calls.length === limit) return { wakeAt: now + lookEveryMs };
    const next = await ledger.read((tx) => tx.nextCheck(app));
    return {
      wakeAt: next === null ? now + lookEveryMs : Math.min(Math.max(next, now + 20), now + lookEveryMs),
    };
  };

  /** Limits may be shared with other instances; a part of them is asked for when there is a use for it. */
  const askForPlaces = async (now: number): Promise<void> => {
    if (client.limiter.waitMs('result', 0) !== null) return;
    const next = await ledger.read((tx) => tx.nextCheck(app));
    if (next !== null && next <= now) client.limiter.ask('result', 0);
  };

  const follow = async (call: Call, tenure: Tenure): Promise<void> => {
    const ids = [...new Set(call.members.map((member) => member.notificationId))];
    const notifications = await ledger.read((tx) => tx.notifications(ids));
    const members = new Map(notifications.map((each) => [each.id, each]));
    const question = questionFor(call, members, windows, clock.now());
    const answer = await ask(call, question, tenure);
    failpoint(placeAfter(question));
    await ledger.write(async (tx) => {
      const [current] = await tx.lockCalls([call.id]);
      if (current === undefined) return;
      const locked = new Map((await tx.lockNotifications(ids)).map((each) => [each.id, each]));
      if (!counts(question, current, locked)) return;
      const now = clock.now();
      await saveCallSteps(tx, [withWishes(answer(current, locked, now), question, locked, now)]);
    });
  };

  /** Asks, unless the month's calls are used up: then the question waits, and in the end the window closes. */
  const ask = async (call: Call, question: Question, tenure: Tenure): Promise<Answer> => {
    if (question.kind === 'done')
      return (current) => askAgain({ ...current, state: 'closed' }, current.nextAt, current.progressDone);
    if (question.kind === 'give_up') return (current, members, now) => noResult(current, members, now);
    const limit = options.settings().callsPerMonth;
    const key = { app, scope: 'calls' as const, period: dingtalkMonth(clock.now()) };
    if (!(await ledger.write((tx) => tx.count(key, 1, limit)))) return later(null);
    const metered = async <T>(asked: Promise<CallResult<T>>): Promise<CallResult<T>> => {
      const answer = await asked;
      if (answer.kind === 'failed' && isFree(answer.error))
        await ledger.write((tx) => tx.count(key, -1, null));
      return answer;
    };
    const taskId = call.taskId ?? '';
    // After a freeze another instance may have gone further: a status bar must not be set back.
    const whileOurs = { mayStart: () => tenure.unbroken() };
    switch (question.kind) {
      case 'recall':
        return afterWish(question, await metered(client.recall(taskId, whileOurs)), recalled);
      case 'status_bar': {
        const { value, background } = question;
        const done = await metered(client.updateStatusBar(taskId, value, background, whileOurs));
        return afterWish(question, done, (current, members, now) =>
          statusBarShown(current, members, question, nextFor(current, now), now),
        );
      }
      case 'progress':
        return afterProgress(call, await metered(client.progress(taskId, whileOurs)));
      case 'result':
        return afterResult(call, await metered(client.result(taskId, whileOurs)));
    }
  };

  const afterProgress = (asked: Call, answer: CallResult<{ status: string }>): Answer => {
    if (answer.kind === 'failed') return afterFailure(answer.error);
    if (answer.value.status !== 'done') return later(null);
    if (asked.kind === 'everyone') return (current, members, now) => noResult(current, members, now);
    return (current, _members, now) => askAgain(current, now, true);
  };

  const afterResult = (asked: Call, answer: CallResult<TaskResult>): Answer => {
    if (answer.kind === 'failed') {
      return saysNoMore(asked, answer.error)
        ? (current, members, now) => noResult(current, members, now)
        : afterFailure(answer.error);
    }
    const { invalidDeptIds, ...lists } = answer.value;
    return (current, members, now) => {
      const nextAt = nextFor(current, now);
      const follow = { nextAt, nextDay: nextDingtalkDay(now) };
      return resultSeen(current, members, { ...lists, invalidDepts: invalidDeptIds }, follow, now);
    };
  };

  const afterWish = (wish: Wish, answer: CallResult<null>, done: Answer): Answer => {
    if (answer.kind === 'ok') return done;
    const { error } = answer;
    if (isTemporary(error)) return later(error);
    return (current, members, now) => wishDropped(current, members, wish, error, now);
  };

  /** A question that failed for good is not asked again: what is known is told as `unverified`. */
  const afterFailure = (error: CallError): Answer => {
    logger.debug({ app, code: error.code, operation: error.operation }, 'tracking question failed');
    return isTemporary(error) ? later(error) : (current, members, now) => noResult(current, members, now);
  };

  const later = (error: CallError | null): Answer => {
    return (current, members, now) => {
      const wait = error?.retryAfterMs ?? null;
      const backoff =
        error === null ? null : now + (wait ?? backoffMs(current.checks + 1, retryBackoff, options.random));
      const planned = nextFor(current, now);
      const wished = isWished(current, members);
      if (planned === null && !wished) return noResult(current, members, now);
      // A fault that lasts must not cost more questions than the schedule has. One that says when it ends does not last.
      const patient = wait === null && current.checks >= quickRetries && !wished;
      const nextAt =
        patient && planned !== null ? Math.max(planned, backoff ?? planned) : (backoff ?? planned);
      return askAgain(current, nextAt ?? now + retryBackoff.maxMs, current.progressDone);
    };
  };

  const launch = (callId: string, work: Promise<void>): void => {
    const tracked = work
      .catch((thrown: unknown) => {
        // The lease runs out and the question is asked again.
        logger.warn({ app, err: thrown }, 'tracking work failed');
      })
      .finally(() => {
        flying.delete(callId);
        loop.wake();
      });
    flying.set(callId, tracked);
  };

  const loop = createLoop({ name: `tracking ${app}`, clock, logger, random: options.random, turn });
  const subscriptions: (() => void)[] = [];
  return {
    app,
    start() {
      const wake = (): void => {
        loop.wake();
      };
      subscriptions.push(ledger.onWake('tracking', wake), client.limiter.onRoom(wake));
      loop.start();
    },
    wake: () => {
      loop.wake();
    },
    async stop() {
      stopping = true;
      for (const unsubscribe of subscriptions) unsubscribe();
      await loop.stop();
      await Promise.all(flying.values());
    },
    states: () => [loop.state()],
  };
}

/** Does an answer concern the call as it is now? What was carried out stays carried out, whoever has closed it since. */
function counts(asked: Question, current: Call, members: ReadonlyMap<string, Notification>): boolean {
  if (current.state === 'accepted') return true;
  return current.state === 'closed' && isWish(asked) && isWished(current, members);
}

/**
 * A wish that came while a question was under way keeps the call open and is due at once. One that was itself asked for
 * waits as the answer says.
 */
function withWishes(
  step: CallStep,
  asked: Question,
  members: ReadonlyMap<string, Notification>,
  now: number,
): CallStep {
  const next = questionFor(step.call, membersAfter(step, members), windows, now);
  if (!isWish(next)) return step.call.state === 'closed' ? recallLapsed(step, members, now) : step;
  const nextAt = isDeepStrictEqual(next, asked) ? step.call.nextAt : now;
  return { ...step, call: { ...step.call, state: 'accepted', nextAt } };
}

function placeAfter(question: Question): Failpoint {
  if (question.kind === 'recall') return 'tracking.after_recall';
  return question.kind === 'status_bar' ? 'tracking.after_status_bar' : 'tracking.after_answer';
}

/**
 * Departments are asked about when they are done. If DingTalk then answers with a fault of its own, the task has more
 * people than it gives a result for (K773), and asking again would only use up calls.
 */
function saysNoMore(asked: Call, { class: errorClass, httpStatus, code }: CallError): boolean {
  if (asked.kind !== 'departments' || errorClass !== 'retry') return false;
  return httpStatus === 200 && isNumber.test(code) && !ofTheMoment.has(code);
}

/** What is no number is our own word for an answer that DingTalk's service did not give. */
const isNumber = /^\d+$/;
/** The gateway, not the task, gave these; busy is -1. Source: DingTalk, global error codes (K13), K773. */
const ofTheMoment: ReadonlySet<string> = new Set(['88', '1430003']);

function isTemporary(error: CallError): boolean {
  return ['retry', 'retry_after', 'refresh_token', 'configuration'].includes(error.class);
}
