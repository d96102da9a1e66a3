import { describe, expect, it } from 'vitest';
import { accepted } from '../../../../src/ledger/lifecycle/answers.ts';
import {
  noResult,
  resultSeen,
  type FollowUp,
  type SendResult,
} from '../../../../src/ledger/lifecycle/outcomes.ts';
import { recalled } from '../../../../src/ledger/lifecycle/wishes.ts';
import type { CallStep } from '../../../../src/ledger/lifecycle/answers.ts';
import type { Call } from '../../../../src/model/call.ts';
import type { Notification } from '../../../../src/model/notification.ts';
import type { Result } from '../../../../src/model/result.ts';
import { noon, only, onItsWay } from '../../../fakes/builders.ts';

const follow: FollowUp = { nextAt: noon + 10_000, nextDay: noon + 36_000_000 };
const closed: FollowUp = { ...follow, nextAt: null };
const nothing: SendResult = {
  read: [],
  unread: [],
  invalid: [],
  failed: [],
  forbidden: [],
  invalidDepts: [],
};

function sent(overrides: Parameters<typeof onItsWay>[0] = {}): { call: Call; notification: Notification } {
  const { notification, calls } = onItsWay(overrides);
  const step = accepted(only(calls), new Map([[notification.id, notification]]), '77', noon, noon);
  return { call: step.call, notification: only(step.steps).notification };
}

function see(
  start: { call: Call; notification: Notification },
  result: Partial<SendResult>,
  next = follow,
): CallStep {
  const members = new Map([[start.notification.id, start.notification]]);
  return resultSeen(start.call, members, { ...nothing, ...result }, next, noon);
}

function finalOf(step: CallStep): Result {
  const results = step.steps.flatMap((each) =>
    each.outbox.flatMap((item) => (item.kind === 'result' ? [item.result] : [])),
  );
  return only(results.filter((result) => result.final));
}

describe('what DingTalk says of named people', () => {
  it.each([
    [{ read: ['u1'] }, 'delivered', null, 'read'],
    [{ unread: ['u1'] }, 'delivered', null, 'unread'],
    [{ invalid: ['u1'] }, 'failed', 'invalid_recipients', 'invalid'],
    [{ forbidden: [{ userid: 'u1', code: '143106' }] }, 'failed', 'forbidden', 'forbidden'],
    [{ forbidden: [{ userid: 'u1', code: '143105' }] }, 'failed', 'forbidden', 'forbidden'],
    [{ forbidden: [{ userid: 'u1', code: null }] }, 'failed', 'forbidden', 'forbidden'],
  ] as const)('%j ends %s', (result, status, reason, person) => {
    const final = finalOf(see(sent(), result));
    expect(final).toMatchObject({ status, reason });
    expect(final.recipients[0]).toMatchObject({ userid: 'u1', status: person });
    expect(final.counts[person]).toBe(1);
  });

  it('whoever stands in no list is still pending, and is asked about again', () => {
    const step = see(sent({ audience: { userids: ['u1', 'u2'] } }), { unread: ['u1'] });
    expect(step.call).toMatchObject({ state: 'accepted', checks: 1, nextAt: follow.nextAt });
    expect(step.steps.flatMap((each) => each.outbox)).toEqual([]);
  });

  it('the window closes with somebody pending: unverified, with what is known', () => {
    const final = finalOf(see(sent({ audience: { userids: ['u1', 'u2'] } }), { unread: ['u1'] }, closed));
    expect(final).toMatchObject({ status: 'unverified' });
    expect(final.counts).toMatchObject({ unread: 1, pending: 1 });
  });

  it('some arrived, some did not: partial', () => {
    const final = finalOf(
      see(sent({ audience: { userids: ['u1', 'u2'] } }), { unread: ['u1'], invalid: ['u2'] }),
    );
    expect(final.status).toBe('partial');
  });

  it('a repeat that is called a duplicate proves that the first one arrived', () => {
    const start = sent();
    const again = { ...start, call: { ...start.call, unknownRounds: 1 } };
    for (const code of ['143106', null]) {
      const final = finalOf(see(again, { forbidden: [{ userid: 'u1', code }] }));
      expect(final.status).toBe('delivered');
      expect(final.recipients[0]).toMatchObject({ status: 'arrived', reason: 'inferred' });
    }
    const other = finalOf(see(again, { forbidden: [{ userid: 'u1', code: '1430004' }] }));
    expect(other.recipients[0]).toMatchObject({ status: 'forbidden', code: '1430004' });
  });

  it('sends once more to people that DingTalk names failed, then believes it', () => {
    const first = see(sent(), { failed: ['u1'] });
    const call = only(first.newCalls);
    expect(only(call.members)).toMatchObject({ part: 2, userids: ['u1'] });
    expect(call.claimedDay).toBe('2026-03-02');
    const notification = only(first.steps).notification;
    const members = new Map([[notification.id, notification]]);
    const took = accepted({ ...call, state: 'sending' }, members, '78', noon, noon);
    const second = see({ call: took.call, notification: only(took.steps).notification }, { failed: ['u1'] });
    expect(second.newCalls).toEqual([]);
    expect(finalOf(second)).toMatchObject({ status: 'failed', reason: 'failed_at_dingtalk' });
  });

  it('tries again after a minute when the minute was full, at most three times', () => {
    const step = see(sent(), { forbidden: [{ userid: 'u1', code: '143103' }] });
    expect(only(step.newCalls).nextAt).toBe(noon + 60_000);
    expect(only(only(step.steps).notification.persons).rateRetries).toBe(1);
    let last = step;
    for (let round = 2; round <= 4; round += 1) {
      const { notification } = only(last.steps);
      const members = new Map([[notification.id, notification]]);
      const took = accepted({ ...only(last.newCalls), state: 'sending' }, members, String(round), noon, noon);
      const full = { forbidden: [{ userid: 'u1', code: '143104' }] };
      last = see({ call: took.call, notification: only(took.steps).notification }, full);
    }
    expect(last.newCalls).toEqual([]);
    expect(finalOf(last)).toMatchObject({
      status: 'failed',
      reason: 'forbidden',
      recipients: [{ reason: 'recipients_per_minute' }],
    });
  });

  it('puts a full day off to the next when the route says defer, and says so', () => {
    const step = see(sent({ policies: { overLimit: 'defer' } }), {
      forbidden: [{ userid: 'u1', code: '143105' }],
    });
    expect(only(step.newCalls)).toMatchObject({ nextAt: follow.nextDay, claimedDay: null });
    const told = { status: 'deferred', reason: 'limit', deferredUntil: follow.nextDay, final: false };
    expect(only(only(step.steps).outbox)).toMatchObject({ result: told });
  });

  it('never puts off to the next day what may have arrived by an unknown attempt', () => {
    const start = sent({ policies: { overLimit: 'defer' } });
    const again = { ...start, call: { ...start.call, unknownRounds: 1 } };
    const step = see(again, { forbidden: [{ userid: 'u1', code: '143105' }] });
    expect(step.newCalls).toEqual([]);
    expect(finalOf(step).recipients[0]).toMatchObject({ status: 'forbidden', reason: 'user_daily_limit' });
  });

  it('sends again in one call to those who failed and to nobody else, in another to those of a full minute', () => {
    const start = sent({ audience: { userids: ['u1', 'u2', 'u3', 'u4', 'u5'] } });
    const step = see(start, {
      unread: ['u1'],
      failed: ['u2', 'u3'],
      forbidden: [
        { userid: 'u4', code: '143103' },
        { userid: 'u5', code: '143104' },
      ],
    });
    expect(step.newCalls.map((call) => [only(call.members).userids, call.nextAt])).toEqual([
      [['u2', 'u3'], noon],
      [['u4', 'u5'], noon + 60_000],
    ]);
  });

  it('a first attempt that is called a duplicate is forbidden: somebody else sent the same', () => {
    const final = finalOf(see(sent(), { forbidden: [{ userid: 'u1', code: '143106' }] }));
    expect(final.recipients[0]).toMatchObject({ status: 'forbidden', reason: 'same_content_today' });
  });

  it('people who are sent to again after an unknown attempt may have it from that one', () => {
    const start = sent();
    const first = see({ ...start, call: { ...start.call, unknownRounds: 1 } }, { failed: ['u1'] });
    const again = only(first.newCalls);
    expect(again).toMatchObject({ unknownRounds: 1, day: '2026-03-02' });
    const notification = only(first.steps).notification;
    const took = accepted(
      { ...again, state: 'sending' },
      new Map([[notification.id, notification]]),
      '78',
      noon,
      noon,
    );
    const second = see(
      { call: took.call, notification: only(took.steps).notification },
      { forbidden: [{ userid: 'u1', code: '143106' }] },
    );
    expect(finalOf(second).recipients[0]).toMatchObject({ status: 'arrived', reason: 'inferred' });
  });

  it('gives back the place of whoever did not get it, unless DingTalk says that they have it', () => {
    const start = sent({ audience: { userids: ['u1', 'u2', 'u3', 'u4'] } });
    const lists = {
      unread: ['u1'],
      invalid: ['u2'],
      forbidden: [
        { userid: 'u3', code: '143106' },
        { userid: 'u4', code: '1430004' },
      ],
    };
    expect(see(start, lists).released.map((each) => each.userids)).toEqual([['u2', 'u4']]);
    const inDoubt = { ...start, call: { ...start.call, unknownRounds: 1 } };
    expect(see(inDoubt, lists).released.flatMap((each) => each.userids)).toEqual([]);
  });
});

describe('receipts', () => {
  it('that come late take nothing back: who has read it has read it', () => {
    const first = see(sent({ audience: { userids: ['u1', 'u2'] }, policies: { track: 'read' } }), {
      read: ['u1'],
      unread: ['u2'],
    });
    const start = { call: first.call, notification: only(first.steps).notification };
    const late = only(see(start, { unread: ['u1', 'u2'] }).steps);
    expect(late.notification.persons.map((person) => person.status)).toEqual(['read', 'unread']);
    expect(late.outbox).toEqual([]);
  });

  it('of a department are told as well', () => {
    const first = see(sent({ audience: { deptIds: [7] }, policies: { track: 'read' } }), { unread: ['u1'] });
    const start = { call: first.call, notification: only(first.steps).notification };
    const read = only(see(start, { read: ['u1'] }).steps);
    expect(read.notification.persons.map((person) => person.status)).toEqual(['read']);
    expect(only(read.outbox)).toMatchObject({ result: { status: 'read', amendment: true } });
  });

  it('tell who has read it since, as amendments, until all have', () => {
    const start = sent({ audience: { userids: ['u1', 'u2'] }, policies: { track: 'read' } });
    const first = see(start, { unread: ['u1', 'u2'] });
    expect(finalOf(first).status).toBe('delivered');
    expect(first.call.state).toBe('accepted');
    const second = see(
      { call: first.call, notification: only(first.steps).notification },
      { read: ['u1'], unread: ['u2'] },
    );
    const told = only(only(second.steps).outbox);
    expect(told).toMatchObject({ result: { status: 'read', amendment: true, final: false, seq: 3 } });
    const third = see(
      { call: second.call, notification: only(second.steps).notification },
      { read: ['u1', 'u2'] },
    );
    expect(third.call.state).toBe('closed');
  });
});

describe('departments', () => {
  const audience = { userids: [], deptIds: [7, 8] };

  it('name the people that DingTalk names', () => {
    const final = finalOf(see(sent({ audience }), { unread: ['x', 'y'], invalidDepts: [8] }));
    expect(final).toMatchObject({ status: 'partial', invalidDeptIds: [8] });
    expect(final.recipients.map((each) => each.userid)).toEqual(['x', 'y']);
  });

  it('of which none exists end failed', () => {
    expect(finalOf(see(sent({ audience }), { invalidDepts: [7, 8] }))).toMatchObject({
      status: 'failed',
      reason: 'invalid_recipients',
    });
  });

  it('whose repeat after an unknown attempt is called a duplicate have the first one', () => {
    const start = sent({ audience });
    const again = { ...start, call: { ...start.call, unknownRounds: 1 } };
    const final = finalOf(see(again, { forbidden: [{ userid: 'x', code: '143106' }] }));
    expect(final).toMatchObject({ status: 'delivered', recipients: [{ status: 'arrived' }] });
  });

  it('whose people are all told by name already count by those people', () => {
    const { notification, calls } = onItsWay({ audience: { userids: ['u1'], deptIds: [7] } });
    let current = notification;
    const results: CallStep[] = [];
    for (const [index, call] of calls.entries()) {
      const took = accepted(call, new Map([[current.id, current]]), String(index), noon, noon);
      const lists = index === 0 ? { unread: ['u1'] } : { forbidden: [{ userid: 'u1', code: '143106' }] };
      const seen = see({ call: took.call, notification: only(took.steps).notification }, lists);
      results.push(seen);
      current = only(seen.steps).notification;
    }
    expect(results.map((each) => each.call.state)).toEqual(['closed', 'closed']);
    expect(current).toMatchObject({
      finalStatus: 'delivered',
      persons: [{ userid: 'u1', status: 'unread' }],
    });
  });

  it('that give no result end unverified', () => {
    const start = sent({ audience });
    const step = noResult(start.call, new Map([[start.notification.id, start.notification]]), noon);
    expect(finalOf(step).status).toBe('unverified');
  });
});

describe('a recall', () => {
  it('before the final result is the final result, after it an amendment', () => {
    const start = sent();
    const early = recalled(start.call, new Map([[start.notification.id, start.notification]]), noon);
    expect(finalOf(early)).toMatchObject({ status: 'recalled', final: true });
    const done = see(start, { unread: ['u1'] });
    const late = recalled(
      start.call,
      new Map([[start.notification.id, only(done.steps).notification]]),
      noon,
    );
    expect(only(only(late.steps).outbox)).toMatchObject({
      result: { status: 'recalled', amendment: true, final: false },
    });
  });
});
