/** Recalls and status bars of notifications that have several tasks: each is dealt with, and told once. */
import { describe, expect, it } from 'vitest';
import {
  accepted,
  markSending,
  outcomeUnknown,
  recipientRefused,
  type CallStep,
} from '../../../../src/ledger/lifecycle/answers.ts';
import { askAgain, noResult, resultSeen } from '../../../../src/ledger/lifecycle/outcomes.ts';
import { signalled } from '../../../../src/ledger/lifecycle/signals.ts';
import {
  recalled,
  recallLapsed,
  statusBarShown,
  wishDropped,
} from '../../../../src/ledger/lifecycle/wishes.ts';
import type { Call } from '../../../../src/model/call.ts';
import type { Notification } from '../../../../src/model/notification.ts';
import type { Result } from '../../../../src/model/result.ts';
import { questionFor, type QuestionWindows } from '../../../../src/tracking/question.ts';
import { noon, only, onItsWay } from '../../../fakes/builders.ts';

const day = 86_400_000;
const windows: QuestionWindows = { recallMs: day, statusBarMs: day, resultMs: day, progressMs: day };
const refusal = { code: '400002', message: 'no such task', class: 'message' };
const recall = { kind: 'recall', statusValue: null, statusBg: null } as const;
const shown = { kind: 'status_bar', value: '已同意', background: null } as const;
const agreed = { kind: 'update', statusValue: '已同意', statusBg: null } as const;

/** A notification to 150 people, two accepted tasks. */
class Two {
  notification: Notification;
  calls: Call[] = [];
  readonly told: Result[] = [];

  constructor() {
    const userids = Array.from({ length: 150 }, (_, index) => `u${index}`);
    const start = onItsWay({ audience: { userids } });
    this.notification = start.notification;
    for (const [index, call] of start.calls.entries()) {
      this.calls.push(call);
      this.take(index, (each, members) => accepted(each, members, `task-${index}`, noon, noon));
    }
  }

  take(index: number, step: (call: Call, members: Map<string, Notification>) => CallStep): void {
    const call = this.calls[index];
    if (call === undefined) throw new Error(`no call ${index}`);
    const done = step(call, new Map([[this.notification.id, this.notification]]));
    this.calls[index] = done.call;
    for (const taken of done.steps) {
      this.notification = taken.notification;
      for (const item of taken.outbox) if (item.kind === 'result') this.told.push(item.result);
    }
  }

  deliver(index: number): void {
    const unread = this.calls[index]?.members[0]?.userids ?? [];
    const lists = { read: [], invalid: [], failed: [], forbidden: [], invalidDepts: [] };
    const follow = { nextAt: noon, nextDay: noon };
    this.take(index, (call, members) => resultSeen(call, members, { ...lists, unread }, follow, noon));
  }

  wish(signal: Parameters<typeof signalled>[2]): void {
    const changed = signalled(this.notification, this.calls, signal, noon);
    this.notification = changed.step.notification;
    this.calls = [...changed.calls];
  }

  questions(): string[] {
    const members = new Map([[this.notification.id, this.notification]]);
    return this.calls.map((call) => questionFor(call, members, windows, noon).kind);
  }
}

describe('a recall of a notification with two tasks', () => {
  it('takes both back, and is told once, when the second is', () => {
    const two = new Two();
    two.deliver(0);
    two.deliver(1);
    two.wish(recall);
    expect(two.questions()).toEqual(['recall', 'recall']);
    two.take(0, (call, members) => recalled(call, members, noon));
    expect(two.questions()).toEqual(['done', 'recall']);
    expect(two.told.filter((each) => each.amendment)).toEqual([]);
    two.take(1, (call, members) => recalled(call, members, noon));
    expect(two.told.filter((each) => each.amendment).map((each) => each.status)).toEqual(['recalled']);
    expect(two.questions()).toEqual(['done', 'done']);
  });

  it('before the final result ends it as recalled', () => {
    const two = new Two();
    two.wish(recall);
    two.take(0, (call, members) => recalled(call, members, noon));
    two.take(1, (call, members) => recalled(call, members, noon));
    expect(only(two.told.filter((each) => each.final))).toMatchObject({ status: 'recalled' });
    expect(two.told.filter((each) => each.amendment)).toEqual([]);
  });

  it('that DingTalk refuses for one of them is told for the other', () => {
    const two = new Two();
    two.deliver(0);
    two.deliver(1);
    two.wish(recall);
    two.take(0, (call, members) => recalled(call, members, noon));
    two.take(1, (call, members) => wishDropped(call, members, recall, refusal, noon));
    expect(two.told.filter((each) => each.amendment).map((each) => each.status)).toEqual(['recalled']);
    expect(two.questions()).toEqual(['done', 'done']);
  });

  it.each([
    ['first', [0, 1]],
    ['second', [1, 0]],
  ] as const)('that comes too late for one, looked at %s, is told for the other', (_, order) => {
    const two = new Two();
    two.deliver(0);
    two.deliver(1);
    two.wish(recall);
    for (const index of order)
      two.take(index, (call, members) =>
        index === 1
          ? recalled(call, members, noon)
          : recallLapsed(askAgain({ ...call, state: 'closed' }, noon, false), members, noon),
      );
    expect(two.told.filter((each) => each.amendment).map((each) => each.status)).toEqual(['recalled']);
    expect(two.questions()).toEqual(['done', 'done']);
  });

  it('that ends with the window of one says so in the final result, and not once more', () => {
    const two = new Two();
    two.wish(recall);
    two.take(1, (call, members) => recalled(call, members, noon));
    two.take(0, (call, members) => recallLapsed(noResult(call, members, noon), members, noon));
    const [final, ...more] = two.told.filter((each) => each.final || each.amendment);
    expect(final?.deliveries.map((each) => each.status)).toEqual(['unverified', 'recalled']);
    expect(more).toEqual([]);
  });

  it('that two instances have carried out is told once', () => {
    const two = new Two();
    two.deliver(0);
    two.deliver(1);
    two.wish(recall);
    for (const index of [0, 1, 0, 1]) two.take(index, (call, members) => recalled(call, members, noon));
    expect(two.told.filter((each) => each.amendment).map((each) => each.status)).toEqual(['recalled']);
  });

  it('that DingTalk refuses altogether is told to nobody, and may be asked for again', () => {
    const two = new Two();
    two.deliver(0);
    two.deliver(1);
    two.wish(recall);
    for (const index of [0, 1])
      two.take(index, (call, members) => wishDropped(call, members, recall, refusal, noon));
    expect(two.told.filter((each) => each.amendment)).toEqual([]);
    two.wish(recall);
    expect(two.questions()).toEqual(['recall', 'recall']);
  });
});

describe('a recall of a call that was split', () => {
  const refused = { code: '33012', message: '', class: 'recipient' };

  it.each(['at its first attempt', 'after an attempt in doubt'])('%s ends as recalled', (attempt) => {
    const start = onItsWay({ audience: { userids: ['good', 'bad'] } });
    let { notification } = start;
    const take = (
      call: Call,
      step: (call: Call, members: Map<string, Notification>) => CallStep,
    ): CallStep => {
      const done = step(call, new Map([[notification.id, notification]]));
      notification = only(done.steps).notification;
      return done;
    };
    let call = only(start.calls);
    if (attempt !== 'at its first attempt') {
      const why = { reason: 'no_answer', error: null } as const;
      call = take(call, (each, members) => outcomeUnknown(each, members, why, noon, () => 0)).call;
      call = markSending(call, '2026-03-02', noon);
    }
    const { newCalls } = take(call, (each, members) => recipientRefused(each, members, refused, noon));
    const [good, bad] = newCalls.map((each) => markSending(each, '2026-03-02', noon));
    if (good === undefined || bad === undefined) throw new Error('the call was not split');
    const sent = take(good, (each, members) => accepted(each, members, 'task', noon, noon)).call;
    take(bad, (each, members) => recipientRefused(each, members, refused, noon));
    notification = signalled(notification, [sent], recall, noon).step.notification;
    take(sent, (each, members) => recalled(each, members, noon));
    expect(notification).toMatchObject({ state: 'final', finalStatus: 'recalled' });
  });
});

describe('a status bar of a notification with two tasks', () => {
  it('is shown on both; a newer one on both again', () => {
    const two = new Two();
    two.wish(agreed);
    two.take(0, (call, members) => statusBarShown(call, members, shown, noon, noon));
    expect(two.questions()).toEqual(['result', 'status_bar']);
    two.take(1, (call, members) => statusBarShown(call, members, shown, noon, noon));
    expect(two.questions()).toEqual(['result', 'result']);
    two.wish({ ...agreed, statusValue: '已同意' });
    expect(two.questions()).toEqual(['status_bar', 'status_bar']);
  });

  it('that is refused for one is still shown on the other', () => {
    const two = new Two();
    two.wish(agreed);
    two.take(0, (call, members) => wishDropped(call, members, shown, refusal, noon));
    expect(two.questions()).toEqual(['result', 'status_bar']);
  });

  it.each([
    ['value', { ...agreed, statusValue: '已拒绝' }],
    ['colour', { ...agreed, statusBg: '0xFF00FF00' }],
  ] as const)('stays to be shown when its %s has changed while the older one was asked for', (_, newer) => {
    const two = new Two();
    two.wish(agreed);
    two.wish(newer);
    two.take(0, (call, members) => statusBarShown(call, members, shown, noon, noon));
    two.take(1, (call, members) => wishDropped(call, members, shown, refusal, noon));
    expect(two.questions()).toEqual(['status_bar', 'status_bar']);
  });

  it('is not asked for where the message was taken back', () => {
    const two = new Two();
    two.wish(recall);
    two.wish(agreed);
    two.take(0, (call, members) => recalled(call, members, noon));
    expect(two.questions()).toEqual(['done', 'recall']);
  });
});
