import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { admitBatch } from '../../../src/intake/admit-batch.ts';
import type { PlannedEvent } from '../../../src/intake/planned-event.ts';
import { createDigestLoop } from '../../../src/intake/digests.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { EventDecoder } from '../../../src/events/outcome.ts';
import type { IntakeRules } from '../../../src/intake/intake-types.ts';
import { redrive, type RedriveParts } from '../../../src/intake/redrive.ts';
import type { DeadLetter } from '../../../src/model/dead-letter.ts';
import type { Event } from '../../../src/model/event.ts';
import type { RawRecord } from '../../../src/model/record.ts';
import type { Plan, PlannedNotification, Signal } from '../../../src/model/plan.ts';
import type { Result } from '../../../src/model/result.ts';
import { aPlanned, aRecord, anEvent, noon, only } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

const clock = new FakeClock(noon);
let temp: TempLedger;
let ledger: Ledger;

beforeEach(async () => {
  temp = new TempLedger(clock);
  ledger = await temp.open();
});

afterEach(async () => {
  await temp.dispose();
});

let offset = 0n;

function planned(id: string, notifications: PlannedNotification[], signals: Signal[] = []): PlannedEvent {
  const event = anEvent(id, { id });
  return {
    record: aRecord({ offset: (offset += 1n) }),
    event,
    plan: { notifications, signals, configHash: 'c0ffee' },
  };
}

async function take(...events: PlannedEvent[]): Promise<void> {
  const batch = {
    group: 'g',
    topic: 'shop.orders',
    partition: 0,
    next: offset + 1n,
    events,
    deadLetters: [],
    redrive: false,
  };
  await ledger.write((tx) => admitBatch(tx, batch, clock.now()));
}

async function results(): Promise<Result[]> {
  const rows = await ledger.write((tx) => tx.takeOutbox(1000));
  return rows.flatMap((row) => (row.kind === 'result' ? [row.result] : []));
}

async function due(): Promise<number> {
  return (await ledger.write((tx) => tx.takeDue({ app: 'default', now: clock.now(), limit: 1000 }))).length;
}

describe('identity', () => {
  it('lets a duplicate, in the same batch, a later one or after a restart, make nothing', async () => {
    await take(planned('e-1', [aPlanned()]), planned('e-1', [aPlanned()]));
    await take(planned('e-1', [aPlanned()]));
    ledger = await temp.open();
    await take(planned('e-1', [aPlanned()]));
    expect(await ledger.read((tx) => tx.pendingCount())).toBe(1);
    expect(await results()).toEqual([]);
  });

  it('tells records of a topic that was created anew from redelivered ones of the same place', async () => {
    const at = (timestamp: number): PlannedEvent => {
      const record = aRecord({ offset: 5n, timestamp });
      const event = anEvent('0/5', {});
      return { record, event, plan: { notifications: [aPlanned()], signals: [], configHash: 'c0ffee' } };
    };
    await take(at(noon));
    await take(at(noon));
    expect(await due()).toBe(1);
    await take(at(noon + 1));
    await take(at(noon + 1), at(noon));
    const ids = (await ledger.write((tx) => tx.takeDue({ app: 'default', now: clock.now(), limit: 10 }))).map(
      ({ event }) => event.id,
    );
    expect(ids.toSorted()).toEqual(['0/5', `0/5@${noon + 1}`]);
  });

  it('moves the position with the notifications, in one transaction', async () => {
    await take(planned('e-1', [aPlanned()]));
    const [position] = await ledger.read((tx) => tx.positions('g'));
    expect(position).toMatchObject({ topic: 'shop.orders', partition: 0, next: offset + 1n });
  });
});

describe('policies', () => {
  it('dedupe holds for its window from the first admitted one, and survives a restart', async () => {
    const policies = { dedupe: { key: 'order-1', windowMs: 60_000 } };
    await take(planned('e-1', [aPlanned({ policies })]));
    ledger = await temp.open();
    clock.set(noon + 59_999);
    await take(planned('e-2', [aPlanned({ policies })]));
    const told = only(await results());
    expect(told).toMatchObject({ status: 'suppressed', reason: 'dedupe_window', final: true });
    expect(told.related).toMatch(/^ntf_/);
    clock.set(noon + 60_000);
    await take(planned('e-3', [aPlanned({ policies })]));
    expect(await results()).toHaveLength(1);
    clock.set(noon);
  });

  it('throttle counts admitted ones in a sliding window; suppressed ones never count', async () => {
    const policies = { throttle: { key: 'team', limit: 2, windowMs: 10_000 } };
    for (const [index, at] of [0, 1_000, 2_000, 3_000, 10_001].entries()) {
      clock.set(noon + at);
      await take(planned(`e-${index}`, [aPlanned({ policies, text: `t${index}` })]));
    }
    const told = await results();
    expect(told.map((each) => each.reason)).toEqual(['throttled', 'throttled']);
    expect(await due()).toBe(3);
    clock.set(noon);
  });

  it('what a later policy suppresses holds no window of an earlier one', async () => {
    const dedupe = { key: 'order-1', windowMs: 3_600_000 };
    const throttle = { key: 'team', limit: 1, windowMs: 60_000 };
    await take(planned('e-1', [aPlanned({ policies: { throttle } })]));
    // Throttled, so nobody was told of order-1; nor does a night in which all is dropped count.
    await take(planned('e-2', [aPlanned({ policies: { dedupe, throttle } })]));
    clock.set(noon + 60_000);
    const quiet = { until: noon + 90_000, action: 'drop' as const };
    await take(planned('e-3', [aPlanned({ policies: { dedupe, throttle, quiet } })]));
    await take(planned('e-4', [aPlanned({ policies: { dedupe, throttle } })]));
    expect((await results()).map((each) => each.reason)).toEqual(['throttled', 'quiet_hours']);
    expect(await due()).toBe(2);
    clock.set(noon);
  });

  it('a notification that is cancelled before it was sent gives its windows back', async () => {
    const policies = {
      dedupe: { key: 'order-1', windowMs: 60_000 },
      throttle: { key: 'team', limit: 1, windowMs: 60_000 },
      correlation: 'order-1',
      mergeable: false,
    };
    const cancel = { kind: 'recall', route: 'refund', correlation: 'order-1' } as const;
    await take(planned('e-1', [aPlanned({ policies })]));
    await take(planned('e-2', [], [{ ...cancel, statusValue: null, statusBg: null }]));
    await take(planned('e-3', [aPlanned({ policies })]));
    expect((await results()).map((each) => each.reason)).toEqual(['cancelled']);
    expect(await due()).toBe(1);
  });

  it('quiet hours put off and tell until when, or drop', async () => {
    const until = noon + 3_600_000;
    await take(planned('e-1', [aPlanned({ policies: { quiet: { until, action: 'defer' } } })]));
    await take(planned('e-2', [aPlanned({ policies: { quiet: { until, action: 'drop' } } })]));
    expect(await results()).toMatchObject([
      { status: 'deferred', reason: 'quiet_hours', deferredUntil: until, final: false },
      { status: 'suppressed', reason: 'quiet_hours', final: true },
    ]);
    expect(await due()).toBe(0);
    clock.set(until);
    expect(await due()).toBe(1);
    clock.set(noon);
  });

  it('expired, empty and too large audiences end at once, in this order before all else', async () => {
    await take(
      planned('e-1', [aPlanned({ policies: { expiresAt: noon }, audience: { userids: [] } })]),
      planned('e-2', [aPlanned({ audience: { userids: [] } })]),
      planned('e-3', [aPlanned({ people: 1001 })]),
      planned('e-4', [aPlanned({ people: 5000, audience: { everyone: true } })]),
    );
    expect((await results()).map((each) => each.reason)).toEqual([
      'expired',
      'empty_audience',
      'audience_too_large',
    ]);
    expect(await due()).toBe(1);
  });

  it('a failed plan ends failed with a dead letter, and the event’s other notifications go on', async () => {
    const failure = { reason: 'expression_error', stage: 'match', message: 'when: no such field' } as const;
    await take(planned('e-1', [aPlanned({ failure, message: null }), aPlanned({ route: 'other' })]));
    const rows = await ledger.write((tx) => tx.takeOutbox(10));
    expect(rows).toMatchObject([
      { kind: 'result', result: { status: 'failed', reason: 'expression_error', error: { class: 'match' } } },
      { kind: 'dead_letter', deadLetter: { stage: 'match', reason: 'expression_error', route: 'refund' } },
    ]);
    expect(await due()).toBe(1);
  });
});

describe('digests', () => {
  const policies = { digest: { key: 'team', windowMs: 60_000, max: 3 } };
  const member = (id: string): PlannedEvent =>
    planned(id, [aPlanned({ policies, message: null, digestItem: anEvent(id, { id, big: 2n ** 60n }) })]);

  function loop(seen: unknown[][], plan: (route: string) => PlannedNotification | null = fine) {
    return createDigestLoop({
      ledger,
      clock,
      logger: silentLogger,
      planDigest: (route, _key, members) => {
        seen.push(members.map((each) => each.data));
        return { planned: plan(route), configHash: 'later' };
      },
      onPlanned: () => undefined,
    });
  }
  const fine = (route: string): PlannedNotification => aPlanned({ route, text: 'a digest' });

  async function closedBy(plan: (route: string) => PlannedNotification | null) {
    const dedupe = { key: 'order', windowMs: 600_000 };
    const first = member('e-1');
    const [only] = first.plan.notifications;
    if (only === undefined) throw new Error('a member has no notification');
    const withDedupe = { ...only, policies: { ...only.policies, dedupe } };
    await take({ ...first, plan: { ...first.plan, notifications: [withDedupe] } }, member('e-2'));
    const seen: unknown[][] = [];
    const digests = loop(seen, plan);
    digests.start();
    await clock.advance(61_000);
    await expect.poll(() => seen.length).toBe(1);
    await digests.stop();
    clock.set(noon);
    const rows = await ledger.write((tx) => tx.takeOutbox(100));
    const results = rows.flatMap((row) => (row.kind === 'result' ? [row.result] : []));
    const letters = rows.flatMap((row) => (row.kind === 'dead_letter' ? [row.deadLetter] : []));
    const claimed = await ledger.write((tx) =>
      tx.claimDedupe(
        { route: 'refund', key: 'order', notificationId: 'ntf_later', until: noon + 9 },
        noon + 1,
      ),
    );
    return { results, letters, claimed };
  }

  it('end failed, once, when a reload has taken their route away: told, and every event kept', async () => {
    const { results, letters, claimed } = await closedBy(() => null);
    expect(results.map((each) => [each.status, each.reason, each.final])).toEqual([
      ['suppressed', 'digested', true],
      ['suppressed', 'digested', true],
      ['failed', 'configuration', true],
    ]);
    const [member, , digest] = results;
    expect(digest).toMatchObject({
      notificationId: member?.related,
      configHash: 'later',
      digestSize: 2,
      app: 'default',
      agentId: 4417001,
      recipients: [{ userid: 'u1', status: 'failed', reason: 'configuration' }],
      error: { class: 'match' },
    });
    expect(letters).toMatchObject([
      { reason: 'configuration', stage: 'match', route: 'refund', notificationId: digest?.notificationId },
      { reason: 'configuration', stage: 'match', route: 'refund', notificationId: digest?.notificationId },
    ]);
    expect(letters.map((each) => each.record.value?.toString())).toEqual(['{}', '{}']);
    expect(new Set(letters.map((each) => each.id)).size).toBe(2);
    expect(claimed).toBe('ntf_later');
    expect(await ledger.read((tx) => tx.nextDigest())).toBeNull();
  });

  it.each<[string, string, (route: string) => PlannedNotification]>([
    [
      'quiet hours drop',
      'quiet_hours',
      (route) => aPlanned({ route, policies: { quiet: { action: 'drop', until: noon + 9_000_000 } } }),
    ],
    ['nobody is to get', 'empty_audience', (route) => aPlanned({ route, audience: {}, people: 0 })],
  ])(
    'that %s count in no window of their members: the next event with the key is sent',
    async (_, reason, plan) => {
      const { results, claimed } = await closedBy(plan);
      expect(results.at(-1)).toMatchObject({ reason, final: true, digestSize: 2 });
      expect(claimed).toBe('ntf_later');
    },
  );

  it('gather anew what is redriven after they failed, as the same events of one digest', async () => {
    const { results, letters } = await closedBy(() => null);
    const digest = results.find((each) => each.status === 'failed');
    const ids = new Map(letters.map((letter, index) => [letter.record, `e-${index + 1}`]));
    const parts = {
      ledger,
      clock,
      decoder: {
        decode: (record: RawRecord) => ({
          kind: 'events' as const,
          events: [anEvent(ids.get(record), { id: ids.get(record) })],
        }),
      } as unknown as EventDecoder,
      rules: () =>
        ({
          reading: () => ({ format: 'auto', identity: null }),
          planRoute: (_route: string, event: Event) => ({
            notifications: [aPlanned({ policies, message: null, digestItem: event })],
            signals: [],
            configHash: 'mended',
          }),
        }) as unknown as IntakeRules,
    };
    for (const letter of letters) expect((await redrive(parts, letter)).kind).toBe('redriven');
    for (const letter of letters) expect((await redrive(parts, letter)).kind).toBe('known');
    const seen: unknown[][] = [];
    const digests = loop(seen);
    digests.start();
    await clock.advance(61_000);
    await expect.poll(() => seen).toEqual([[{ id: 'e-1' }, { id: 'e-2' }]]);
    await digests.stop();
    clock.set(noon);
    const rows = await ledger.write((tx) => tx.takeOutbox(100));
    const again = rows.flatMap((row) => (row.kind === 'result' ? [row.result] : [])).slice(results.length);
    expect(again.map((each) => each.reason)).toEqual(['digested', 'digested']);
    expect(again.map((each) => each.related)).not.toContain(digest?.notificationId);
    // Their window has been taken: what was redriven before must not open another one.
    for (const letter of letters) expect((await redrive(parts, letter)).kind).toBe('known');
    expect(await ledger.read((tx) => tx.nextDigest())).toBeNull();
  });

  it('end failed when their template has come to break, and each event can be tried again', async () => {
    const failure = { reason: 'template_error', stage: 'render', message: 'no such filter' } as const;
    const broken = (route: string): PlannedNotification => aPlanned({ route, failure, message: null });
    const { results, letters, claimed } = await closedBy(broken);
    expect(results.map((each) => each.reason)).toEqual(['digested', 'digested', 'template_error']);
    expect(letters.map((each) => [each.stage, each.reason])).toEqual([
      ['render', 'template_error'],
      ['render', 'template_error'],
    ]);
    expect(new Set(letters.map((each) => each.record.offset)).size).toBe(2);
    expect(claimed).toBe('ntf_later');
  });

  it('gather members, tell them so, and become one notification when the window closes, over a restart', async () => {
    await take(member('e-1'), member('e-2'));
    const told = await results();
    expect(told.map((each) => each.reason)).toEqual(['digested', 'digested']);
    ledger = await temp.open();
    const seen: unknown[][] = [];
    const digests = loop(seen);
    digests.start();
    await clock.advance(59_000);
    expect(seen).toEqual([]);
    await clock.advance(2_000);
    await expect
      .poll(() => seen)
      .toEqual([
        [
          { id: 'e-1', big: 2n ** 60n },
          { id: 'e-2', big: 2n ** 60n },
        ],
      ]);
    await digests.stop();
    const [notification] = await ledger.read((tx) => tx.notifications([told[0]?.related ?? '']));
    expect(notification).toMatchObject({ digestSize: 2, state: 'waiting', event: { id: 'e-1' } });
    clock.set(noon);
  });

  it('go out when their window ends, though it was opened after the loop had last looked', async () => {
    const seen: unknown[][] = [];
    const digests = loop(seen);
    digests.start();
    await clock.advance(100);
    const short = { digest: { ...policies.digest, windowMs: 10_000 } };
    await take(planned('e-1', [aPlanned({ policies: short, message: null, digestItem: anEvent('e-1') })]));
    await clock.advance(9_000);
    expect(seen).toEqual([]);
    await clock.advance(1_000);
    await expect.poll(() => seen.length).toBe(1);
    await digests.stop();
    clock.set(noon);
  });

  it('go out at once when they are full, whenever the loop had meant to look', async () => {
    const seen: unknown[][] = [];
    const digests = loop(seen);
    digests.start();
    await clock.advance(100);
    await take(member('e-1'), member('e-2'), member('e-3'));
    await expect.poll(() => seen.map((each) => each.length)).toEqual([3]);
    await digests.stop();
    clock.set(noon);
  });

  it('close early when full', async () => {
    await take(member('e-1'), member('e-2'), member('e-3'), member('e-4'));
    const seen: unknown[][] = [];
    const digests = loop(seen);
    digests.start();
    await expect.poll(() => seen.map((each) => each.length)).toEqual([3]);
    await digests.stop();
  });
});

describe('a redrive', () => {
  const letter: DeadLetter = {
    id: 'dlq_1',
    record: aRecord(),
    stage: 'render',
    reason: 'template_error',
    message: 'no such field',
    exceptionClass: 'dingbus.RuleError',
    route: 'refund',
    notificationId: 'ntf_old',
  };
  const partsWith = (planRoute: (event: Event) => Partial<Plan>): RedriveParts => ({
    ledger,
    clock,
    decoder: {
      decode: () => ({ kind: 'events', events: [anEvent('e-1')] }),
    } as unknown as EventDecoder,
    rules: () =>
      ({
        reading: () => ({ format: 'auto', identity: null }),
        planRoute: (_route: string, event: Event) => ({
          signals: [],
          configHash: 'mended',
          ...planRoute(event),
        }),
      }) as unknown as IntakeRules,
  });

  it('that was made before takes no place in the windows of dedupe and throttle', async () => {
    const policies = {
      dedupe: { key: 'order-1', windowMs: 60_000 },
      throttle: { key: 'team', limit: 1, windowMs: 60_000 },
    };
    const parts = partsWith(() => ({ notifications: [aPlanned({ policies })] }));
    expect((await redrive(parts, letter)).kind).toBe('redriven');
    clock.set(noon + 120_000);
    expect((await redrive(parts, letter)).kind).toBe('known');
    await take(planned('e-9', [aPlanned({ policies, text: 'other' })]));
    expect(await results()).toEqual([]);
    clock.set(noon);
  });
});

describe('signals', () => {
  const policies = { correlation: 'order-1', mergeable: false };
  const cancel: Signal = {
    kind: 'recall',
    route: 'refund',
    correlation: 'order-1',
    statusValue: null,
    statusBg: null,
  };

  it('cancel what waits', async () => {
    await take(planned('e-1', [aPlanned({ policies })]));
    await take(planned('e-2', [], [cancel]));
    expect(only(await results())).toMatchObject({ status: 'suppressed', reason: 'cancelled', final: true });
    expect(await due()).toBe(0);
  });

  it('cancel what has waited for days', async () => {
    await take(planned('e-1', [aPlanned({ policies })]));
    clock.set(noon + 5 * 24 * 3_600_000);
    await take(planned('e-2', [], [cancel]));
    expect(only(await results())).toMatchObject({ status: 'suppressed', reason: 'cancelled', final: true });
    clock.set(noon);
  });

  it('that overtake their notification are remembered', async () => {
    await take(planned('e-2', [], [cancel]));
    await take(planned('e-1', [aPlanned({ policies })]));
    const [taken] = await ledger.write((tx) => tx.takeDue({ app: 'default', now: noon, limit: 1 }));
    expect(taken?.signals.recall).toBe(true);
  });

  it('that overtake it by more than a day are forgotten', async () => {
    await take(planned('e-2', [], [cancel]));
    clock.set(noon + 24 * 3_600_000 + 1);
    await take(planned('e-1', [aPlanned({ policies })]));
    const [taken] = await ledger.write((tx) => tx.takeDue({ app: 'default', now: clock.now(), limit: 1 }));
    expect(taken?.signals.recall).toBe(false);
    clock.set(noon);
  });

  it('that found what they meant do not touch what comes later', async () => {
    await take(planned('e-1', [aPlanned({ policies })]));
    await take(planned('e-2', [], [cancel]));
    await take(planned('e-3', [aPlanned({ policies })]));
    const [taken] = await ledger.write((tx) => tx.takeDue({ app: 'default', now: noon, limit: 1 }));
    expect(taken?.signals.recall).toBe(false);
  });

  it('that found only what had failed are remembered for its redrive', async () => {
    const failure = { reason: 'template_error', stage: 'render', message: 'no such field' } as const;
    await take(planned('e-1', [aPlanned({ policies, failure, message: null })]));
    await take(planned('e-2', [], [cancel]));
    await take(planned('e-3', [aPlanned({ policies })]));
    const [taken] = await ledger.write((tx) => tx.takeDue({ app: 'default', now: noon, limit: 1 }));
    expect(taken?.signals.recall).toBe(true);
  });
});
