import type { Call } from '../../model/call.ts';
import { stepsOf, type CallStep, type Members } from './answers.ts';
import { updateDelivery } from './deliveries.ts';
import { markPersons } from './persons.ts';
import { IllegalTransitionError, quietly, tellAmendment } from './tell.ts';

/** What a person decides about a call whose outcome nobody knows. */
export type Settlement = 'sent' | 'resend' | 'drop';

/**
 * A person settles a held call: it did arrive (`sent`), it is not worth it any more (`drop`), or it is to go out
 * again (`resend`), now as a new attempt with its own place in the day's limits. Each tells an amendment; a resend
 * tells it when its outcome is known.
 */
export function resolveHeld(call: Call, members: Members, settlement: Settlement, now: number): CallStep {
  if (call.state !== 'held') throw new IllegalTransitionError(`call ${call.id} is ${call.state}, not held`);
  const steps = stepsOf(call, members, (notification, member) => {
    const mine = (person: { part: number | null; status: string }): boolean =>
      person.part === member.part && person.status === 'pending';
    switch (settlement) {
      case 'sent': {
        const told = markPersons(notification, mine, { status: 'arrived', reason: 'settled' });
        const updated = updateDelivery(told, member.part, {
          state: 'settled',
          status: 'settled',
          reason: 'sent',
        });
        return tellAmendment(updated, { status: 'settled', reason: 'sent' }, now);
      }
      case 'drop': {
        const told = markPersons(notification, mine, { status: 'failed', reason: 'dropped' });
        const updated = updateDelivery(told, member.part, {
          state: 'settled',
          status: 'settled',
          reason: 'dropped',
        });
        return tellAmendment(updated, { status: 'settled', reason: 'dropped' }, now);
      }
      case 'resend': {
        const fresh = { state: 'ready', status: null, reason: null } as const;
        const pending = markPersons(notification, mine, { status: 'pending' });
        return quietly({ ...updateDelivery(pending, member.part, fresh), resending: true });
      }
    }
  });
  if (settlement !== 'resend')
    return { call: { ...call, state: 'closed' }, newCalls: [], steps, releaseClaims: false };
  const again: Call = {
    ...call,
    state: 'ready',
    nextAt: now,
    day: null,
    claimedDay: null,
    refusals: 0,
    unknownRounds: 0,
  };
  return { call: again, newCalls: [], steps, releaseClaims: false };
}
