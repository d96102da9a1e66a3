import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/backoff.ts';
import { createLoop, type Loop, type LoopState } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';
import type { Call } from '../model/call.ts';
import type { SendResult } from '../dingtalk/outcomes.ts';
import type { Ledger, LedgerTx } from '../ledger/ledger.ts';
import { claimsOf, saveCallSteps } from '../ledger/lifecycle/save.ts';
import type { CallStep } from '../ledger/lifecycle/answers.ts';
import { applyAnswer } from './answer.ts';
import { renewMedia } from './renew-media.ts';
import { giveBack, mayHaveArrivedBefore, type Members } from './reserve.ts';

export interface AnswerBook {
  /** Takes an answer; it is durable soon. Never lost while the process lives, however long the ledger is away. */
  record(call: Call, answer: SendResult): void;
  /** Answers that are not durable yet. */
  pending(): number;
  start(): void;
  /** Resolves when every answer taken so far is durable. One that could not be written is kept for the next `stop`. */
  stop(): Promise<void>;
  state(): LoopState;
}

export interface AnswerBookOptions {
  readonly app: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly firstCheckMs: () => number;
  /** True while so many calls are under way that more answers are about to come. */
  readonly busy: () => boolean;
  readonly onSettled: (answers: readonly { readonly call: Call; readonly answer: SendResult }[]) => void;
}

/** While many calls are under way an answer waits this long for others, unless so many have come already. */
const gatherMs = 5;
const gathered = 64;

/** Writes answers down, all that have come in since the last commit together. */
export function createAnswerBook(options: AnswerBookOptions): AnswerBook {
  const { ledger, clock, logger } = options;
  let waiting: { call: Call; answer: SendResult }[] = [];
  let firstAt = 0;

  const turn = async (): Promise<{ wakeAt: number | null }> => {
    const wait = firstAt + gatherMs - clock.monotonic();
    if (waiting.length < gathered && wait > 0 && options.busy()) return { wakeAt: clock.now() + wait };
    return write();
  };

  const write = async (): Promise<{ wakeAt: number | null }> => {
    // A copy: answers go on coming in while these are written, and only these are done with afterwards.
    const batch = [...waiting];
    if (batch.length === 0) return { wakeAt: null };
    await ledger.write((tx) => writeAnswers(tx, batch, options));
    waiting = waiting.slice(batch.length);
    firstAt = clock.monotonic();
    options.onSettled(batch);
    return { wakeAt: waiting.length > 0 ? clock.now() : null };
  };
  const loop: Loop = createLoop({ name: `answers ${options.app}`, clock, logger, turn });

  return {
    record(call, answer) {
      if (waiting.length === 0) firstAt = clock.monotonic();
      waiting.push({ call, answer });
      loop.wake();
    },
    pending: () => waiting.length,
    state: () => loop.state(),
    start: () => {
      loop.start();
    },
    async stop() {
      await loop.stop();
      // What came in during the last turn. After a failure here the end of the process leaves an intent, which the next
      // start treats as unknown.
      if (waiting.length > 0) await write();
    },
  };
}

async function writeAnswers(
  tx: LedgerTx,
  batch: readonly { readonly call: Call; readonly answer: SendResult }[],
  options: AnswerBookOptions,
): Promise<void> {
  const now = options.clock.now();
  const current = new Map(
    (await tx.lockCalls(batch.map(({ call }) => call.id))).map((call) => [call.id, call]),
  );
  const ids = new Set(
    [...current.values()].flatMap((call) => call.members.map((member) => member.notificationId)),
  );
  const members: Members = new Map();
  for (const notification of await tx.lockNotifications([...ids])) members.set(notification.id, notification);
  const steps: CallStep[] = [];
  for (const { call: sent, answer } of batch) {
    const call = answerable(current.get(sent.id), sent, answer);
    if (call === null) continue;
    const context = { now, random: options.random, firstCheckAt: now + options.firstCheckMs() };
    const renewal = answer.kind === 'refused' ? renewMedia(call, members, answer.error, now) : null;
    if (renewal !== null) await forget(tx, call, members, renewal.mediaIds);
    const step = renewal?.step ?? applyAnswer(call, members, answer, context);
    if (answer.kind === 'refused' || answer.kind === 'not_sent')
      await giveBack(tx, call, members, answer.error, now);
    for (const { notification } of step.steps) members.set(notification.id, notification);
    current.set(call.id, step.call);
    steps.push(step);
  }
  await saveCallSteps(tx, steps);
}

/** Neither the refused media ids nor the places taken for a content that nobody got are of use any more. */
async function forget(
  tx: LedgerTx,
  call: Call,
  members: Members,
  mediaIds: readonly string[],
): Promise<void> {
  for (const mediaId of mediaIds) await tx.forgetMedia(call.app, mediaId);
  if (call.claimedDay !== null && !mayHaveArrivedBefore(call, members))
    await tx.releaseContents(claimsOf(call, call.claimedDay));
}

/**
 * The call that an answer belongs to. While we were frozen another instance may have taken our intent for crashed
 * and put the call up for repetition: then a task id is still worth having, and anything else is out of date.
 */
function answerable(current: Call | undefined, sent: Call, answer: SendResult): Call | null {
  if (current === undefined) return null;
  if (current.state === 'sending' && current.attempts === sent.attempts) return current;
  if (current.state === 'ready' && current.attempts === sent.attempts && answer.kind === 'accepted') {
    return { ...current, state: 'sending' };
  }
  return null;
}
