import { describe, expect, it } from 'vitest';
import {
  accepted,
  markSending,
  mayRepeat,
  outcomeUnknown,
  postponed,
  recipientRefused,
  rejected,
} from '../../../../src/ledger/lifecycle/answers.ts';
import type { Call } from '../../../../src/model/call.ts';
import type { Notification } from '../../../../src/model/notification.ts';
import type { Result } from '../../../../src/model/result.ts';
import type { CallStep } from '../../../../src/ledger/lifecycle/answers.ts';
import { noon, only, onItsWay } from '../../../fakes/builders.ts';

const refusal = { code: '34016', message: 'too long', class: 'message' };
const half = (): number => 0.5;

function membersOf(...notifications: Notification[]): Map<string, Notification> {
  return new Map(notifications.map((each) => [each.id, each]));
}

function resultsOf(step: CallStep): Result[] {
  return step.steps.flatMap((each) =>
    each.outbox.flatMap((item) => (item.kind === 'result' ? [item.result] : [])),
  );
}

describe('an accepted call', () => {
  it('tells an interim result and is followed up', () => {
    const { notification, calls } = onItsWay();
    const step = accepted(only(calls), membersOf(notification), '77', noon + 2000, noon);
    expect(step.call).toMatchObject({ state: 'accepted', taskId: '77', nextAt: noon + 2000 });
    expect(only(resultsOf(step))).toMatchObject({ status: 'accepted', final: false, seq: 1 });
    expect(only(only(step.steps).notification.deliveries)).toMatchObject({
      taskId: '77',
      attempts: 1,
      acceptedAt: noon,
    });
  });

  it('is final at once with track: accepted, told exactly once, and never asked about', () => {
    const { notification, calls } = onItsWay({ policies: { track: 'accepted' } });
    const step = accepted(only(calls), membersOf(notification), '77', noon + 2000, noon);
    expect(step.call.state).toBe('closed');
    expect(only(resultsOf(step))).toMatchObject({ status: 'accepted', final: true });
  });

  it('is final only when the last of several calls is accepted', () => {
    const userids = Array.from({ length: 150 }, (_, index) => `u${index}`);
    const { notification, calls } = onItsWay({ audience: { userids }, policies: { track: 'accepted' } });
    const [first, second] = calls;
    if (first === undefined || second === undefined) throw new Error('two calls expected');
    const one = accepted(first, membersOf(notification), '1', noon, noon);
    expect(only(resultsOf(one))).toMatchObject({ status: 'accepted', final: false });
    const two = accepted(second, membersOf(only(one.steps).notification), '2', noon, noon);
    expect(only(resultsOf(two))).toMatchObject({ status: 'accepted', final: true, seq: 2 });
  });
});

describe('an unknown outcome', () => {
  it('is repeated byte for byte at most three times on the same day, then final', () => {
    const start = onItsWay();
    let { notification } = start;
    let call = only(start.calls);
    const why = { reason: 'no_answer' as const, error: null };
    const told: Result[] = [];
    for (let round = 1; round <= 3; round += 1) {
      const step = outcomeUnknown(call, membersOf(notification), why, noon, half);
      expect(step.call).toMatchObject({ state: 'ready', unknownRounds: round, body: call.body });
      expect(step.released).toEqual([]);
      told.push(...resultsOf(step));
      notification = only(step.steps).notification;
      call = { ...step.call, state: 'sending' };
    }
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ status: 'unknown', final: false, reason: 'no_answer' });
    const last = outcomeUnknown(call, membersOf(notification), why, noon, half);
    expect(last.call.state).toBe('closed');
    expect(only(resultsOf(last))).toMatchObject({ status: 'unknown', final: true, reason: 'no_answer' });
    expect(only(resultsOf(last)).recipients[0]).toMatchObject({
      userid: 'u1',
      status: 'pending',
      reason: 'no_answer',
    });
  });

  it('after a crash of ours does not use up the rounds of unanswered calls', () => {
    const start = onItsWay();
    let { notification } = start;
    let call = only(start.calls);
    for (let life = 1; life <= 10; life += 1) {
      const step = outcomeUnknown(
        call,
        membersOf(notification),
        { reason: 'crashed', error: null },
        noon,
        half,
      );
      expect(step.call).toMatchObject({ state: 'ready', unknownRounds: life });
      notification = only(step.steps).notification;
      call = { ...step.call, state: 'sending' };
    }
  });

  it('holds a broadcast for a person and never repeats it', () => {
    const { notification, calls } = onItsWay({ audience: { userids: [], everyone: true } });
    const step = outcomeUnknown(
      only(calls),
      membersOf(notification),
      { reason: 'crashed', error: null },
      noon,
      half,
    );
    expect(step.call.state).toBe('held');
    expect(only(resultsOf(step))).toMatchObject({ status: 'unknown', final: true, reason: 'crashed' });
  });

  it('is not repeated after 23:59 of its day, nor on the next', () => {
    const { calls } = onItsWay();
    const call: Call = { ...only(calls), day: '2026-03-02' };
    const midnight = Date.UTC(2026, 2, 2, 16, 0, 0);
    expect(mayRepeat(call, midnight - 60_001)).toBe(true);
    expect(mayRepeat(call, midnight - 60_000)).toBe(false);
    expect(mayRepeat(call, midnight)).toBe(false);
  });
});

describe('the day of a repeat', () => {
  const today = '2026-03-02';
  const waiting = (change: Partial<Call>): Call => ({ ...only(onItsWay().calls), state: 'ready', ...change });

  it('is that of the first attempt that may have gone out, not of one that was refused before', () => {
    const refusedYesterday = waiting({ day: '2026-03-01', unknownRounds: 0 });
    expect(markSending(refusedYesterday, today, noon).day).toBe(today);
    const unknownYesterday = waiting({ day: '2026-03-01', unknownRounds: 1 });
    expect(markSending(unknownYesterday, today, noon).day).toBe('2026-03-01');
  });
});

describe('a refused call', () => {
  it('waits without telling when a retry may help', () => {
    const { notification, calls } = onItsWay();
    const step = postponed(only(calls), membersOf(notification), noon + 1000, null, noon);
    expect(step.call).toMatchObject({ state: 'ready', refusals: 1, nextAt: noon + 1000 });
    expect(resultsOf(step)).toEqual([]);
  });

  it('ends failed with the code, and its reservations go back', () => {
    const { notification, calls } = onItsWay();
    const step = rejected(only(calls), membersOf(notification), refusal, noon);
    expect(step.released).toEqual(only(calls).members);
    expect(only(resultsOf(step))).toMatchObject({
      status: 'failed',
      final: true,
      reason: 'rejected',
      error: refusal,
    });
    expect(only(resultsOf(step)).recipients[0]).toMatchObject({ status: 'failed', code: '34016' });
  });

  it('proves nothing about an earlier attempt whose outcome is unknown', () => {
    const { notification, calls } = onItsWay();
    const step = rejected({ ...only(calls), unknownRounds: 1 }, membersOf(notification), refusal, noon);
    expect(only(resultsOf(step))).toMatchObject({ status: 'unknown', final: true });
    expect(step.released).toEqual([]);
  });

  it('for some recipient is halved until the one is found; the others still get theirs', () => {
    const { notification, calls } = onItsWay({ audience: { userids: ['a', 'b', 'c'] } });
    const split = recipientRefused(only(calls), membersOf(notification), refusal, noon);
    expect(split.newCalls.map((call) => only(call.members).userids)).toEqual([['a', 'b'], ['c']]);
    const doubtful = { ...only(calls), unknownRounds: 2, day: '2026-03-02' };
    const halves = recipientRefused(doubtful, membersOf(notification), refusal, noon).newCalls;
    expect(halves.map((call) => [call.unknownRounds, call.day])).toEqual([
      [2, '2026-03-02'],
      [2, '2026-03-02'],
    ]);
    const after = only(split.steps).notification;
    const lone = split.newCalls[1];
    if (lone === undefined) throw new Error('two halves expected');
    const found = recipientRefused({ ...lone, state: 'sending' }, membersOf(after), refusal, noon);
    expect(resultsOf(found)).toEqual([]);
    const person = only(found.steps).notification.persons.find((each) => each.userid === 'c');
    expect(person).toMatchObject({ status: 'invalid', code: '34016' });
  });
});
