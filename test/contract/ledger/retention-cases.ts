import { expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { Notification } from '../../../src/model/notification.ts';
import { aNotification, anEvent, aRecord, noon } from '../../fakes/builders.ts';
import { claim } from './quota-cases.ts';
import { identityOf, told, waiting, withCall } from './samples.ts';
import type { TestStore } from './stores.ts';

const week = 7 * 86_400_000;

export function retentionCases(open: () => Promise<Ledger>, store: () => TestStore): void {
  const purgeAll = async (ledger: Ledger, before: number, limit = 100): Promise<void> => {
    // The sweep over events may need a step to come round.
    for (let empty = 0; empty < 2;) {
      empty = (await ledger.write((tx) => tx.purge(before, limit))) === 0 ? empty + 1 : 0;
    }
  };

  it('removes what ended long ago, whole, and keeps everything that is not done', async () => {
    const ledger = await open();
    const open1 = await withCall(ledger, { state: 'ready' }, 'open');
    const held = await withCall(ledger, { state: 'held' }, 'held');
    const done = await withCall(ledger, { state: 'closed' }, 'done');
    const end = (notification: Notification): Notification => ({
      ...notification,
      state: 'final',
      finalStatus: 'delivered',
    });
    const unpublished = aNotification({}, 'unpublished');
    await ledger.write(async (tx) => {
      await tx.insertNotifications([{ notification: end(unpublished), identity: identityOf('unpublished') }]);
      await tx.saveNotifications([end(held.notification), end(done.notification)]);
      await tx.appendOutbox([told(done.notification).item]);
      const [row] = await tx.takeOutbox(1);
      await tx.markPublished([row?.id ?? 0n], noon);
      await tx.appendOutbox([told(unpublished).item]);
    });
    await store().clock.advance(week);
    await purgeAll(ledger, noon);
    const ids = [open1, held, done].map((each) => each.notification.id);
    expect(await ledger.read((tx) => tx.notifications([...ids, unpublished.id]))).toHaveLength(4);
    await purgeAll(ledger, noon + 1);
    const kept = await ledger.read((tx) => tx.notifications([...ids, unpublished.id]));
    expect(kept.map((each) => each.event.id)).toEqual(['open', 'held', 'unpublished']);
    expect(await ledger.read((tx) => tx.calls([done.call.id]))).toEqual([]);
    expect(await ledger.read((tx) => tx.eventRecord(held.notification.id))).not.toBeNull();
    // The event is gone as well: its identity is new again.
    const again = await ledger.write((tx) =>
      tx.insertEvents([{ identity: identityOf('done'), record: aRecord(), receivedAt: noon }]),
    );
    expect(again.size).toBe(1);
  });

  it('remembers what dead letters were redriven as, once each, and forgets it after the same time', async () => {
    const ledger = await open();
    await ledger.write(async (tx) => {
      await tx.recordRedrive('dlq_a', ['ntf_1', 'ntf_2']);
      await tx.recordRedrive('dlq_b', []);
    });
    await store().clock.advance(1);
    await ledger.write((tx) => tx.recordRedrive('dlq_a', ['ntf_2', 'ntf_0']));
    const redrives = () => ledger.view((views) => views.redrives(['dlq_a', 'dlq_b']));
    expect([...(await redrives())]).toEqual([['dlq_a', ['ntf_1', 'ntf_2', 'ntf_0']]]);
    await purgeAll(ledger, noon + 1);
    expect([...(await redrives())]).toEqual([['dlq_a', ['ntf_0']]]);
  });

  it('lets a dead letter be claimed for its redrive once, by an earlier version’s redrive too', async () => {
    const ledger = await open();
    const claim = (id: string) => ledger.write((tx) => tx.claimRedrive(id));
    expect(await Promise.all([claim('dlq_a'), claim('dlq_a')])).toEqual(
      expect.arrayContaining([true, false]),
    );
    expect((await ledger.view((views) => views.redrives(['dlq_a']))).size).toBe(0);
    await ledger.write((tx) => tx.recordRedrive('dlq_b', ['ntf_1']));
    expect(await claim('dlq_b')).toBe(false);
    await purgeAll(ledger, noon + 1);
    expect(await claim('dlq_a')).toBe(true);
  });

  it('keeps an event for as long as one of its notifications is kept', async () => {
    const ledger = await open();
    const first = aNotification({ route: 'a' });
    const second = aNotification({ route: 'b' });
    const ended: Notification = { ...first, state: 'final', finalStatus: 'suppressed' };
    await ledger.write(async (tx) => {
      await tx.insertEvents([
        { identity: identityOf('e-1'), record: aRecord(), receivedAt: noon },
        { identity: identityOf('signal'), record: aRecord(), receivedAt: noon },
      ]);
      await tx.insertNotifications(
        [ended, second].map((notification) => ({ notification, identity: identityOf('e-1') })),
      );
    });
    await purgeAll(ledger, noon + 1);
    expect(await ledger.read((tx) => tx.notifications([first.id, second.id]))).toHaveLength(1);
    expect(await ledger.read((tx) => tx.eventRecord(second.id))).not.toBeNull();
    const fresh = await ledger.write((tx) =>
      tx.insertEvents(
        ['e-1', 'signal'].map((id) => ({ identity: identityOf(id), record: aRecord(), receivedAt: noon })),
      ),
    );
    expect([...fresh]).toEqual([identityOf('signal')]);
  });

  it('goes in small steps', async () => {
    const ledger = await open();
    const list = await waiting(ledger, 25);
    await ledger.write((tx) =>
      tx.saveNotifications(list.map((each) => ({ ...each, state: 'final', finalStatus: 'suppressed' }))),
    );
    const before = noon + 1;
    expect(await ledger.write((tx) => tx.purge(before, 10))).toBe(10);
    const ids = list.map((each) => each.id);
    expect(await ledger.read((tx) => tx.notifications(ids))).toHaveLength(15);
    await purgeAll(ledger, before, 10);
    expect(await ledger.read((tx) => tx.notifications(ids))).toEqual([]);
  });

  it('does not mistake a new notification for a removed one that had its place', async () => {
    const ledger = await open();
    const [old] = await waiting(ledger, 1, () => ({ text: 'old' }));
    if (old === undefined) throw new Error('nothing was inserted');
    await ledger.write((tx) => tx.saveNotifications([{ ...old, state: 'final', finalStatus: 'suppressed' }]));
    await purgeAll(ledger, noon + 1);
    const fresh = aNotification({ text: 'new' }, 'e-new');
    await ledger.write((tx) =>
      tx.insertNotifications([{ notification: fresh, identity: identityOf('e-new') }]),
    );
    expect(await ledger.read((tx) => tx.notifications([fresh.id]))).toStrictEqual([fresh]);
  });

  it('forgets claims, counts, lookups and windows that are over', async () => {
    const ledger = await open();
    const mobile = { app: 'default', mobile: '13800001201', userid: 'u1', at: noon };
    const counter = { app: 'default', scope: 'calls' as const, period: '2026-03' };
    const signal = {
      kind: 'recall' as const,
      route: 'r',
      correlation: 'c',
      statusValue: null,
      statusBg: null,
    };
    const window = {
      id: 'w',
      route: 'r',
      key: 'k',
      app: 'default',
      openedAt: noon,
      closesAt: noon,
      count: 0,
    };
    const grown = async () => {
      await ledger.write(async (tx) => {
        await tx.claimContents([claim('u1', 'a', 'n1')], 500);
        await tx.count(counter, 1, null);
        await tx.saveMobiles([mobile]);
        await tx.saveMedia([{ app: 'default', contentHash: 'h', mediaId: '@', at: noon }]);
        await tx.claimDedupe({ route: 'r', key: 'k', notificationId: 'n1', until: noon }, noon - 1);
        await tx.claimThrottle(
          { route: 'r', key: 'k', notificationId: 'n1', limit: 9, windowMs: 1 },
          noon - 1,
        );
        await tx.rememberSignals([{ ...signal, at: noon }]);
        await tx.setHold({ subject: 'default', reason: 'ban', detail: null, since: noon, until: noon });
        await tx.joinDigest({ ...window, openedAt: noon - 1 }, anEvent(), 'm1');
        await tx.takeClosedDigests(noon, 10);
      });
    };
    await grown();
    await purgeAll(ledger, noon - 86_400_000);
    expect(await ledger.read((tx) => tx.mobiles('default', [mobile.mobile]))).toHaveLength(1);
    expect(await ledger.read((tx) => tx.digestMembers(window.id))).toEqual(['m1']);
    expect(await ledger.write((tx) => tx.claimContents([claim('u1', 'a', 'n2')], 500))).toMatchObject([
      { granted: false },
    ]);
    await store().clock.advance(40 * 86_400_000);
    await purgeAll(ledger, noon + 32 * 86_400_000);
    expect(await ledger.read((tx) => tx.mobiles('default', [mobile.mobile]))).toEqual([]);
    expect(await ledger.read((tx) => tx.counter(counter))).toBe(0);
    expect(await ledger.read((tx) => tx.holds())).toEqual([]);
    expect(await ledger.read((tx) => tx.digestMembers(window.id))).toEqual([]);
    expect(await ledger.write((tx) => tx.signalsFor('r', 'c', 0))).toEqual([]);
    expect(await ledger.write((tx) => tx.claimContents([claim('u1', 'a', 'n2')], 500))).toEqual([
      { granted: true },
    ]);
  });
}
