import type { Call } from '../../model/call.ts';
import type { Notification } from '../../model/notification.ts';
import { stepsOf, type CallStep, type Members } from './answers.ts';
import { updateDelivery } from './deliveries.ts';
import { markPersons } from './persons.ts';
import { settleWhenDone } from './settle.ts';
import { IllegalTransitionError, quietly, tellAmendment, type Step } from './tell.ts';

/** What a person decides about a call whose outcome nobody knows. */
export type Settlement = 'sent' | 'resend' | 'drop';

/**
 * A person settles a held call: it did arrive (`sent`), it is not worth it any more (`drop`), or it is to go out
 * again (`resend`), now as a new attempt with its own place in the day's limits. Each tells an amendment (a
 * resend when its outcome is known), unless the final result is still to come and tells it all.
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
          // The final verdict, where it is still to come, counts what arrived.
          status: notification.state === 'final' ? 'settled' : 'delivered',
          reason: 'sent',
        });
        return tellSettled(updated, 'sent', now);
      }
      case 'drop': {
        const told = markPersons(notification, mine, { status: 'failed', reason: 'dropped' });
        const updated = updateDelivery(told, member.part, {
          state: 'settled',
          status: 'settled',
          reason: 'dropped',
        });
        return tellSettled(updated, 'dropped', now);
      }
      case 'resend': {
        const fresh = { state: 'ready', status: null, reason: null } as const;
        const pending = markPersons(notification, mine, { status: 'pending' });
        const resending = notification.state === 'final';
        return quietly({ ...updateDelivery(pending, member.part, fresh), resending });
      }
    }
  });
  if (settlement !== 'resend')
    return { call: { ...call, state: 'closed' }, newCalls: [], steps, released: [] };
  // Whoever is reported as a duplicate now has the message of the attempt in doubt; of a broadcast nobody is reported.
  const doubt = call.kind === 'everyone' ? 0 : 1;
  const again: Call = {
    ...call,
    state: 'ready',
    nextAt: now,
    day: null,
    claimedDay: null,
    refusals: 0,
    busyRounds: 0,
    // As after a crash, so that the new attempt has all the rounds of an unanswered call before it.
    unknownRounds: doubt,
    crashes: doubt,
  };
  return { call: again, newCalls: [], steps, released: [] };
}

/** While other parts are still on their way, what was settled shows in the final result and needs no amendment. */
function tellSettled(notification: Notification, reason: 'sent' | 'dropped', now: number): Step {
  if (notification.state !== 'final') return settleWhenDone(notification, now);
  return tellAmendment(notification, { status: 'settled', reason }, now);
}
