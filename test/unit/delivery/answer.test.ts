/** What each answer of DingTalk to a send makes of a call: nothing is dropped that may still go, nothing repeated that may not. */
import { describe, expect, it } from 'vitest';
import { dingtalkDay, nextDingtalkDay } from '../../../src/base/dingtalk-day.ts';
import { applyAnswer } from '../../../src/delivery/answer.ts';
import { classOf, findCode } from '../../../src/dingtalk/codes.ts';
import type { CallError, SendResult } from '../../../src/dingtalk/outcomes.ts';
import type { CallStep } from '../../../src/ledger/lifecycle/answers.ts';
import type { Call } from '../../../src/model/call.ts';
import type { Notification } from '../../../src/model/notification.ts';
import type { Result } from '../../../src/model/result.ts';
import { noon, only, onItsWay } from '../../fakes/builders.ts';

const minute = 60_000;

function refusal(code: string, change: Partial<CallError> = {}): SendResult {
  const row = findCode('send', code);
  const error: CallError = {
    operation: 'send',
    code,
    message: 'as DingTalk says',
    requestId: null,
    class: classOf('send', code),
    retryAfterMs: row?.retryAfter?.kind === 'delay' ? row.retryAfter.ms : null,
    provesNothingSent: row?.provesNothingSent ?? false,
    httpStatus: 200,
    ...change,
  };
  return { kind: error.class === 'unknown' ? 'unknown' : 'refused', error };
}

/** A call under way, answered again and again as told; each answer makes it `sending` first. */
class Story {
  notification: Notification;
  call: Call;
  step: CallStep | null = null;
  readonly told: Result[] = [];

  constructor(overrides: Parameters<typeof onItsWay>[0] = {}) {
    const start = onItsWay(overrides);
    this.notification = start.notification;
    this.call = only(start.calls);
  }

  answer(answer: SendResult): this {
    const members = new Map([[this.notification.id, this.notification]]);
    const context = { now: noon, random: () => 0.5, firstCheckAt: noon + 2_000 };
    this.step = applyAnswer({ ...this.call, state: 'sending' }, members, answer, context);
    this.call = this.step.call;
    const taken = only(this.step.steps);
    this.notification = taken.notification;
    for (const item of taken.outbox) if (item.kind === 'result') this.told.push(item.result);
    return this;
  }

  get final(): Result | undefined {
    return this.told.find((each) => each.final);
  }
}

describe('busy (-1)', () => {
  it('is tried again three times, then the message is refused', () => {
    const story = new Story();
    for (let round = 1; round <= 3; round += 1) expect(story.answer(refusal('-1')).call.state).toBe('ready');
    expect(story.answer(refusal('-1')).final).toMatchObject({ status: 'failed', reason: 'rejected' });
  });

  it('has its three rounds even after a long hold and many full seconds', () => {
    const story = new Story();
    for (let round = 0; round < 50; round += 1) story.answer(refusal('60020'));
    for (let round = 0; round < 5; round += 1) story.answer(refusal('90018', { retryAfterMs: 1_000 }));
    for (let round = 1; round <= 3; round += 1) expect(story.answer(refusal('-1')).call.state).toBe('ready');
    expect(story.final).toBeUndefined();
  });
});

describe('limits of DingTalk', () => {
  it.each(['90018', '90002', '41046', '41047', '41048', '143103', 'ip_banned'])(
    '%s waits, however often',
    (code) => {
      const story = new Story();
      for (let round = 0; round < 20; round += 1) {
        story.answer(refusal(code));
        expect(story.call.state).toBe('ready');
        expect(story.call.nextAt).toBeGreaterThan(noon);
      }
      expect(story.final).toBeUndefined();
    },
  );

  it.each(['41046', '41047', '41048'])('%s waits at least a minute and says so, once', (code) => {
    const story = new Story().answer(refusal(code)).answer(refusal(code));
    expect(story.call.nextAt).toBeGreaterThanOrEqual(noon + minute);
    expect(story.told).toMatchObject([{ status: 'deferred', reason: 'limit', deferredUntil: noon + minute }]);
  });

  it('an address that is banned waits as long as the answer says', () => {
    const story = new Story().answer(refusal('ip_banned', { retryAfterMs: 7 * minute }));
    expect(story.call.nextAt).toBe(noon + 7 * minute);
  });

  it('the month that is used up (90020) holds and keeps the work', () => {
    const until = 20 * 86_400_000;
    const story = new Story().answer(refusal('90020', { retryAfterMs: until }));
    expect(story.call).toMatchObject({ state: 'ready', nextAt: noon + until });
    expect(story.told).toMatchObject([{ status: 'deferred', reason: 'hold' }]);
  });

  it.each([
    ['drop', 'closed', [{ status: 'suppressed', reason: 'broadcast_daily_cap', final: true }]],
    ['dead_letter', 'closed', [{ status: 'suppressed', reason: 'broadcast_daily_cap', final: true }]],
    ['defer', 'ready', [{ status: 'deferred', reason: 'limit', deferredUntil: nextDingtalkDay(noon) }]],
  ] as const)(
    'broadcasts of the day that others used up (41045), over_limit %s',
    (overLimit, state, told) => {
      const story = new Story({ audience: { userids: [], everyone: true }, policies: { overLimit } });
      story.answer(refusal('41045', { retryAfterMs: nextDingtalkDay(noon) - noon }));
      expect(story.call).toMatchObject({ state, claimedDay: null });
      expect(story.told).toMatchObject(told);
    },
  );
});

describe('faults', () => {
  it.each(['60020', '60011', '40096', '40056', '70003'])(
    '%s is no fault of the message: it waits for a person',
    (code) => {
      const story = new Story().answer(refusal(code));
      expect(story.call.state).toBe('ready');
      expect(story.told).toMatchObject([{ status: 'deferred', reason: 'hold', final: false }]);
    },
  );

  it.each(['34016', '40035', '41049', '41029', '40048'])('%s is refused for good, at once', (code) => {
    expect(new Story().answer(refusal(code)).final).toMatchObject({
      status: 'failed',
      reason: 'rejected',
      error: { code },
    });
  });

  it('too many people behind several departments (41029): halved, until one department alone has too many', () => {
    const several = new Story({ audience: { userids: [], deptIds: [1, 2, 3] } }).answer(refusal('41029'));
    expect(several.step?.newCalls.map(({ deptIds }) => deptIds)).toEqual([[1, 2], [3]]);
    expect(several.told).toEqual([]);
    const one = new Story({ audience: { userids: [], deptIds: [3] } }).answer(refusal('41029'));
    expect(one.final).toMatchObject({ status: 'failed', reason: 'rejected', error: { code: '41029' } });
  });

  it.each(['1', '500', '400001', 'not_json', 'http_5xx', 'lost_after_write', 'unlisted'])(
    '%s leaves open whether it was sent: repeated the same day, byte for byte',
    (code) => {
      const story = new Story();
      const { body } = story.call;
      story.answer(refusal(code));
      expect(story.call).toMatchObject({ state: 'ready', unknownRounds: 1, body, day: dingtalkDay(noon) });
      expect(story.told).toMatchObject([{ status: 'unknown', reason: 'no_answer', final: false }]);
    },
  );

  it.each(['143106', '143206'])(
    '%s to the repeat for one person proves that the first one arrived',
    (code) => {
      const doubtful = new Story().answer(refusal('lost_after_write')).answer(refusal(code));
      expect(doubtful.final).toMatchObject({
        status: 'delivered',
        error: null,
        recipients: [{ status: 'arrived', reason: 'inferred', code }],
      });
      expect(doubtful.step?.released.flatMap(({ userids }) => userids)).toEqual([]);
      expect(new Story().answer(refusal(code)).final).toMatchObject({
        status: 'failed',
        reason: 'forbidden',
        recipients: [{ status: 'forbidden', reason: 'same_content_today', code }],
      });
    },
  );

  it.each(['143105', '143205'])('%s to one person follows over_limit, as in a result', (code) => {
    const dropped = new Story({ policies: { overLimit: 'drop' } }).answer(refusal(code));
    expect(dropped.final).toMatchObject({
      status: 'failed',
      reason: 'forbidden',
      recipients: [{ status: 'forbidden', reason: 'user_daily_limit', code }],
    });
    expect(dropped.step?.released.flatMap(({ userids }) => userids)).toEqual(['u1']);
    const deferred = new Story({ policies: { overLimit: 'defer' } }).answer(refusal(code));
    const until = nextDingtalkDay(noon);
    expect(deferred.told).toMatchObject([{ status: 'deferred', reason: 'limit', deferredUntil: until }]);
    expect(deferred.step?.newCalls).toMatchObject([{ nextAt: until, unknownRounds: 0, claimedDay: null }]);
    expect(deferred.call.state).toBe('closed');
  });

  it('143106 to several people says of none of them which one it is: the call is halved', () => {
    const several = new Story({ audience: { userids: ['u1', 'u2'] } }).answer(refusal('143106'));
    expect(several.step?.newCalls).toHaveLength(2);
    expect(several.told).toEqual([]);
  });

  it('a request that never left waits without limit and is not in doubt', () => {
    const story = new Story();
    const { error } = refusal('lost_before_write', { httpStatus: null }) as { error: CallError };
    for (let round = 0; round < 30; round += 1) story.answer({ kind: 'not_sent', error });
    expect(story.call).toMatchObject({ state: 'ready', unknownRounds: 0 });
    expect(story.final).toBeUndefined();
  });
});
