/** What is saved with an end: dead letters for whoever can be tried again, and the windows that are free again. */
import { afterEach, expect, it } from 'vitest';
import { markSending, rejected } from '../../../../src/ledger/lifecycle/answers.ts';
import { saveCallSteps } from '../../../../src/ledger/lifecycle/save.ts';
import { waiting, withCall } from '../../../contract/ledger/samples.ts';
import { anEvent, noon } from '../../../fakes/builders.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';
import { TempLedger } from '../../../fakes/temp-ledger.ts';

const store = new TempLedger(new FakeClock(noon));
afterEach(() => store.dispose());

const refusal = { code: '40035', message: 'no such field', class: 'reject' };

it('a digest that DingTalk refuses leaves a dead letter for each member, and their windows are free again', async () => {
  const ledger = await store.open();
  const members = await waiting(ledger, 3);
  const { notification, call } = await withCall(ledger, {}, 'e-digest');
  const digest = { ...notification, digestSize: members.length };
  const window = {
    id: notification.id,
    route: 'refund',
    key: 'k',
    app: 'default',
    openedAt: noon,
    closesAt: noon + 1_000,
    count: 0,
  };
  const dedupe = (index: number, notificationId: string) => ({
    route: 'refund',
    key: `k${index}`,
    notificationId,
    until: noon + 60_000,
  });
  await ledger.write(async (tx) => {
    for (const [index, { id }] of members.entries()) {
      await tx.joinDigest(window, anEvent(`e-${index}`), id);
      await tx.claimDedupe(dedupe(index, id), noon);
    }
    await tx.takeClosedDigests(noon + 1_000, 1);
  });

  const sending = markSending(call, '2026-03-02', noon);
  await ledger.write((tx) =>
    saveCallSteps(tx, [rejected(sending, new Map([[digest.id, digest]]), refusal, noon)]),
  );

  const { items } = await ledger.view((views) => views.deadLetters({ limit: 100, cursor: null }));
  const letters = items.flatMap(({ item }) => (item.kind === 'dead_letter' ? [item.deadLetter] : []));
  expect(letters).toHaveLength(3);
  expect(new Set(letters.map(({ id }) => id)).size).toBe(3);
  for (const letter of letters)
    expect(letter).toMatchObject({ stage: 'deliver', reason: 'rejected', notificationId: notification.id });
  for (const index of members.keys())
    expect(await ledger.write((tx) => tx.claimDedupe(dedupe(index, 'another'), noon + 1))).toBe('another');
});
