import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { createAnswerBook } from '../../../src/delivery/answers.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { Call } from '../../../src/model/call.ts';
import { noon, onItsWay, only } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

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
  const book = createAnswerBook({
    app: 'default',
    ledger: busy,
    clock,
    logger: silentLogger,
    random: () => 0,
    firstCheckMs: () => 1_000,
    busy: () => false,
    onSettled: (answers) => settled.push(...answers.map(({ call }) => call.id)),
  });
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
