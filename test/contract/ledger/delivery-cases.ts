import { expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { Call } from '../../../src/model/call.ts';
import { aNotification, noon } from '../../fakes/builders.ts';
import { insert, waiting, withCall } from './samples.ts';
import type { TestStore } from './stores.ts';

const due = { app: 'default', now: noon, limit: 10 };

export function deliveryCases(open: () => Promise<Ledger>, store: () => TestStore): void {
  it('takes what is due: high priority first, then by time, one app only', async () => {
    const ledger = await open();
    const list = [
      { ...aNotification({}, 'late'), dueAt: noon - 1 },
      { ...aNotification({}, 'early'), dueAt: noon - 9 },
      { ...aNotification({ policies: { priority: 'high' } }, 'high'), dueAt: noon },
      { ...aNotification({ policies: { priority: 'high' } }, 'not yet'), dueAt: noon + 1 },
      { ...aNotification({ app: 'other' }, 'other app'), dueAt: noon - 5 },
      { ...aNotification({}, 'ended'), state: 'final' as const, finalStatus: 'suppressed' as const },
    ];
    await ledger.write((tx) => insert(tx, list));
    const taken = await ledger.write((tx) => tx.takeDue(due));
    expect(taken.map((each) => each.event.id)).toEqual(['high', 'early', 'late']);
    const two = await ledger.write((tx) => tx.takeDue({ ...due, limit: 2 }));
    expect(two.map((each) => each.event.id)).toEqual(['high', 'early']);
  });

  it('brings forward what was due before the clock was set back, and nothing that waits for a time of day', async () => {
    const ledger = await open();
    const dayMs = 86_400_000;
    const notification = (id: string, receivedAt: number, dueAt: number) => ({
      ...aNotification({}, id),
      receivedAt,
      dueAt,
    });
    await ledger.write((tx) =>
      insert(tx, [
        notification('due', noon - 5, noon - 5),
        notification('quiet', noon - 5, noon + 3_600_000),
        notification('earlier', noon - dayMs - 5, noon - dayMs - 5),
      ]),
    );
    await withCall(ledger, { state: 'ready', nextAt: noon + 2_000 }, 'soon');
    await withCall(ledger, { state: 'ready', nextAt: noon + dayMs / 2 }, 'tomorrow');
    await withCall(ledger, { state: 'accepted', taskId: '1', nextAt: noon - 1 }, 'asked');
    const events = async (calls: readonly Call[]): Promise<string[]> => {
      const ids = calls.flatMap((each) => each.members.map((member) => member.notificationId));
      return (await ledger.read((tx) => tx.notifications(ids))).map((each) => each.event.id);
    };
    expect(await ledger.write((tx) => tx.bringForward(noon, noon - dayMs))).toBe(3);
    const now = noon - dayMs;
    const taken = await ledger.write((tx) => tx.takeDue({ ...due, now }));
    expect(taken.map((each) => each.event.id)).toEqual(['earlier', 'due']);
    const ready = await ledger.write((tx) => tx.takeReadyCalls({ ...due, now: now + 2_000 }));
    expect(await events(ready)).toEqual(['soon']);
    const asked = await ledger.write((tx) => tx.takeChecks({ ...due, now, leaseUntil: now + 60_000 }));
    expect(await events(asked)).toEqual(['asked']);
  });

  it('leaves what came forward where it is when it is saved again', async () => {
    const ledger = await open();
    const [made] = await waiting(ledger, 1);
    if (made === undefined) throw new Error('nothing waits');
    const past = made.dueAt - 3_600_000;
    await ledger.write((tx) => tx.bringForward(made.dueAt, past));
    await ledger.write(async (tx) => {
      const [found] = await tx.lockNotifications([made.id]);
      if (found === undefined) throw new Error('not found');
      await tx.saveNotifications([{ ...found, seq: found.seq + 1 }]);
    });
    expect(await ledger.read((tx) => tx.nextDue(made.app))).toBe(past);
  });

  it('tells when the next thing is due, leases included, so that nobody spins', async () => {
    const ledger = await open();
    expect(await ledger.read((tx) => tx.nextDue('default'))).toBeNull();
    const first = { ...aNotification({}, 'first'), dueAt: noon - 10 };
    const second = { ...aNotification({}, 'second'), dueAt: noon + 5000 };
    await ledger.write((tx) => insert(tx, [first, second]));
    expect(await ledger.read((tx) => tx.nextDue('default'))).toBe(noon - 10);
    await ledger.write((tx) => tx.leaseNotifications([first.id], noon + 300));
    expect(await ledger.write((tx) => tx.takeDue(due))).toEqual([]);
    expect(await ledger.read((tx) => tx.nextDue('default'))).toBe(noon + 300);
    const after = await ledger.write((tx) => tx.takeDue({ ...due, now: noon + 300 }));
    expect(after.map((each) => each.id)).toEqual([first.id]);
    await ledger.write((tx) => tx.saveNotifications([first]));
    expect(await ledger.write((tx) => tx.takeDue(due))).toHaveLength(1);
    await withCall(ledger, { nextAt: noon - 20 }, 'third');
    expect(await ledger.read((tx) => tx.nextDue('default'))).toBe(noon - 20);
  });

  it('finds due companions of the same content that may share a call', async () => {
    const ledger = await open();
    const list = await waiting(ledger, 5, (index) => ({
      text: index < 4 ? 'same' : 'different',
      policies: { mergeable: index !== 2 },
    }));
    const [first, , , fourth] = list;
    if (first === undefined || fourth === undefined) throw new Error('nothing was inserted');
    await ledger.write((tx) => tx.saveNotifications([{ ...fourth, dueAt: noon + 1 }]));
    const contentHashes = [first.contentHash ?? ''];
    const found = await ledger.write((tx) => tx.takeSameContent({ ...due, contentHashes }));
    expect(found.map((each) => each.event.id).toSorted()).toEqual(['e-0', 'e-1']);
    const limited = await ledger.write((tx) => tx.takeSameContent({ ...due, limit: 1, contentHashes }));
    expect(limited).toHaveLength(1);
  });

  it('lists by id in the order asked for and leaves out what is missing', async () => {
    const ledger = await open();
    const list = await waiting(ledger, 3);
    const ids = [list[2]?.id ?? '', 'ntf_none', list[0]?.id ?? ''];
    const found = await ledger.write((tx) => tx.lockNotifications(ids));
    expect(found.map((each) => each.event.id)).toEqual(['e-2', 'e-0']);
  });

  it('saves what became of a notification, a changed message included', async () => {
    const ledger = await open();
    const [fresh] = await waiting(ledger, 1);
    if (fresh === undefined) throw new Error('nothing was inserted');
    const message = { msgtype: 'image' as const, body: '{"media_id":"@1"}', bytes: 17, statusBar: false };
    const changed = { ...fresh, message, contentHash: 'ab'.repeat(32), seq: 4, state: 'active' as const };
    await ledger.write((tx) => tx.saveNotifications([changed]));
    expect(await ledger.read((tx) => tx.notifications([fresh.id]))).toStrictEqual([changed]);
    const again = {
      ...changed,
      message: { ...message, body: '{"media_id":"@2"}' },
      contentHash: 'cd'.repeat(32),
    };
    const failing = ledger.write(async (tx) => {
      await tx.lockNotifications([fresh.id]);
      await tx.saveNotifications([again]);
      throw new Error('crash');
    });
    await expect(failing).rejects.toThrow('crash');
    const [kept] = await ledger.write((tx) => tx.lockNotifications([fresh.id]));
    expect(kept).toStrictEqual(changed);
    await ledger.write(async (tx) => {
      await tx.lockNotifications([fresh.id]);
      await tx.saveNotifications([again]);
    });
    const restarted = await store().restart(ledger);
    expect(await restarted.read((tx) => tx.notifications([fresh.id]))).toStrictEqual([again]);
  });

  it('refuses to save what it does not hold', async () => {
    const ledger = await open();
    const unknown = aNotification();
    const saving = ledger.write((tx) => tx.saveNotifications([unknown]));
    await expect(saving).rejects.toMatchObject({ code: 'ledger_misuse' });
  });

  it('gives out ready calls when they are due and keeps every field of them', async () => {
    const ledger = await open();
    const { call } = await withCall(ledger, { nextAt: noon, attempts: 3, refusals: 1, day: '2026-03-02' });
    const later = await withCall(ledger, { nextAt: noon + 1 }, 'e-1');
    const high = await withCall(ledger, { nextAt: noon, priority: 'high' }, 'e-2');
    const taken = await ledger.write((tx) => tx.takeReadyCalls(due));
    expect(taken).toStrictEqual([high.call, call]);
    expect(await ledger.read((tx) => tx.calls([later.call.id, 'call_none', call.id]))).toStrictEqual([
      later.call,
      call,
    ]);
  });

  it('leaves out what belongs to some routes, and calls that carry something of theirs', async () => {
    const ledger = await open();
    const exceptRoutes = ['stopped', 'stopped-too'];
    const list = [
      { ...aNotification({ route: 'stopped', text: 'same' }, 'stopped'), dueAt: noon - 9 },
      { ...aNotification({ route: 'refund', text: 'same' }, 'other'), dueAt: noon - 5 },
    ];
    await ledger.write((tx) => insert(tx, list));
    expect(await ledger.read((tx) => tx.nextDue('default', exceptRoutes))).toBe(noon - 5);
    const taken = await ledger.write((tx) => tx.takeDue({ ...due, limit: 1, exceptRoutes }));
    expect(taken.map((each) => each.event.id)).toEqual(['other']);
    const contentHashes = [taken[0]?.contentHash ?? ''];
    const companions = { ...due, contentHashes, exceptRoutes };
    expect((await ledger.write((tx) => tx.takeSameContent(companions))).map((each) => each.event.id)).toEqual(
      ['other'],
    );

    const one = await withCall(ledger, { nextAt: noon - 3 }, 'one', { route: 'refund' });
    const two = await withCall(ledger, { nextAt: noon - 20 }, 'two', { route: 'stopped-too' });
    const joined = { ...two.call, members: [...one.call.members, ...two.call.members], people: 2 };
    await ledger.write(async (tx) => {
      await tx.lockCalls([two.call.id]);
      await tx.saveCalls([joined]);
    });
    const ready = async (routes: readonly string[]) =>
      (await ledger.write((tx) => tx.takeReadyCalls({ ...due, exceptRoutes: routes }))).map(({ id }) => id);
    expect(await ready(exceptRoutes)).toEqual([one.call.id]);
    expect(await ready([])).toEqual([two.call.id, one.call.id]);
    expect(await ledger.read((tx) => tx.nextDue('default', exceptRoutes))).toBe(noon - 5);
    expect(await ledger.read((tx) => tx.nextDue('default'))).toBe(noon - 20);
  });

  it('counts what is not final, app by app', async () => {
    const ledger = await open();
    const list = [
      aNotification({}, 'waits'),
      aNotification({ app: 'other' }, 'waits elsewhere'),
      { ...aNotification({}, 'ended'), state: 'final' as const, finalStatus: 'failed' as const },
    ];
    await ledger.write((tx) => insert(tx, list));
    await withCall(ledger, {}, 'on its way');
    expect(await ledger.read((tx) => tx.pendingByApp())).toEqual([
      { app: 'default', count: 2 },
      { app: 'other', count: 1 },
    ]);
  });

  it('keeps calls that were joined, and finds them by their notifications', async () => {
    const ledger = await open();
    const one = await withCall(ledger, {}, 'e-1');
    const two = await withCall(ledger, {}, 'e-2');
    const joined = { ...one.call, members: [...one.call.members, ...two.call.members], people: 2 };
    const absorbed = { ...two.call, state: 'closed' as const, members: [] };
    await ledger.write(async (tx) => {
      await tx.lockCalls([one.call.id, two.call.id]);
      await tx.saveCalls([joined, absorbed]);
    });
    expect(await ledger.read((tx) => tx.callsOf([two.notification.id]))).toStrictEqual([joined]);
    const locked = await ledger.write((tx) => tx.lockCallsOf([one.notification.id, two.notification.id]));
    expect(locked).toStrictEqual([joined]);
    const restarted = await store().restart(ledger);
    expect(await restarted.read((tx) => tx.calls([two.call.id]))).toStrictEqual([absorbed]);
  });

  it('remembers every intent for the limits of a minute', async () => {
    const ledger = await open();
    const { call } = await withCall(ledger, { state: 'sending', people: 7 });
    await store().clock.advance(1000);
    await ledger.write((tx) => tx.saveCalls([{ ...call, state: 'ready' }]));
    await ledger.write((tx) => tx.saveCalls([{ ...call, state: 'sending' }]));
    await withCall(ledger, { state: 'sending', people: 5 }, 'e-1', { app: 'other' });
    expect(await ledger.read((tx) => tx.recentIntents('default', noon))).toEqual([
      { at: noon, people: 7 },
      { at: noon + 1000, people: 7 },
    ]);
    expect(await ledger.read((tx) => tx.recentIntents('default', noon + 1))).toHaveLength(1);
    const sends = () => ledger.read((tx) => tx.recentSends('default', noon + 1));
    expect(await sends()).toEqual([{ at: noon + 1000, people: 7, acceptedAt: null }]);
    await ledger.write((tx) => tx.saveCalls([{ ...call, state: 'accepted', acceptedAt: noon + 1500 }]));
    expect(await sends()).toEqual([{ at: noon + 1000, people: 7, acceptedAt: noon + 1500 }]);
  });

  it('gives calls in flight to the next process when theirs is gone, and never its own', async () => {
    const ledger = await open();
    const { call } = await withCall(ledger, { state: 'sending' });
    expect(await ledger.write((tx) => tx.takeOrphanedCalls(10))).toEqual([]);
    const restarted = await store().restart(ledger);
    expect(await restarted.write((tx) => tx.takeOrphanedCalls(10))).toStrictEqual([call]);
    await restarted.write((tx) => tx.saveCalls([{ ...call, state: 'ready' }]));
    expect(await restarted.write((tx) => tx.takeOrphanedCalls(10))).toEqual([]);
  });

  it('frees what a process leased when it ends', async () => {
    const ledger = await open();
    const [notification] = await waiting(ledger, 1);
    const { call } = await withCall(ledger, { state: 'accepted' }, 'e-9');
    await ledger.write(async (tx) => {
      await tx.leaseNotifications([notification?.id ?? ''], noon + 999_999);
      await tx.takeChecks({ ...due, leaseUntil: noon + 999_999 });
    });
    const restarted = await store().restart(ledger);
    expect(await restarted.write((tx) => tx.takeDue(due))).toHaveLength(1);
    const checks = await restarted.write((tx) => tx.takeChecks({ ...due, leaseUntil: noon + 1 }));
    expect(checks).toStrictEqual([call]);
  });

  it('gives an accepted call to one asker at a time', async () => {
    const ledger = await open();
    const { call } = await withCall(ledger, {
      state: 'accepted',
      nextAt: noon,
      taskId: '123',
      acceptedAt: noon,
    });
    expect(await ledger.read((tx) => tx.nextCheck('default'))).toBe(noon);
    const take = (now: number) => ledger.write((tx) => tx.takeChecks({ ...due, now, leaseUntil: now + 500 }));
    expect(await take(noon)).toStrictEqual([call]);
    expect(await take(noon)).toEqual([]);
    expect(await ledger.read((tx) => tx.nextCheck('default'))).toBe(noon + 500);
    expect(await take(noon + 500)).toHaveLength(1);
    await ledger.write((tx) => tx.saveCalls([{ ...call, nextAt: noon + 2 }]));
    expect(await ledger.read((tx) => tx.nextCheck('default'))).toBe(noon + 2);
    await ledger.write((tx) => tx.saveCalls([{ ...call, state: 'closed' }]));
    expect(await ledger.read((tx) => tx.nextCheck('default'))).toBeNull();
  });
}
