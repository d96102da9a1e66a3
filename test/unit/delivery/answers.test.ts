import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { dingtalkDay } from '../../../src/base/dingtalk-day.ts';
import { createAnswerBook, type AnswerBook } from '../../../src/delivery/answers.ts';
import type { CallError } from '../../../src/dingtalk/outcomes.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { markSending, outcomeUnknown, type CallStep } from '../../../src/ledger/lifecycle/answers.ts';
import { resolveHeld } from '../../../src/ledger/lifecycle/resolve.ts';
import { claimsOf } from '../../../src/ledger/lifecycle/save.ts';
import type { Call } from '../../../src/model/call.ts';
import { noon, onItsWay, only } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

/** DingTalk's own verdict on a message that it did not send. */
const refusal: CallError = {
  operation: 'send',
  code: '40035',
  message: 'no such field',
  requestId: null,
  class: 'message',
  retryAfterMs: null,
  provesNothingSent: true,
  httpStatus: 200,
};

const clock = new FakeClock(noon);
let temp: TempLedger;
let ledger: Ledger;

beforeEach(async () => {
  temp = new TempLedger(clock);
  ledger = await temp.open();
});
afterEach(() => temp.dispose());

/** A call whose intent is durable. */
async function sending(id: string): Promise<Call> {
  const { notification, calls } = onItsWay({ text: id }, id);
  await ledger.write(async (tx) => {
    await tx.insertNotifications([{ notification, identity: id }]);
    await tx.insertCalls(calls);
  });
  return only(calls);
}

async function states(calls: readonly Call[]): Promise<string[]> {
  const found = await ledger.write((tx) => tx.lockCalls(calls.map((call) => call.id)));
  return found.map((call) => `${call.state} ${String(call.taskId)}`).sort();
}

function openBook(store: Ledger, settled: string[] = []): AnswerBook {
  return createAnswerBook({
    app: 'default',
    ledger: store,
    clock,
    logger: silentLogger,
    random: () => 0,
    firstCheckMs: () => 1_000,
    busy: () => false,
    onSettled: (answers) => settled.push(...answers.map(({ call }) => call.id)),
  });
}

it('writes down answers that come in while others are being written', async () => {
  const [first, second, third] = [await sending('e-1'), await sending('e-2'), await sending('e-3')];
  const { promise: slow, resolve: goOn } = Promise.withResolvers<undefined>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<undefined>();
  /** The commit of the first batch takes its time, as on a busy disk. */
  const busy: Ledger = {
    ...ledger,
    write: async (work) => {
      const value = await ledger.write(work);
      begin(undefined);
      await slow;
      return value;
    },
  };
  const settled: string[] = [];
  const book = openBook(busy, settled);
  book.start();
  book.record(first, { kind: 'accepted', taskId: '1', requestId: null });
  await begun;
  book.record(second, { kind: 'accepted', taskId: '2', requestId: null });
  book.record(third, { kind: 'accepted', taskId: '3', requestId: null });
  expect(book.pending()).toBe(3);
  goOn(undefined);
  await expect.poll(() => book.pending()).toBe(0);
  await book.stop();
  expect(await states([first, second, third])).toEqual(['accepted 1', 'accepted 2', 'accepted 3']);
  expect(settled).toEqual([first.id, second.id, third.id]);
});

it('keeps the content of a broadcast in doubt, though DingTalk refuses it when a person has it sent again', async () => {
  const day = dingtalkDay(noon);
  const broadcast = onItsWay({ audience: { userids: [], everyone: true } });
  const first = only(broadcast.calls);
  const before = (step: CallStep) => new Map(step.steps.map(({ notification: each }) => [each.id, each]));
  const members = new Map([[broadcast.notification.id, broadcast.notification]]);
  const crashed = outcomeUnknown(first, members, { reason: 'crashed', error: null }, noon, () => 0);
  const again = resolveHeld(crashed.call, before(crashed), 'resend', noon);
  const call = markSending(again.call, day, noon);
  const [notification] = before(again).values();
  await ledger.write(async (tx) => {
    if (notification !== undefined) await tx.insertNotifications([{ notification, identity: 'e-1' }]);
    await tx.insertCalls([call]);
    await tx.claimContents(claimsOf(first, day), 1);
  });
  const book = openBook(ledger);
  book.record(call, { kind: 'refused', error: refusal });
  await book.stop();
  expect(await states([call])).toEqual(['closed null']);
  const another = claimsOf(call, day).map((claim) => ({ ...claim, notificationId: 'another' }));
  expect(await ledger.write((tx) => tx.claimContents(another, 1))).toMatchObject([
    { granted: false, reason: 'same_content_today', related: notification?.id },
  ]);
});
