import { expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { anyNotification, type NotificationFilter } from '../../../src/ledger/views.ts';
import type { Notification } from '../../../src/model/notification.ts';
import { tellAmendment, tellFinal, tellInterim } from '../../../src/ledger/lifecycle/tell.ts';
import { aNotification, aRecord, noon } from '../../fakes/builders.ts';
import { claim } from './quota-cases.ts';
import { insert, told, withCall } from './samples.ts';
import type { TestStore } from './stores.ts';

export function viewCases(open: () => Promise<Ledger>, store: () => TestStore): void {
  it('shows what is under way for each app and what ended', async () => {
    const ledger = await open();
    const ended: Notification = { ...aNotification({}, 'x'), state: 'final', finalStatus: 'failed' };
    await ledger.write((tx) =>
      insert(tx, [
        { ...aNotification({}, 'a'), dueAt: noon - 60_000 },
        { ...aNotification({}, 'b'), dueAt: noon + 60_000 },
        ended,
      ]),
    );
    const { notification } = await withCall(ledger, { state: 'accepted' }, 'c', { app: 'second' });
    await withCall(ledger, { state: 'sending' }, 'd', { app: 'second' });
    const hold = { subject: 'default', reason: 'ban', detail: null, since: noon, until: null };
    await ledger.write(async (tx) => {
      await tx.setHold(hold);
      await tx.appendOutbox([told(notification).item]);
    });
    expect(await ledger.view((views) => views.overview(noon))).toEqual({
      apps: [
        {
          app: 'default',
          due: 1,
          oldestDueAt: noon - 60_000,
          deferred: 1,
          nextDeferredAt: noon + 60_000,
          active: 0,
          oldestActiveReceivedAt: null,
          calls: { ready: 0, sending: 0, accepted: 0, held: 0 },
        },
        {
          app: 'second',
          due: 0,
          oldestDueAt: null,
          deferred: 0,
          nextDeferredAt: null,
          active: 2,
          oldestActiveReceivedAt: noon,
          calls: { ready: 0, sending: 1, accepted: 1, held: 0 },
        },
      ],
      ended: { failed: 1 },
      unpublished: 1,
      oldestUnpublishedAt: noon,
      openDigests: 0,
      holds: [hold],
    });
    const { apps, unpublished, oldestUnpublishedAt } = await ledger.view((views) => views.overview(noon + 1));
    const backlog = await ledger.view((views) => views.backlog());
    expect(backlog).toEqual({ apps, unpublished, oldestUnpublishedAt });
    expect((await ledger.view((views) => views.overview(noon + 1))).ended).toEqual({});
  });

  it('shows what is used of the limits', async () => {
    const ledger = await open();
    await ledger.write(async (tx) => {
      await tx.claimContents([claim('u1', 'a', 'n1'), claim('u1', 'b', 'n2'), claim('u2', 'a', 'n1')], 500);
      await tx.count({ app: 'default', scope: 'broadcasts', period: '2026-03-02' }, 2, 3);
      await tx.count({ app: 'default', scope: 'calls', period: '2026-03' }, 7, null);
    });
    expect(await ledger.view((views) => views.quotaUse('default', '2026-03-02', 1))).toEqual({
      app: 'default',
      day: '2026-03-02',
      broadcasts: 2,
      month: '2026-03',
      callsThisMonth: 7,
      people: 2,
      messages: 3,
      topPeople: [{ userid: 'u1', messages: 2 }],
    });
  });

  it('lists notifications newest first, page by page', async () => {
    const ledger = await open();
    const list = Array.from({ length: 7 }, (_none, index) => aNotification({}, `e-${index}`));
    await ledger.write((tx) => insert(tx, list));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: readonly { eventId: string }[]; next: string | null } = await ledger.view(
        (views) => views.notifications(anyNotification, { limit: 3, cursor }),
      );
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map((item) => item.eventId));
      cursor = page.next;
    } while (cursor !== null);
    expect(seen).toEqual(['e-6', 'e-5', 'e-4', 'e-3', 'e-2', 'e-1', 'e-0']);
  });

  it('finds notifications by what people know of them', async () => {
    const ledger = await open();
    const quoted = 'we"ird_%~\\id';
    const one = await withCall(ledger, { taskId: '880017', state: 'accepted' }, 'one', {
      audience: { userids: [quoted, 'u2'] },
      policies: { correlation: 'order-1' },
    });
    const other: Notification = {
      ...aNotification({ route: 'other', app: 'second', audience: { userids: ['u22'] } }, 'two'),
      state: 'final',
      finalStatus: 'failed',
      finalReason: 'rejected',
    };
    await ledger.write((tx) => insert(tx, [other]));
    const find = async (filter: Partial<NotificationFilter>): Promise<string[]> => {
      const page = await ledger.view((views) =>
        views.notifications({ ...anyNotification, ...filter }, { limit: 10, cursor: null }),
      );
      expect(page.next).toBeNull();
      return page.items.map((item) => item.eventId);
    };
    expect(await find({})).toEqual(['two', 'one']);
    expect(await find({ userid: quoted })).toEqual(['one']);
    expect(await find({ userid: 'u2' })).toEqual(['one']);
    expect(await find({ userid: '_2' })).toEqual([]);
    expect(await find({ correlation: 'order-1' })).toEqual(['one']);
    expect(await find({ route: 'other' })).toEqual(['two']);
    expect(await find({ app: 'second', status: 'failed', state: 'final' })).toEqual(['two']);
    expect(await find({ app: 'default', status: 'failed' })).toEqual([]);
    expect(await find({ since: noon, until: noon + 1 })).toEqual(['two', 'one']);
    expect(await find({ since: noon + 1 })).toEqual([]);
    expect(await find({ until: noon })).toEqual([]);
    const deliveryId = one.notification.deliveries[0]?.id ?? '';
    for (const id of ['one', one.notification.id, one.call.id, '880017', deliveryId]) {
      expect(await find({ id })).toEqual(['one']);
    }
    expect(await find({ id: 'nothing' })).toEqual([]);
  });

  it('finds notifications by what was told of them last, an amendment too', async () => {
    const ledger = await open();
    const accepted = tellInterim(aNotification({}, 'accepted'), { status: 'accepted' }, noon).notification;
    const failed = tellFinal(
      aNotification({}, 'failed'),
      { status: 'failed', reason: 'rejected' },
      noon,
    ).notification;
    const delivered = tellFinal(aNotification({}, 'recalled'), { status: 'delivered' }, noon).notification;
    const recalled = tellAmendment(delivered, { status: 'recalled' }, noon).notification;
    const all = [aNotification({}, 'untold'), accepted, failed, recalled];
    await ledger.write((tx) => insert(tx, all));
    const find = async (filter: Partial<NotificationFilter>): Promise<string[]> => {
      const page = { limit: 10, cursor: null };
      const found = await ledger.view((views) =>
        views.notifications({ ...anyNotification, ...filter }, page),
      );
      return found.items.map((item) => item.eventId);
    };
    for (const status of ['accepted', 'failed', 'recalled'] as const)
      expect(await find({ toldStatus: status })).toEqual([status]);
    expect(await find({ toldStatus: 'delivered' })).toEqual([]);
    expect(await find({ status: 'delivered' })).toEqual(['recalled']);
    expect(await find({ toldReason: 'rejected' })).toEqual(['failed']);
    expect(await find({ toldStatus: 'recalled', toldReason: 'rejected' })).toEqual([]);
    const kept = await ledger.read((tx) => tx.notifications(all.map(({ id }) => id)));
    expect(kept).toStrictEqual(all);
  });

  it('tells the whole history of one notification', async () => {
    const ledger = await open();
    const { notification, call } = await withCall(ledger, { state: 'accepted' });
    const first = told(notification);
    const second = told(first.notification);
    await ledger.write(async (tx) => {
      await tx.appendOutbox([first.item, second.item]);
      const [row] = await tx.takeOutbox(1);
      await tx.markPublished([row?.id ?? 0n], noon + 5);
    });
    const history = await ledger.view((views) => views.history(notification.id));
    expect(history?.notification).toStrictEqual(notification);
    expect(history?.endedAt).toBeNull();
    expect(history?.calls).toStrictEqual([call]);
    expect(history?.outbox.map((entry) => [entry.item, entry.createdAt, entry.publishedAt])).toStrictEqual([
      [first.item, noon, noon + 5],
      [second.item, noon, null],
    ]);
    expect(await ledger.view((views) => views.history('ntf_none'))).toBeNull();
  });

  it('lists what a person must settle, dead letters and processes', async () => {
    const ledger = await open();
    const { call } = await withCall(ledger, { state: 'held' });
    await withCall(ledger, { state: 'closed' }, 'e-1');
    const deadLetter = {
      id: 'dlq_1',
      record: aRecord(),
      stage: 'decode' as const,
      reason: 'undecodable',
      message: 'x',
      exceptionClass: 'y',
      route: null,
      notificationId: null,
    };
    await ledger.write((tx) =>
      tx.appendOutbox([
        { kind: 'dead_letter', deadLetter },
        { kind: 'dead_letter', deadLetter: { ...deadLetter, id: 'dlq_2' } },
      ]),
    );
    expect(await ledger.view((views) => views.heldCalls(10))).toStrictEqual([call]);
    const first = await ledger.view((views) => views.deadLetters({ limit: 1, cursor: null }));
    expect(first.items[0]?.item).toMatchObject({ deadLetter: { id: 'dlq_2' } });
    const second = await ledger.view((views) => views.deadLetters({ limit: 1, cursor: first.next }));
    expect(second.items[0]?.item).toMatchObject({ deadLetter: { id: 'dlq_1' } });
    const looking = await store().open({ readOnly: true });
    const processes = await looking.view((views) => views.instances());
    expect(processes.map((each) => each.description)).toEqual(['a test']);
  });
}
