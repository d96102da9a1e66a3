import { expect, it } from 'vitest';
import type { DigestWindow, Ledger, RememberedSignal } from '../../../src/ledger/ledger.ts';
import { suppress } from '../../../src/ledger/lifecycle/admit.ts';
import { anEvent, noon } from '../../fakes/builders.ts';
import { waiting } from './samples.ts';

const aWindow: DigestWindow = {
  id: 'ntf_digest',
  route: 'r',
  key: 'team-1',
  app: 'default',
  openedAt: noon,
  closesAt: noon + 1000,
  count: 0,
};

export function policyCases(open: () => Promise<Ledger>): void {
  it('gives a dedupe window to the first, until it is over or given back', async () => {
    const ledger = await open();
    const claim = (notificationId: string, now: number) =>
      ledger.write((tx) => tx.claimDedupe({ route: 'r', key: 'k', notificationId, until: now + 100 }, now));
    expect(await claim('n1', noon)).toBe('n1');
    expect(await claim('n1', noon + 1)).toBe('n1');
    expect(await claim('n2', noon + 99)).toBe('n1');
    expect(await claim('n2', noon + 100)).toBe('n2');
    await ledger.write((tx) => tx.releasePolicyClaims(['n2']));
    expect(await claim('n3', noon + 101)).toBe('n3');
  });

  it('admits so many in a sliding window, and names the latest to those that it refuses', async () => {
    const ledger = await open();
    const claim = (notificationId: string, now: number) =>
      ledger.write((tx) =>
        tx.claimThrottle({ route: 'r', key: 'k', notificationId, limit: 2, windowMs: 100 }, now),
      );
    expect(await claim('n1', noon)).toBeNull();
    expect(await claim('n2', noon + 50)).toBeNull();
    expect(await claim('n2', noon + 50)).toBeNull();
    expect(await claim('n3', noon + 99)).toBe('n2');
    expect(await claim('n4', noon + 100)).toBeNull();
    expect(await claim('n5', noon + 101)).toBe('n4');
    await ledger.write((tx) => tx.releasePolicyClaims(['n4']));
    expect(await claim('n6', noon + 102)).toBeNull();
  });

  it('collects a digest in its window and gives it out once, members in order', async () => {
    const ledger = await open();
    const counts = await ledger.write(async (tx) => {
      const seen: number[] = [];
      for (const id of ['m1', 'm2', 'm2', 'm3']) {
        const window = await tx.joinDigest(aWindow, anEvent(id, { amount: 12n, at: new Date(noon) }), id);
        expect(window.id).toBe(aWindow.id);
        seen.push(window.count);
      }
      return seen;
    });
    expect(counts).toEqual([1, 2, 2, 3]);
    expect(await ledger.read((tx) => tx.nextDigest())).toBe(aWindow.closesAt);
    expect(await ledger.write((tx) => tx.takeClosedDigests(noon + 999, 10))).toEqual([]);
    const [closed] = await ledger.write((tx) => tx.takeClosedDigests(noon + 1000, 10));
    expect(closed?.window).toEqual({ ...aWindow, count: 3 });
    expect(closed?.members).toStrictEqual(
      ['m1', 'm2', 'm3'].map((id) => ({ id, event: anEvent(id, { amount: 12n, at: new Date(noon) }) })),
    );
    expect(await ledger.write((tx) => tx.takeClosedDigests(noon + 5000, 10))).toEqual([]);
    expect(await ledger.read((tx) => tx.digestMembers(closed?.window.id ?? ''))).toEqual(
      closed?.members.map((each) => each.id),
    );
    expect(await ledger.read((tx) => tx.digestMembers('ntf_other'))).toEqual([]);
    expect(await ledger.read((tx) => tx.nextDigest())).toBeNull();
  });

  it('keeps a digest that was taken in a transaction which failed', async () => {
    const ledger = await open();
    await ledger.write((tx) => tx.joinDigest(aWindow, anEvent('m1'), 'm1'));
    const failing = ledger.write(async (tx) => {
      await tx.takeClosedDigests(noon + 1000, 10);
      throw new Error('crash');
    });
    await expect(failing).rejects.toThrow('crash');
    const [closed] = await ledger.write((tx) => tx.takeClosedDigests(noon + 1000, 10));
    expect(closed?.members).toHaveLength(1);
  });

  it('opens a second window in the same millisecond under another name when the first is full', async () => {
    const ledger = await open();
    const second = await ledger.write(async (tx) => {
      const first = await tx.joinDigest(aWindow, anEvent('m1'), 'm1');
      await tx.closeDigest(first.id, noon);
      return tx.joinDigest(aWindow, anEvent('m2'), 'm2');
    });
    expect(second.id).not.toBe(aWindow.id);
    expect(second.count).toBe(1);
    const [full] = await ledger.write((tx) => tx.takeClosedDigests(noon, 10));
    expect(full?.window).toMatchObject({ id: aWindow.id, closesAt: noon });
    const third = await ledger.write((tx) => tx.joinDigest(aWindow, anEvent('m3'), 'm3'));
    expect(third).toMatchObject({ id: second.id, count: 2 });
  });

  it('does not let anybody join a window whose time is over, even before it is taken', async () => {
    const ledger = await open();
    await ledger.write((tx) => tx.joinDigest(aWindow, anEvent('m1'), 'm1'));
    const late = { ...aWindow, id: 'ntf_late', openedAt: noon + 1000, closesAt: noon + 2000 };
    const window = await ledger.write((tx) => tx.joinDigest(late, anEvent('m2'), 'm2'));
    expect(window).toMatchObject({ id: 'ntf_late', count: 1 });
    const taken = await ledger.write((tx) => tx.takeClosedDigests(noon + 2000, 10));
    expect(taken.map((each) => each.members.length)).toEqual([1, 1]);
  });

  it('remembers signals that came before their notification', async () => {
    const ledger = await open();
    const signal: RememberedSignal = {
      kind: 'update',
      route: 'r',
      correlation: 'order-1',
      statusValue: '已同意',
      statusBg: null,
      at: noon,
    };
    const recall: RememberedSignal = { ...signal, kind: 'recall', statusValue: null, at: noon + 5 };
    await ledger.write((tx) => tx.rememberSignals([recall, signal, { ...signal, correlation: 'order-2' }]));
    const read = (since: number) =>
      ledger
        .read(() => Promise.resolve())
        .then(() => ledger.write((tx) => tx.signalsFor('r', 'order-1', since)));
    expect(await read(noon)).toEqual([signal, recall]);
    expect(await read(noon + 1)).toEqual([recall]);
  });

  it('finds the notifications of a correlation, newest first', async () => {
    const ledger = await open();
    const list = await waiting(ledger, 3, (index) => ({
      policies: { correlation: index === 1 ? 'order-2' : 'order-1' },
    }));
    const found = await ledger.write((tx) => tx.correlated('refund', 'order-1', noon));
    expect(found).toEqual([list[2]?.id, list[0]?.id]);
    expect(await ledger.write((tx) => tx.correlated('other', 'order-1', noon))).toEqual([]);
  });

  it('finds those that still wait for their time, however old, and of those that have ended the late ones', async () => {
    const ledger = await open();
    const [waits, ended] = await waiting(ledger, 2, () => ({ policies: { correlation: 'order-1' } }));
    if (waits === undefined || ended === undefined) throw new Error('nothing waits');
    await ledger.write((tx) => tx.saveNotifications([suppress(ended, 'expired', null, noon).notification]));
    const since = (at: number): Promise<readonly string[]> =>
      ledger.write((tx) => tx.correlated('refund', 'order-1', at));
    expect(await since(noon)).toEqual([ended.id, waits.id]);
    expect(await since(noon + 1)).toEqual([waits.id]);
  });
}
