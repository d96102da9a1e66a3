import { describe, expect, it } from 'vitest';
import { accepted, markSending, outcomeUnknown } from '../../../../src/ledger/lifecycle/answers.ts';
import { resultSeen } from '../../../../src/ledger/lifecycle/outcomes.ts';
import { resolveHeld, type Settlement } from '../../../../src/ledger/lifecycle/resolve.ts';
import type { CallStep } from '../../../../src/ledger/lifecycle/answers.ts';
import type { Call } from '../../../../src/model/call.ts';
import type { Notification } from '../../../../src/model/notification.ts';
import type { Result } from '../../../../src/model/result.ts';
import { noon, only, onItsWay } from '../../../fakes/builders.ts';

const half = (): number => 0.5;
const today = '2026-03-02';

interface Held {
  readonly call: Call;
  readonly notification: Notification;
}

/** A notification whose one call was not answered and waits for a person. */
function held(overrides: Parameters<typeof onItsWay>[0] = { policies: { onUnknown: 'hold' } }): Held {
  const { notification, calls } = onItsWay(overrides);
  const why = { reason: 'no_answer', error: null } as const;
  return after(outcomeUnknown(only(calls), membersOf(notification), why, noon, half));
}

function membersOf(notification: Notification): ReadonlyMap<string, Notification> {
  return new Map([[notification.id, notification]]);
}

function after(step: CallStep): Held {
  return { call: step.call, notification: only(step.steps).notification };
}

function told(step: CallStep): Result {
  return only(
    step.steps.flatMap(({ outbox }) =>
      outbox.flatMap((item) => (item.kind === 'result' ? [item.result] : [])),
    ),
  );
}

function settle(start: Held, settlement: Settlement): CallStep {
  return resolveHeld(start.call, membersOf(start.notification), settlement, noon);
}

/** The call that a person had sent again is accepted; what DingTalk then says of its one person. */
function resentAndSeen(start: Held, list: 'unread' | 'forbidden'): Result {
  const again = after(settle(start, 'resend'));
  const sending = markSending(again.call, today, noon);
  const taken = after(accepted(sending, membersOf(again.notification), '78', noon, noon));
  const nobody = { read: [], unread: [], invalid: [], failed: [], forbidden: [], invalidDepts: [] };
  const seen = list === 'unread' ? { unread: ['u1'] } : { forbidden: [{ userid: 'u1', code: '143106' }] };
  const follow = { nextAt: noon + 10_000, nextDay: noon + 36_000_000 };
  return told(resultSeen(taken.call, membersOf(taken.notification), { ...nobody, ...seen }, follow, noon));
}

describe('a held call that a person settles', () => {
  it('did arrive: everyone in doubt has it, told as an amendment', () => {
    const result = told(settle(held(), 'sent'));
    expect(result).toMatchObject({ status: 'settled', reason: 'sent', amendment: true, final: false });
    expect(result.recipients).toMatchObject([{ userid: 'u1', status: 'arrived', reason: 'settled' }]);
  });

  it('is dropped: nobody is believed to have it', () => {
    const result = told(settle(held(), 'drop'));
    expect(result).toMatchObject({ status: 'settled', reason: 'dropped', amendment: true });
    expect(result.recipients).toMatchObject([{ userid: 'u1', status: 'failed', reason: 'dropped' }]);
  });

  it('is sent again: one amendment says what came of it', () => {
    const result = resentAndSeen(held(), 'unread');
    expect(result).toMatchObject({ status: 'settled', reason: 'resent', amendment: true, final: false });
    expect(result.recipients).toMatchObject([{ userid: 'u1', status: 'unread' }]);
  });

  it('is sent again and called a duplicate: the attempt in doubt had arrived', () => {
    const result = resentAndSeen(held(), 'forbidden');
    expect(result.recipients).toMatchObject([{ userid: 'u1', status: 'arrived', reason: 'inferred' }]);
  });

  it('has all its rounds before it when it is sent again, on whatever day that is', () => {
    const again = after(settle(held(), 'resend')).call;
    expect(again).toMatchObject({ state: 'ready', day: null, claimedDay: null });
    expect(again.unknownRounds - again.crashes).toBe(0);
  });

  it('refuses to settle what is not held', () => {
    const { notification, calls } = onItsWay();
    expect(() => settle({ notification, call: only(calls) }, 'sent')).toThrow(/not held/);
  });
});
