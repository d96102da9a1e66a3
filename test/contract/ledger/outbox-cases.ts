import { expect, it } from 'vitest';
import type { Ledger, LedgerTx, OutboxItem } from '../../../src/ledger/ledger.ts';
import { aNotification, aRecord, noon } from '../../fakes/builders.ts';
import { insert, told, waiting, withCall } from './samples.ts';
import type { TestStore } from './stores.ts';

export function outboxCases(open: () => Promise<Ledger>, store: () => TestStore): void {
  it('gives results out in order until they are published', async () => {
    const ledger = await open();
    const [notification] = await waiting(ledger, 1);
    if (notification === undefined) throw new Error('nothing was inserted');
    const first = told(notification);
    const second = told(first.notification);
    await ledger.write((tx) => tx.appendOutbox([first.item, second.item]));
    const taken = await ledger.write((tx) => tx.takeOutbox(10));
    expect(taken.map(({ id: _id, ...item }) => item)).toStrictEqual([first.item, second.item]);
    expect(await ledger.write((tx) => tx.takeOutbox(1))).toHaveLength(1);
    await ledger.write((tx) => tx.markPublished([taken[0]?.id ?? 0n], noon));
    const rest = await ledger.write((tx) => tx.takeOutbox(10));
    expect(rest.map((row) => row.id)).toEqual([taken[1]?.id]);
    expect(await ledger.read((tx) => tx.unpublishedCount())).toBe(1);
  });

  it('gives out the same, in the same order, as after a restart, however it was appended', async () => {
    let ledger = await open();
    const taken = () => ledger.write((tx) => tx.takeOutbox(100));
    expect(await taken()).toEqual([]);
    const notifications = await waiting(ledger, 6);
    const append = (index: number) => (tx: LedgerTx) => {
      const notification = notifications[index];
      if (notification === undefined) throw new Error('not so many were inserted');
      return tx.appendOutbox([told(notification).item]);
    };
    await ledger.write(append(0));
    // In one commit: before and after a look, and one that is rolled back.
    const [, seen, lost] = await Promise.allSettled([
      ledger.write(append(1)),
      taken(),
      ledger.write(async (tx) => {
        await append(2)(tx);
        throw new Error('no');
      }),
      ledger.write(append(3)),
    ]);
    expect([seen.status, lost.status]).toEqual(['fulfilled', 'rejected']);
    const before = await taken();
    expect(before).toHaveLength(3);
    await ledger.write((tx) => tx.markPublished([before[1]?.id ?? 0n], noon));
    await ledger.write(append(4));
    const rows = await taken();
    expect(rows.map(({ id }) => id)).toEqual([before[0]?.id, before[2]?.id, rows[2]?.id]);
    ledger = await store().restart(ledger);
    expect(await taken()).toStrictEqual(rows);
    await ledger.write(append(5));
    expect((await taken()).slice(0, 3)).toStrictEqual(rows);
    expect(await taken()).toHaveLength(4);
  });

  it('gives a dead letter back with its bytes untouched, with and without a notification', async () => {
    const ledger = await open();
    const record = aRecord({
      offset: 2n ** 60n,
      value: Buffer.from([0, 1, 255]),
      key: null,
      headers: [
        { key: 'h', value: null },
        { key: 'h', value: Buffer.from([9]) },
      ],
    });
    const items = [null, 'ntf_gone'].map((notificationId): OutboxItem => ({
      kind: 'dead_letter',
      deadLetter: {
        id: `dlq_${String(notificationId)}`,
        record,
        stage: 'decode',
        reason: 'undecodable',
        message: 'no JSON: \u0000',
        exceptionClass: 'dingbus.DecodeError',
        route: null,
        notificationId,
      },
    }));
    await ledger.write((tx) => tx.appendOutbox(items));
    const taken = await ledger.write((tx) => tx.takeOutbox(10));
    expect(taken.map(({ id: _id, ...item }) => item)).toStrictEqual(items);
  });

  it('goes on around a record that Kafka refuses, keeps the order of its notification, and gives it out again', async () => {
    const ledger = await open();
    const [stuck, other] = await waiting(ledger, 2);
    if (stuck === undefined || other === undefined) throw new Error('nothing was inserted');
    const first = told(stuck);
    const second = told(first.notification);
    const third = told(other);
    await ledger.write((tx) => tx.appendOutbox([first.item, second.item, third.item]));
    const taken = await ledger.write((tx) => tx.takeOutbox(10));
    const [refused] = taken;
    await ledger.write((tx) => tx.postponeOutbox([refused?.id ?? 0n], noon + 1_000));
    const around = await ledger.write((tx) => tx.takeOutbox(10));
    expect(around.map(({ id }) => id)).toEqual([taken[2]?.id]);
    await ledger.write((tx) => tx.markPublished([taken[2]?.id ?? 0n], noon));
    await store().clock.advance(1_000);
    const again = await ledger.write((tx) => tx.takeOutbox(10));
    expect(again.map(({ id }) => id)).toEqual([taken[0]?.id, taken[1]?.id]);
  });

  it('takes few large dead letters at once, and at least one', async () => {
    const ledger = await open();
    const record = aRecord({ value: Buffer.alloc(9_000_000, 'x') });
    const deadLetter = {
      record,
      stage: 'decode',
      reason: 'undecodable',
      message: 'no JSON',
      exceptionClass: 'dingbus.DecodeError',
      route: null,
      notificationId: null,
    } as const;
    for (const id of ['dlq_1', 'dlq_2', 'dlq_3']) {
      await ledger.write((tx) =>
        tx.appendOutbox([{ kind: 'dead_letter', deadLetter: { ...deadLetter, id } }]),
      );
    }
    const taken = await ledger.write((tx) => tx.takeOutbox(10));
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.length).toBeLessThan(3);
  });

  it('wakes whoever waits for work, once it is durable and not before', async () => {
    const ledger = await open();
    const heard: string[] = [];
    for (const kind of ['delivery', 'tracking', 'outbox'] as const) {
      ledger.onWake(kind, () => heard.push(kind));
    }
    const failing = ledger.write(async (tx) => {
      await insert(tx, [aNotification()]);
      throw new Error('crash');
    });
    await expect(failing).rejects.toThrow('crash');
    await Promise.resolve();
    expect(heard).toEqual([]);
    const [notification] = await waiting(ledger, 1);
    await expect.poll(() => heard).toEqual(['delivery']);
    await withCall(ledger, { state: 'accepted' }, 'e-7');
    await expect.poll(() => heard).toContain('tracking');
    if (notification === undefined) throw new Error('nothing was inserted');
    await ledger.write((tx) => tx.appendOutbox([told(notification).item]));
    await expect.poll(() => heard).toContain('outbox');
    const stop = ledger.onWake('outbox', () => heard.push('stopped'));
    stop();
    await ledger.write((tx) => tx.appendOutbox([told(notification).item]));
    await expect.poll(() => heard.filter((kind) => kind === 'outbox')).toHaveLength(2);
    expect(heard).not.toContain('stopped');
  });

  it('keeps everything that was committed over a restart', async () => {
    const ledger = await open();
    const [notification] = await waiting(ledger, 1);
    if (notification === undefined) throw new Error('nothing was inserted');
    await ledger.write(async (tx) => {
      await tx.appendOutbox([told(notification).item]);
      await tx.advancePosition('g', 't', 0, 5n);
      await tx.count({ app: 'default', scope: 'calls', period: '2026-03' }, 1, null);
    });
    const restarted = await store().restart(ledger);
    expect(await restarted.read((tx) => tx.notifications([notification.id]))).toStrictEqual([notification]);
    expect(await restarted.read((tx) => tx.unpublishedCount())).toBe(1);
    expect(await restarted.read((tx) => tx.positions('g'))).toHaveLength(1);
    expect(
      await restarted.read((tx) => tx.counter({ app: 'default', scope: 'calls', period: '2026-03' })),
    ).toBe(1);
  });

  it('lets a process that only looks read beside the service, and change nothing', async () => {
    const ledger = await open();
    const [notification] = await waiting(ledger, 1);
    const looking = await store().open({ readOnly: true });
    const list = await looking.read((tx) => tx.notifications([notification?.id ?? '']));
    expect(list).toHaveLength(1);
    const writing = looking.write((tx) => tx.advancePosition('g', 't', 0, 1n));
    await expect(writing).rejects.toMatchObject({ code: 'ledger_read_only' });
    expect(looking.health().ok).toBe(true);
    await ledger.write((tx) => tx.advancePosition('g', 't', 0, 1n));
    expect(await looking.read((tx) => tx.positions('g'))).toHaveLength(1);
  });
}
