import type { Delivery, Notification, Person } from '../../model/notification.ts';
import type { ResultStatus } from '../../model/result.ts';
import { hasArrived, markPersons } from './persons.ts';
import { quietly, tellAmendment, tellFinal, type Step } from './tell.ts';

/**
 * Ends a notification when all its deliveries have, and tells the one final result; otherwise nothing. Called
 * after every transition that may have been the last.
 */
export function settleWhenDone(notification: Notification, now: number): Step {
  if (!notification.deliveries.every(isOver)) return quietly(notification);
  if (notification.resending) {
    return tellAmendment({ ...notification, resending: false }, { status: 'settled', reason: 'resent' }, now);
  }
  if (notification.state !== 'active') return quietly(notification);
  const verdict = verdictOf(notification);
  // Whoever is still in doubt when nothing more will be asked stays `pending`, with why.
  const told = markPersons(notification, (person) => person.status === 'pending' && person.reason === null, {
    status: 'pending',
    reason: verdict.status === 'unknown' ? verdict.reason : 'no_result',
  });
  return tellFinal(told, { ...verdict, error: notification.error }, now);
}

function isOver(delivery: Delivery): boolean {
  return delivery.state === 'settled' || delivery.state === 'unknown';
}

const takenBackOrNeverThere: ReadonlySet<ResultStatus | null> = new Set(['recalled', 'suppressed', 'failed']);

/** The final status of a notification whose deliveries are all over. Every line has its test. */
export function verdictOf(notification: Notification): { status: ResultStatus; reason: string | null } {
  const { persons } = notification;
  // Of a delivery that was split only its parts have a fate.
  const deliveries = notification.deliveries.filter(({ status }) => status !== null);
  const unknown = deliveries.find((delivery) => delivery.state === 'unknown');
  if (unknown !== undefined) return { status: 'unknown', reason: unknown.reason ?? 'no_answer' };
  // What was still to be sent when the recall came was cancelled; nobody has anything of it.
  if (
    deliveries.some((delivery) => delivery.status === 'recalled') &&
    deliveries.every(({ status }) => takenBackOrNeverThere.has(status))
  ) {
    return { status: 'recalled', reason: null };
  }
  if (
    notification.policies.track === 'accepted' &&
    deliveries.some((delivery) => delivery.status === 'accepted')
  ) {
    return persons.every((person) => person.status === 'pending') &&
      deliveries.every(({ kind, status }) => kind === 'users' || status === 'accepted')
      ? { status: 'accepted', reason: null }
      : { status: 'partial', reason: null };
  }
  if (deliveries.some((delivery) => delivery.status === 'unverified'))
    return { status: 'unverified', reason: null };

  const arrived = persons.filter((person) => hasArrived(person.status)).length;
  const namesNobody = persons.length === 0;
  if (
    namesNobody &&
    notification.invalidDeptIds.length === 0 &&
    deliveries.some((d) => d.status === 'delivered')
  ) {
    return { status: 'delivered', reason: null };
  }
  if (arrived > 0) {
    const all =
      arrived === persons.length && notification.invalidDeptIds.length === 0 && !deliveries.some(failed);
    return all ? { status: 'delivered', reason: null } : { status: 'partial', reason: null };
  }
  return nobody(persons, deliveries);
}

/** DingTalk refused the whole call for good. */
function failed(delivery: Delivery): boolean {
  return delivery.reason === 'rejected';
}

/** Nobody has it: `suppressed` when our own rule alone is the cause, else `failed` with the cause of the most. */
function nobody(
  persons: readonly Person[],
  deliveries: readonly Delivery[],
): { status: ResultStatus; reason: string | null } {
  const ours = [
    ...persons.map((person) => (person.status === 'suppressed' ? person.reason : null)),
    ...deliveries.filter((delivery) => delivery.kind !== 'users').map((delivery) => delivery.reason),
  ];
  const reasons = ours.filter((reason) => reason !== null);
  if (ours.length > 0 && reasons.length === ours.length && !deliveries.some(failed)) {
    return { status: 'suppressed', reason: commonest(reasons) };
  }
  if (deliveries.some(failed)) return { status: 'failed', reason: 'rejected' };
  const causes = persons.filter((person) => person.status !== 'suppressed').map(causeOf);
  if (causes.length === 0) return { status: 'failed', reason: 'invalid_recipients' };
  return { status: 'failed', reason: commonest(causes) };
}

function causeOf(person: Person): string {
  switch (person.status) {
    case 'unresolved':
      return 'unresolved_recipients';
    case 'forbidden':
      return 'forbidden';
    case 'invalid':
      return 'invalid_recipients';
    case 'failed':
      return person.reason === 'rejected' ? 'rejected' : 'failed_at_dingtalk';
    case 'suppressed':
    case 'pending':
    case 'read':
    case 'unread':
    case 'arrived':
      return 'failed_at_dingtalk';
  }
}

function commonest(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most))[0];
}
