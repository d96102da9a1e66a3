import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCalls, type StartContext, type Started } from '../../../src/delivery/start-calls.ts';
import { withMedia } from '../../../src/delivery/media.ts';
import { dingtalkDay, nextDingtalkDay, nextDingtalkMonth } from '../../../src/base/dingtalk-day.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { newNotification } from '../../../src/ledger/lifecycle/admit.ts';
import { giveBack } from '../../../src/delivery/reserve.ts';
import type { CallError } from '../../../src/dingtalk/outcomes.ts';
import { accepted, outcomeUnknown, postponed, rejected } from '../../../src/ledger/lifecycle/answers.ts';
import { resultSeen } from '../../../src/ledger/lifecycle/outcomes.ts';
import { saveCallSteps, saveSteps } from '../../../src/ledger/lifecycle/save.ts';
import { signalled } from '../../../src/ledger/lifecycle/signals.ts';
import type { Call } from '../../../src/model/call.ts';
import type { Result } from '../../../src/model/result.ts';
import { aPlanned, anEvent, anOrigin, mobile, noon, only } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

let clock: FakeClock;
let temp: TempLedger;
let ledger: Ledger;

beforeEach(async () => {
  clock = new FakeClock(noon);
  temp = new TempLedger(clock);
  ledger = await temp.open();
});

afterEach(async () => {
  await temp.dispose();
});

async function plan(id: string, overrides: Parameters<typeof aPlanned>[0] = {}): Promise<string> {
  const notification = newNotification(aPlanned(overrides), anOrigin(anEvent(id)), clock.now());
  await ledger.write(async (tx) => {
    await tx.insertEvents([{ identity: id, record: anOrigin().record, receivedAt: clock.now() }]);
    await tx.insertNotifications([{ notification, identity: id }]);
  });
  return notification.id;
}

async function start(overrides: Partial<StartContext> = {}): Promise<Started> {
  let free = 100;
  return ledger.write((tx) =>
    startCalls(tx, {
      app: 'default',
      clock,
      slots: { take: () => free-- > 0, giveBack: () => (free += 1) },
      limit: 50,
      maxUserids: 100,
      maxUseridsWithStatusBar: 5,
      sizes: { departments: 20, people: 5000, departmentSize: () => 50, companySize: 1000 },
      quotas: { perUserPerDay: 500, broadcastsPerDay: 3, callsPerMonth: null },
      mobileTtlMs: 86_400_000,
      unknownMobileTtlMs: 600_000,
      prepareLeaseMs: 60_000,
      mediaBody: (reader, body) => withMedia(reader, 'default', body, () => undefined),
      ...overrides,
    }),
  );
}

async function results(): Promise<Result[]> {
  const rows = await ledger.write((tx) => tx.takeOutbox(1000));
  return rows.flatMap((row) => (row.kind === 'result' ? [row.result] : []));
}

async function answer(call: Call, step: typeof accepted | typeof rejected): Promise<void> {
  await ledger.write(async (tx) => {
    const notifications = await tx.lockNotifications(call.members.map((member) => member.notificationId));
    const members = new Map(notifications.map((each) => [each.id, each]));
    const outcome =
      step === accepted
        ? accepted(call, members, '1', clock.now(), clock.now())
        : rejected(call, members, { code: '34016', message: '', class: 'message' }, clock.now());
    await saveCallSteps(tx, [outcome]);
  });
}

describe('starting calls', () => {
  it('persists the intent before anybody may call', async () => {
    await plan('e-1');
    const call = only((await start()).calls);
    expect(only(await ledger.read((tx) => tx.calls([call.id])))).toMatchObject({
      state: 'sending',
      attempts: 1,
      day: dingtalkDay(noon),
    });
    expect((await start()).calls).toEqual([]);
  });

  it('leaves alone what a person has stopped, across a restart, and takes it when that is over', async () => {
    const pause = (subject: string, until: number | null = null) =>
      ledger.write((tx) =>
        tx.setHold({ subject, reason: 'paused', detail: null, since: clock.now(), until }),
      );
    const routesOf = async (): Promise<string[]> => {
      const { calls } = await start();
      const ids = calls.flatMap((call) => call.members.map((member) => member.notificationId));
      return (await ledger.read((tx) => tx.notifications(ids))).map(({ route }) => route);
    };
    await plan('e-1', { route: 'noisy', text: 'same', audience: { userids: ['u9'] } });
    await pause('route:noisy');
    await plan('e-2', { route: 'calm', text: 'same' });
    ledger = await temp.open();
    expect(await routesOf()).toEqual(['calm']);
    await plan('e-3', { route: 'calm', text: 'other' });
    await pause('*');
    expect(await start()).toMatchObject({ calls: [], stops: { all: true } });
    await ledger.write((tx) => tx.clearHold('*'));
    await pause('default', noon + 1_000);
    expect(await start()).toMatchObject({ calls: [], stops: { all: true, until: noon + 1_000 } });
    clock.set(noon + 1_000);
    expect(await routesOf()).toEqual(['calm']);
    await pause('another-app');
    await ledger.write((tx) => tx.clearHold('route:noisy'));
    expect(await routesOf()).toEqual(['noisy']);
  });

  it('cuts at 100 userids and 20 departments, users first', async () => {
    const userids = Array.from({ length: 101 }, (_, index) => `u${index}`);
    const deptIds = Array.from({ length: 21 }, (_, index) => index + 1);
    await plan('e-1', { audience: { userids, deptIds } });
    const { calls } = await start();
    expect(calls.map((call) => [call.kind, call.people])).toEqual([
      ['users', 100],
      ['users', 1],
      ['departments', 1000],
      ['departments', 50],
    ]);
  });

  it('sends a message with a status bar to five people a call', async () => {
    const userids = Array.from({ length: 6 }, (_, index) => `u${index}`);
    const { message } = aPlanned();
    if (message === null) throw new Error('a message expected');
    await plan('e-1', { audience: { userids }, message: { ...message, statusBar: true } });
    expect((await start()).calls.map((call) => call.people)).toEqual([5, 1]);
  });

  it('takes no more than there are slots; the rest waits and goes first next time', async () => {
    for (let index = 0; index < 5; index += 1) await plan(`e-${index}`, { text: `t${index}` });
    let free = 2;
    const slots = { take: () => free-- > 0, giveBack: () => undefined };
    expect((await start({ slots })).calls).toHaveLength(2);
    expect((await start()).calls).toHaveLength(3);
  });

  it('high priority goes first', async () => {
    await plan('e-1', { text: 'slow' });
    await plan('e-2', { text: 'fast', policies: { priority: 'high' } });
    const [first] = (await start({ limit: 1 })).calls;
    expect(first?.body).toContain('fast');
  });
});

describe('merging', () => {
  it('joins byte-identical messages that are due together, each notification with its own people', async () => {
    for (let index = 0; index < 150; index += 1)
      await plan(`e-${index}`, { audience: { userids: [`u${index}`] } });
    const { calls } = await start();
    expect(calls.map((call) => call.people)).toEqual([100, 50]);
    expect(new Set(calls.flatMap((call) => call.members.map((each) => each.notificationId))).size).toBe(150);
  });

  it('joins only what its routes want treated alike when a limit is reached', async () => {
    await plan('e-1', { audience: { userids: ['u1'] }, policies: { overLimit: 'drop' } });
    await plan('e-2', { audience: { userids: ['u2'] }, policies: { overLimit: 'defer' } });
    const quotas = { perUserPerDay: 500, broadcastsPerDay: 3, callsPerMonth: 0 };
    expect((await start({ quotas })).calls).toEqual([]);
    expect((await results()).map(({ status, reason }) => [status, reason])).toEqual([
      ['suppressed', 'monthly_budget'],
      ['deferred', 'limit'],
    ]);
  });

  it('checks the limits of those who join a call that has its reservations', async () => {
    const first = await plan('e-1', { audience: { userids: ['u1'] } });
    const sent = only((await start()).calls);
    // DingTalk says that u1 failed: they are sent to again, under the reservation that they have.
    await ledger.write(async (tx) => {
      const members = new Map((await tx.lockNotifications([first])).map((each) => [each.id, each]));
      const taken = accepted(sent, members, '1', clock.now(), clock.now());
      await saveCallSteps(tx, [taken]);
      const after = new Map(taken.steps.map((each) => [each.notification.id, each.notification]));
      const lists = { read: [], unread: [], invalid: [], forbidden: [], invalidDepts: [] };
      const follow = { nextAt: null, nextDay: 0 };
      await saveCallSteps(tx, [
        resultSeen(taken.call, after, { ...lists, failed: ['u1'] }, follow, clock.now()),
      ]);
    });
    await plan('e-2', { audience: { userids: ['u1', 'u2'] } });
    const joined = only((await start()).calls);
    expect(joined.members.map((member) => member.userids)).toEqual([['u1'], ['u2']]);
    await plan('e-3', { audience: { userids: ['u2'] } });
    expect((await start()).calls).toEqual([]);
  });

  it('leaves out of a shared call that waits whoever is cancelled or has expired, and only them', async () => {
    const ids: string[] = [];
    for (const id of ['e-1', 'e-2', 'e-3']) {
      const expiresAt = id === 'e-3' ? noon + 5_000 : null;
      ids.push(await plan(id, { audience: { userids: [id] }, policies: { expiresAt } }));
    }
    const call = only((await start()).calls);
    await ledger.write(async (tx) => {
      const members = new Map((await tx.lockNotifications(ids)).map((each) => [each.id, each]));
      await saveCallSteps(tx, [postponed(call, members, noon + 10_000, null, noon)]);
      const [cancelled] = await tx.lockNotifications(ids.slice(0, 1));
      if (cancelled === undefined) throw new Error('planned above');
      const recall = { kind: 'recall', statusValue: null, statusBg: null } as const;
      const changed = signalled(cancelled, await tx.lockCallsOf([cancelled.id]), recall, noon);
      await tx.saveCalls(changed.calls);
      await saveSteps(tx, [changed.step]);
    });
    clock.set(noon + 10_000);
    expect(only((await start()).calls)).toMatchObject({ people: 1, members: [{ userids: ['e-2'] }] });
    const finals = (await results()).filter((each) => each.final);
    expect(finals.map((each) => each.reason)).toEqual(['cancelled', 'expired']);
    // The place of whoever was left out is free again.
    await plan('e-4', { audience: { userids: ['e-1'] } });
    expect((await start()).calls).toHaveLength(1);
  });

  it('never joins messages with a status bar', async () => {
    const { message } = aPlanned();
    if (message === null) throw new Error('a message expected');
    for (const id of ['e-1', 'e-2'])
      await plan(id, { audience: { userids: [id] }, message: { ...message, statusBar: true } });
    expect((await start()).calls).toHaveLength(2);
  });

  it('gives a person who is in two of the joined ones to the first; the other is told why', async () => {
    const first = await plan('e-1', { audience: { userids: ['u1', 'u2'] } });
    await plan('e-2', { audience: { userids: ['u1', 'u3'] } });
    const call = only((await start()).calls);
    expect(call.members.map((member) => member.userids)).toEqual([['u1', 'u2'], ['u3']]);
    await plan('e-3', { audience: { userids: ['u1'] } });
    await start();
    expect(only(await results())).toMatchObject({ reason: 'same_content_today', related: first });
  });

  it('never joins what may be recalled', async () => {
    for (const id of ['e-1', 'e-2'])
      await plan(id, { audience: { userids: [id] }, policies: { mergeable: false } });
    expect((await start()).calls).toHaveLength(2);
  });
});

describe('limits', () => {
  it('a fourth broadcast of the day is suppressed, over a restart; the next day has three again', async () => {
    for (let index = 0; index < 4; index += 1) {
      await plan(`e-${index}`, { text: `t${index}`, audience: { userids: [], everyone: true } });
      await start();
      ledger = await temp.open();
    }
    expect(only(await results())).toMatchObject({
      status: 'suppressed',
      reason: 'broadcast_daily_cap',
      final: true,
    });
    clock.set(nextDingtalkDay(noon));
    await plan('e-9', { text: 't9', audience: { userids: [], everyone: true } });
    expect((await start()).calls).toHaveLength(1);
  });

  it('the same broadcast twice a day is suppressed, and uses up no place; a refused one may come again', async () => {
    const everyone = { audience: { userids: [], everyone: true } };
    const first = await plan('e-1', { text: 'same', ...everyone });
    const sent = only((await start()).calls);
    await plan('e-2', { text: 'same', ...everyone });
    expect((await start()).calls).toEqual([]);
    const told = { status: 'suppressed', reason: 'same_content_today', related: first, final: true };
    expect(only(await results())).toMatchObject(told);
    const period = dingtalkDay(noon);
    const used = () => ledger.read((tx) => tx.counter({ app: 'default', scope: 'broadcasts', period }));
    expect(await used()).toBe(1);
    const refused = { class: 'message', httpStatus: 200, provesNothingSent: true } as CallError;
    await ledger.write((tx) => giveBack(tx, sent, new Map(), refused, noon));
    await plan('e-3', { text: 'same', ...everyone });
    expect((await start()).calls).toHaveLength(1);
  });

  it('defer puts a fourth broadcast off to the next day', async () => {
    const policies = { overLimit: 'defer' } as const;
    for (let index = 0; index < 4; index += 1) {
      await plan(`e-${index}`, { text: `t${index}`, audience: { userids: [], everyone: true }, policies });
    }
    expect((await start()).calls).toHaveLength(3);
    const until = nextDingtalkDay(noon);
    expect(only(await results())).toMatchObject({
      status: 'deferred',
      reason: 'limit',
      deferredUntil: until,
    });
    expect(await ledger.read((tx) => tx.nextDue('default'))).toBe(until);
    clock.set(until);
    expect((await start()).calls).toHaveLength(1);
  });

  it('the same content reaches a person once a day; only that person is left out', async () => {
    const first = await plan('e-1', { audience: { userids: ['u1'] } });
    await start();
    await plan('e-2', { audience: { userids: ['u1', 'u2'] } });
    const call = only((await start()).calls);
    expect(only(call.members).userids).toEqual(['u2']);
    await plan('e-3', { audience: { userids: ['u1'] } });
    expect((await start()).calls).toEqual([]);
    expect(only(await results())).toMatchObject({
      status: 'suppressed',
      reason: 'same_content_today',
      related: first,
      recipients: [{ userid: 'u1', status: 'suppressed', reason: 'same_content_today' }],
    });
    clock.set(nextDingtalkDay(noon));
    await plan('e-4', { audience: { userids: ['u1'] } });
    expect((await start()).calls).toHaveLength(1);
  });

  it('a definite refusal gives the person’s place back', async () => {
    await plan('e-1');
    await answer(only((await start()).calls), rejected);
    await plan('e-2');
    expect((await start()).calls).toHaveLength(1);
  });

  it('500 a day a person, then dropped or put off for that person alone', async () => {
    const quotas = { perUserPerDay: 2, broadcastsPerDay: 3, callsPerMonth: null };
    for (let index = 0; index < 2; index += 1) await plan(`e-${index}`, { text: `t${index}` });
    await start({ quotas });
    await plan('e-7', { text: 't7', audience: { userids: ['u1', 'u2'] }, policies: { overLimit: 'defer' } });
    const { calls } = await start({ quotas });
    expect(only(only(calls).members).userids).toEqual(['u2']);
    expect(only(await results())).toMatchObject({ status: 'deferred', reason: 'limit' });
    clock.set(nextDingtalkDay(noon));
    expect(only(only((await start({ quotas })).calls).members).userids).toEqual(['u1']);
  });

  it('a repeat that the month’s calls do not allow stays unknown, and keeps the person’s place', async () => {
    const id = await plan('e-1');
    const call = only((await start()).calls);
    await ledger.write(async (tx) => {
      const members = new Map((await tx.lockNotifications([id])).map((each) => [each.id, each]));
      const why = { reason: 'no_answer', error: null } as const;
      await saveCallSteps(tx, [outcomeUnknown(call, members, why, noon, () => 0)]);
    });
    clock.set(noon + 60_000);
    const quotas = { perUserPerDay: 500, broadcastsPerDay: 3, callsPerMonth: 1 };
    expect((await start({ quotas })).calls).toEqual([]);
    expect(only((await results()).filter((each) => each.final)).status).toBe('unknown');
    await plan('e-2');
    expect((await start()).calls).toEqual([]);
    expect((await results()).at(-1)?.reason).toBe('same_content_today');
  });

  it('a call that was free is given back to the month in which it was counted', async () => {
    clock.set(nextDingtalkMonth(noon) - 500);
    await plan('e-1');
    const call = only((await start()).calls);
    clock.set(nextDingtalkMonth(noon) + 500);
    const full = { class: 'retry_after', httpStatus: 200, provesNothingSent: true } as CallError;
    await ledger.write((tx) => giveBack(tx, call, new Map(), full, clock.now()));
    const counted = (period: string) =>
      ledger.read((tx) => tx.counter({ app: 'default', scope: 'calls', period }));
    expect([await counted('2026-03'), await counted('2026-04')]).toEqual([0, 0]);
    await plan('e-2', { text: 'b' });
    await start();
    expect([await counted('2026-03'), await counted('2026-04')]).toEqual([0, 1]);
  });

  it('calls beyond the month’s are put off to the next, which begins at midnight in Shanghai', async () => {
    const quotas = { perUserPerDay: 500, broadcastsPerDay: 3, callsPerMonth: 1 };
    const end = nextDingtalkMonth(noon);
    clock.set(end - 60_000);
    await plan('e-1', { text: 'a' });
    await plan('e-2', { text: 'b', policies: { overLimit: 'defer' } });
    expect((await start({ quotas })).calls).toHaveLength(1);
    expect(only(await results())).toMatchObject({ status: 'deferred', reason: 'limit', deferredUntil: end });
    expect(new Date(end).toISOString()).toBe('2026-03-31T16:00:00.000Z');
    expect(await ledger.read((tx) => tx.nextDue('default'))).toBe(end);
    clock.set(end - 1);
    expect((await start({ quotas })).calls).toEqual([]);
    clock.set(end);
    expect((await start({ quotas })).calls).toHaveLength(1);
    await plan('e-3', { text: 'c' });
    expect((await start({ quotas })).calls).toEqual([]);
  });

  it('the month’s calls are counted and never passed', async () => {
    const quotas = { perUserPerDay: 500, broadcastsPerDay: 3, callsPerMonth: 1 };
    await plan('e-1', { text: 'a' });
    await plan('e-2', { text: 'b' });
    expect((await start({ quotas })).calls).toHaveLength(1);
    expect(only(await results())).toMatchObject({ status: 'suppressed', reason: 'monthly_budget' });
  });
});

describe('mobiles', () => {
  const audience = { userids: [], mobiles: [mobile('13800001201'), mobile('13800001202')] };

  it('are leased out for their lookup, then sent to once known; two of one person make one', async () => {
    const id = await plan('e-1', { audience });
    const { calls, unprepared } = await start();
    expect(calls).toEqual([]);
    expect(only(unprepared).id).toBe(id);
    expect((await start()).unprepared).toEqual([]);
    await ledger.write(async (tx) => {
      const at = clock.now();
      const entry = { app: 'default', userid: 'zhang', at };
      await tx.saveMobiles([
        { ...entry, mobile: '13800001201' },
        { ...entry, mobile: '13800001202' },
      ]);
      await tx.leaseNotifications([id], at);
    });
    expect(only(only((await start()).calls).members).userids).toEqual(['zhang']);
  });

  it('that nobody has end failed, naming no full number', async () => {
    await plan('e-1', { audience });
    await ledger.write((tx) =>
      tx.saveMobiles(
        ['13800001201', '13800001202'].map((number) => ({
          app: 'default',
          mobile: number,
          userid: null,
          at: clock.now(),
        })),
      ),
    );
    expect((await start()).calls).toEqual([]);
    const final = only(await results());
    expect(final).toMatchObject({ status: 'failed', reason: 'unresolved_recipients', final: true });
    expect(final.recipients.map((each) => each.mobile)).toEqual(['138******01', '138******02']);
  });

  it('that nobody has give the windows of their route back', async () => {
    const dedupe = { key: 'k', windowMs: 60_000 };
    const id = await plan('e-1', { audience });
    const claim = (notificationId: string) =>
      ledger.write((tx) =>
        tx.claimDedupe({ route: 'refund', key: dedupe.key, notificationId, until: noon + 60_000 }, noon),
      );
    expect(await claim(id)).toBe(id);
    await ledger.write((tx) =>
      tx.saveMobiles(
        ['13800001201', '13800001202'].map((number) => ({
          app: 'default',
          mobile: number,
          userid: null,
          at: noon,
        })),
      ),
    );
    await start();
    expect(await claim('ntf_next')).toBe('ntf_next');
  });
});

describe('time', () => {
  it('what expired while it waited is not sent', async () => {
    await plan('e-1', { policies: { expiresAt: noon + 1_000 } });
    clock.set(noon + 1_000);
    expect((await start()).calls).toEqual([]);
    expect(only(await results())).toMatchObject({ status: 'suppressed', reason: 'expired' });
  });
});
