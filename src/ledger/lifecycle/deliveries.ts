import { sha256, stableId, timedId } from '../../base/ids.ts';
import type { Call } from '../../model/call.ts';
import { departmentChunks, type DepartmentSizes } from '../../model/department-chunks.ts';
import type { Delivery, DeliveryKind, Notification, Person } from '../../model/notification.ts';
import { IllegalTransitionError } from './tell.ts';

/** How an audience is cut into calls; the numbers are DingTalk's (see docs/dingtalk.md). */
export interface PartSizes extends DepartmentSizes {
  readonly users: number;
  /** People that everyone counts for in the limit of recipients a minute. */
  readonly companySize: number;
}

export interface Parts {
  readonly notification: Notification;
  readonly calls: readonly Call[];
}

/**
 * Cuts a notification into deliveries, users first, then departments, or everyone in one; each gets a call that is
 * due at once. Only people with a userid who are still `pending` are sent to.
 */
export function planDeliveries(
  notification: Notification,
  body: string,
  sizes: PartSizes,
  now: number,
): Parts {
  const { audience } = notification;
  if (audience.everyone)
    return addPart(activate(notification), body, { kind: 'everyone', people: sizes.companySize }, now);
  const userids = notification.persons.flatMap((person) =>
    person.status === 'pending' && person.userid !== null && person.part === null ? [person.userid] : [],
  );
  let parts: Parts = { notification: activate(notification), calls: [] };
  for (const chunk of chunks(userids, sizes.users)) {
    parts = join(
      parts,
      addPart(parts.notification, body, { kind: 'users', userids: chunk, people: chunk.length }, now),
    );
  }
  for (const chunk of departmentChunks(audience.deptIds, sizes)) {
    const people = chunk.reduce((sum, deptId) => sum + sizes.departmentSize(deptId), 0);
    parts = join(
      parts,
      addPart(parts.notification, body, { kind: 'departments', deptIds: chunk, people }, now),
    );
  }
  return parts;
}

/** The id of a notification's delivery, the same whenever it is made. */
export function deliveryIdOf(notificationId: string, part: number): string {
  return stableId('dlv', notificationId, part);
}

interface PartContent {
  readonly kind: DeliveryKind;
  readonly userids?: readonly string[];
  readonly deptIds?: readonly number[];
  readonly people: number;
}

/** Adds one delivery for some of the notification's people; also used to send again to a few of them. */
export function addPart(
  notification: Notification,
  body: string,
  content: PartContent,
  dueAt: number,
): Parts {
  const part = notification.deliveries.length + 1;
  const userids = content.userids ?? [];
  const deptIds = content.deptIds ?? [];
  const id = deliveryIdOf(notification.id, part);
  const delivery: Delivery = {
    id,
    part,
    kind: content.kind,
    deptIds,
    state: 'ready',
    status: null,
    reason: null,
    attempts: 0,
    taskId: null,
    acceptedAt: null,
  };
  const mine = new Set(userids);
  const persons = notification.persons.map((person): Person =>
    person.userid !== null && mine.has(person.userid) ? { ...person, part } : person,
  );
  const call: Call = {
    id: timedId('call', notification.receivedAt, id),
    app: notification.app,
    kind: content.kind,
    members: [{ notificationId: notification.id, part, userids }],
    deptIds,
    body,
    contentHash: hashOf(notification, body),
    priority: notification.policies.priority,
    mergeable:
      notification.policies.mergeable && content.kind === 'users' && notification.message?.statusBar !== true,
    people: content.people,
    state: 'ready',
    nextAt: dueAt,
    attempts: 0,
    refusals: 0,
    busyRounds: 0,
    unknownRounds: 0,
    crashes: 0,
    day: null,
    claimedDay: null,
    taskId: null,
    acceptedAt: null,
    checks: 0,
    progressDone: false,
  };
  return {
    notification: { ...notification, persons, deliveries: [...notification.deliveries, delivery] },
    calls: [call],
  };
}

/** Of a message that is sent as it was planned the hash is known. */
function hashOf({ message, contentHash }: Notification, body: string): string {
  return body === message?.body && contentHash !== null ? contentHash : sha256(body);
}

/** Changes one delivery of a notification. */
export function updateDelivery(
  notification: Notification,
  part: number,
  change: Partial<Delivery>,
): Notification {
  if (!notification.deliveries.some((delivery) => delivery.part === part)) {
    throw new IllegalTransitionError(`notification ${notification.id} has no delivery ${part}`);
  }
  return {
    ...notification,
    deliveries: notification.deliveries.map((delivery) =>
      delivery.part === part ? { ...delivery, ...change } : delivery,
    ),
  };
}

export function deliveryOf(notification: Notification, part: number): Delivery {
  const delivery = notification.deliveries.find((each) => each.part === part);
  if (delivery === undefined)
    throw new IllegalTransitionError(`notification ${notification.id} has no delivery ${part}`);
  return delivery;
}

function activate(notification: Notification): Notification {
  if (notification.state !== 'waiting') {
    throw new IllegalTransitionError(`notification ${notification.id} is ${notification.state}, not waiting`);
  }
  return { ...notification, state: 'active' };
}

function join(before: Parts, after: Parts): Parts {
  return { notification: after.notification, calls: [...before.calls, ...after.calls] };
}

/** Cuts a list into pieces of at most `size`, in order. */
export function chunks<T>(list: readonly T[], size: number): T[][] {
  const pieces: T[][] = [];
  for (let start = 0; start < list.length; start += size) pieces.push(list.slice(start, start + size));
  return pieces;
}
