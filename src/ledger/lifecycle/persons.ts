import type { Mobile } from '../../base/sensitive.ts';
import type { Notification, Person } from '../../model/notification.ts';
import type { Audience } from '../../model/plan.ts';
import type { RecipientStatus } from '../../model/result.ts';

/** What a person is given when nothing is known of them yet. */
const blank = { code: null, reason: null, part: null, failedRetries: 0, rateRetries: 0 } as const;

/** The planned people of an audience; those of departments and broadcasts are not known by name. */
export function plannedPersons(audience: Audience): readonly Person[] {
  return [
    ...audience.userids.map((userid): Person => ({ ...blank, userid, mobile: null, status: 'pending' })),
    ...audience.mobiles.map((mobile): Person => ({ ...blank, userid: null, mobile, status: 'pending' })),
  ];
}

/**
 * Gives mobiles their userids and folds those that lead to one person together, so that nobody is sent to twice.
 * `found` holds a userid, or null where DingTalk knows nobody by that number; numbers not in it stay as they are.
 */
export function resolvePersons(
  persons: readonly Person[],
  found: (mobile: Mobile) => { readonly userid: string | null; readonly code: string | null } | undefined,
): readonly Person[] {
  const seen = new Set(persons.filter((person) => person.mobile === null).map((person) => person.userid));
  const resolved: Person[] = [];
  for (const person of persons) {
    if (person.mobile === null || person.userid !== null || person.status !== 'pending') {
      resolved.push(person);
      continue;
    }
    const entry = found(person.mobile);
    if (entry === undefined) {
      resolved.push(person);
    } else if (entry.userid === null) {
      resolved.push({ ...person, status: 'unresolved', code: entry.code, reason: 'unknown_mobile' });
    } else if (!seen.has(entry.userid)) {
      seen.add(entry.userid);
      resolved.push({ ...person, userid: entry.userid });
    }
  }
  return resolved;
}

/** Mobiles that still wait for their lookup. */
export function unresolvedMobiles(notification: Notification): readonly Mobile[] {
  return notification.persons.flatMap((person) =>
    person.mobile !== null && person.userid === null && person.status === 'pending' ? [person.mobile] : [],
  );
}

/** What became of one person; fields left out stay as they were. */
export interface PersonUpdate {
  readonly status: RecipientStatus;
  readonly code?: string | null;
  readonly reason?: string | null;
}

/** Applies updates to the people of one delivery, by userid. */
export function updatePersons(
  notification: Notification,
  part: number,
  updates: ReadonlyMap<string, PersonUpdate>,
): Notification {
  if (updates.size === 0) return notification;
  const persons = notification.persons.map((person) => {
    if (person.part !== part || person.userid === null) return person;
    const update = updates.get(person.userid);
    if (update === undefined) return person;
    return { ...person, status: update.status, code: update.code ?? null, reason: update.reason ?? null };
  });
  return { ...notification, persons };
}

/** Gives every person that `chosen` accepts the same fate. */
export function markPersons(
  notification: Notification,
  chosen: (person: Person) => boolean,
  update: PersonUpdate,
): Notification {
  const persons = notification.persons.map((person) =>
    chosen(person)
      ? { ...person, status: update.status, code: update.code ?? null, reason: update.reason ?? null }
      : person,
  );
  return { ...notification, persons };
}

/** Statuses that prove the message is at the person's client. */
export function hasArrived(status: RecipientStatus): boolean {
  return status === 'read' || status === 'unread' || status === 'arrived';
}

export function countPersons(persons: readonly Person[]): Record<RecipientStatus, number> {
  const counts: Record<RecipientStatus, number> = {
    read: 0,
    unread: 0,
    arrived: 0,
    pending: 0,
    invalid: 0,
    forbidden: 0,
    failed: 0,
    unresolved: 0,
    suppressed: 0,
  };
  for (const person of persons) counts[person.status] += 1;
  return counts;
}
