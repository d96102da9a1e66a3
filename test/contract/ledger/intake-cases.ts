import { expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { aNotification, aRecord, mobile, noon } from '../../fakes/builders.ts';
import { identityOf, insert, waiting } from './samples.ts';

export function intakeCases(open: () => Promise<Ledger>): void {
  it('gives a notification back exactly as it was, mobiles, 64-bit offsets and odd characters included', async () => {
    const ledger = await open();
    const plain = aNotification({
      text: 'a\u0000b 你好 \u{1F4A9} \u2028',
      audience: { userids: ['u1'], mobiles: [mobile('13800001201')], deptIds: [4417023] },
      policies: {
        dedupe: { key: 'k', windowMs: 5 },
        correlation: 'order-1',
        expiresAt: noon + 1,
        mergeable: false,
        priority: 'high',
      },
    });
    const notification = {
      ...plain,
      event: { ...plain.event, offset: 9_223_372_036_854_775_807n, type: null },
      signals: {
        recall: true,
        statusBar: { value: '已同意', background: null },
        recallDone: [1],
        statusBarDone: [],
      },
      invalidDeptIds: [1, 2],
      error: { code: '40035', message: 'bad', class: 'message' },
    };
    await ledger.write((tx) => insert(tx, [notification]));
    const [read] = await ledger.read((tx) => tx.notifications([notification.id]));
    expect(read).toStrictEqual(notification);
    expect(read?.persons.find((person) => person.mobile !== null)?.mobile?.reveal()).toBe('13800001201');
    const [taken] = await ledger.write((tx) => tx.takeDue({ app: 'default', now: noon, limit: 10 }));
    expect(taken).toStrictEqual(notification);
  });

  it('stores an event and a notification once, whoever comes again', async () => {
    const ledger = await open();
    const notification = aNotification();
    const row = { identity: identityOf('e-1'), record: aRecord(), receivedAt: noon };
    const entry = { notification, identity: row.identity };
    const first = await ledger.write(async (tx) => ({
      events: await tx.insertEvents([row, row]),
      notifications: await tx.insertNotifications([entry, entry]),
    }));
    expect([...first.events]).toEqual([row.identity]);
    expect([...first.notifications]).toEqual([notification.id]);
    const second = await ledger.write(async (tx) => ({
      events: await tx.insertEvents([row]),
      notifications: await tx.insertNotifications([{ ...entry, notification: { ...notification, seq: 9 } }]),
    }));
    expect(second.events.size).toBe(0);
    expect(second.notifications.size).toBe(0);
    const [kept] = await ledger.read((tx) => tx.notifications([notification.id]));
    expect(kept?.seq).toBe(0);
  });

  it('keeps the record byte for byte, header order, repeats and nulls included', async () => {
    const ledger = await open();
    const record = aRecord({
      offset: 9_007_199_254_740_993n,
      key: Buffer.from([0, 255, 1]),
      value: Buffer.alloc(0),
      headers: [
        { key: 'a', value: Buffer.from([0, 200]) },
        { key: 'b', value: null },
        { key: 'a', value: Buffer.alloc(0) },
      ],
    });
    const notification = aNotification();
    await ledger.write(async (tx) => {
      await tx.insertEvents([{ identity: identityOf('e-1'), record, receivedAt: noon }]);
      await tx.insertNotifications([{ notification, identity: identityOf('e-1') }]);
    });
    expect(await ledger.read((tx) => tx.eventRecord(notification.id))).toStrictEqual(record);
    const bare = aRecord({ key: null, value: null, headers: [] });
    const other = aNotification({}, 'e-2');
    await ledger.write(async (tx) => {
      await tx.insertEvents([{ identity: identityOf('e-2'), record: bare, receivedAt: noon }]);
      await tx.insertNotifications([{ notification: other, identity: identityOf('e-2') }]);
    });
    expect(await ledger.read((tx) => tx.eventRecord(other.id))).toStrictEqual(bare);
    expect(await ledger.read((tx) => tx.eventRecord('ntf_none'))).toBeNull();
  });

  it('takes the times of records for unknown that were stored before they had to be times', async () => {
    const ledger = await open();
    const notification = aNotification();
    await ledger.write(async (tx) => {
      await tx.insertEvents([
        { identity: identityOf('e-1'), record: aRecord({ timestamp: 2 ** 60 }), receivedAt: noon },
      ]);
      await tx.insertNotifications([{ notification, identity: identityOf('e-1') }]);
    });
    expect((await ledger.read((tx) => tx.eventRecord(notification.id)))?.timestamp).toBe(-1);
    const times = await ledger.write((tx) => tx.eventTimes([identityOf('e-1')]));
    expect(times.get(identityOf('e-1'))).toBe(-1);
  });

  it('moves a position forward only, unless told to reset it', async () => {
    const ledger = await open();
    const far = 9_223_372_036_854_775_806n;
    await ledger.write(async (tx) => {
      await tx.advancePosition('g', 't', 0, 10n);
      await tx.advancePosition('g', 't', 0, 7n);
      await tx.advancePosition('g', 't', 1, far);
      await tx.advancePosition('other', 't', 0, 99n);
      await tx.recordCommits('g', [
        { topic: 't', partition: 0, offset: 8n },
        { topic: 't', partition: 0, offset: 9n },
        { topic: 't', partition: 2, offset: 3n },
      ]);
    });
    expect(await ledger.read((tx) => tx.positions('g'))).toEqual([
      { topic: 't', partition: 0, next: 10n, committed: 9n, topicId: null },
      { topic: 't', partition: 1, next: far, committed: null, topicId: null },
      { topic: 't', partition: 2, next: 3n, committed: 3n, topicId: null },
    ]);
    // An instance that was frozen wakes and writes down what has long been overtaken.
    await ledger.write((tx) => tx.recordCommits('g', [{ topic: 't', partition: 0, offset: 4n }]));
    const first = async () => (await ledger.read((tx) => tx.positions('g')))[0];
    expect(await first()).toEqual({ topic: 't', partition: 0, next: 10n, committed: 9n, topicId: null });
    await ledger.write((tx) => tx.resetPosition('g', 't', 0, 2n, 2n));
    expect(await first()).toEqual({ topic: 't', partition: 0, next: 2n, committed: 2n, topicId: null });
    await ledger.write((tx) => tx.resetPosition('g', 't', 0, 1n, null));
    expect(await first()).toEqual({ topic: 't', partition: 0, next: 1n, committed: null, topicId: null });
    await ledger.write((tx) => tx.recordCommits('g', [{ topic: 't', partition: 0, offset: 1n }]));
    expect(await first()).toEqual({ topic: 't', partition: 0, next: 1n, committed: 1n, topicId: null });
  });

  it('remembers which topic of its name a position belongs to, and when events were written', async () => {
    const ledger = await open();
    await ledger.write(async (tx) => {
      await tx.noteTopicId('g', 't', 0, 'nobody has this position yet');
      await tx.advancePosition('g', 't', 0, 10n);
      await tx.advancePosition('g', 't', 1, 10n);
      await tx.noteTopicId('g', 't', 0, 'a');
      await tx.insertEvents([{ identity: identityOf('e-1'), record: aRecord(), receivedAt: noon }]);
    });
    const positions = await ledger.read((tx) => tx.positions('g'));
    expect(positions.map(({ topicId }) => topicId)).toEqual(['a', null]);
    const times = await ledger.write((tx) => tx.eventTimes([identityOf('e-1'), identityOf('none')]));
    expect([...times]).toEqual([[identityOf('e-1'), noon]]);
  });

  it('remembers the name in the consumer group until it is given up', async () => {
    const ledger = await open();
    expect(await ledger.read((tx) => tx.consumerMember('g'))).toBeNull();
    await ledger.write((tx) => tx.saveConsumerMember('g', 'dingbus-1'));
    await ledger.write((tx) => tx.saveConsumerMember('g', 'dingbus-2'));
    expect(await ledger.read((tx) => tx.consumerMember('g'))).toBe('dingbus-2');
    expect(await ledger.read((tx) => tx.consumerMember('other'))).toBeNull();
    await ledger.write((tx) => tx.saveConsumerMember('g', null));
    expect(await ledger.read((tx) => tx.consumerMember('g'))).toBeNull();
  });

  it('undoes all of a transaction that throws, and nothing of those beside it', async () => {
    const ledger = await open();
    const notifications = ['e-1', 'e-2', 'e-3'].map((id) => aNotification({}, id));
    const outcomes = await Promise.allSettled(
      notifications.map((notification, index) =>
        ledger.write(async (tx) => {
          await insert(tx, [notification]);
          if (index === 1) throw new Error('changed my mind');
          return notification.id;
        }),
      ),
    );
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const ids = notifications.map((notification) => notification.id);
    const kept = await ledger.read((tx) => tx.notifications(ids));
    expect(kept.map((notification) => notification.id)).toEqual([ids[0], ids[2]]);
    expect(await ledger.read((tx) => tx.eventRecord(ids[1] ?? ''))).toBeNull();
  });

  it('counts what has no final result yet', async () => {
    const ledger = await open();
    const [first, second] = await waiting(ledger, 3);
    if (first === undefined || second === undefined) throw new Error('nothing was inserted');
    await ledger.write((tx) =>
      tx.saveNotifications([
        { ...first, state: 'final', finalStatus: 'suppressed' },
        { ...second, state: 'active' },
      ]),
    );
    expect(await ledger.read((tx) => tx.pendingCount())).toBe(2);
  });

  it('takes empty lists for what they are', async () => {
    const ledger = await open();
    await ledger.write(async (tx) => {
      expect((await tx.insertEvents([])).size).toBe(0);
      expect((await tx.insertNotifications([])).size).toBe(0);
      await tx.recordCommits('g', []);
      await tx.saveNotifications([]);
      await tx.leaseNotifications([], noon);
      await tx.insertCalls([]);
      await tx.saveCalls([]);
      await tx.appendOutbox([]);
      await tx.markPublished([], noon);
      await tx.releaseContents([]);
      await tx.releasePolicyClaims([]);
      await tx.rememberSignals([]);
      await tx.saveMobiles([]);
      await tx.saveMedia([]);
      await tx.forgetUserids('default', []);
      expect(await tx.claimContents([], 1)).toEqual([]);
      expect(await tx.lockNotifications([])).toEqual([]);
      expect(await tx.lockCalls([])).toEqual([]);
      expect(await tx.lockCallsOf([])).toEqual([]);
      expect(await tx.mobiles('default', [])).toEqual([]);
      expect(await tx.media('default', [])).toEqual([]);
      expect(await tx.takeSameContent({ app: 'default', now: noon, limit: 9, contentHashes: [] })).toEqual(
        [],
      );
    });
  });

  it('refuses a transaction that is used after its end', async () => {
    const ledger = await open();
    const leaked = await ledger.write((tx) => Promise.resolve(tx));
    await expect(leaked.pendingCount()).rejects.toMatchObject({ code: 'ledger_misuse' });
  });

  it('takes keys of any length and content', async () => {
    const ledger = await open();
    const long = 'x'.repeat(100_000);
    const notification = aNotification({ policies: { correlation: `${long}a` } });
    await ledger.write(async (tx) => {
      await insert(tx, [notification]);
      const claim = { route: 'r', notificationId: 'n1', until: noon + 10 };
      expect(await tx.claimDedupe({ ...claim, key: `${long}a` }, noon)).toBe('n1');
      expect(await tx.claimDedupe({ ...claim, key: `${long}b`, notificationId: 'n2' }, noon)).toBe('n2');
      expect(await tx.claimDedupe({ ...claim, key: 'nul \0', notificationId: 'n3' }, noon)).toBe('n3');
      expect(await tx.correlated('refund', `${long}a`, 0)).toEqual([notification.id]);
      expect(await tx.correlated('refund', `${long}b`, 0)).toEqual([]);
    });
  });
}
