import { Mobile } from '../../base/sensitive.ts';
import type { Notification, Person } from '../../model/notification.ts';
import type { Audience } from '../../model/plan.ts';
import { packReference, unpackReference, type PackedReference } from './event.ts';

/** What is fixed when a notification is made (its message until its media are known); long, and seldom written. */
export type NotificationPlan = Pick<
  Notification,
  | 'route'
  | 'item'
  | 'template'
  | 'app'
  | 'agentId'
  | 'configHash'
  | 'event'
  | 'recordKey'
  | 'traceparent'
  | 'receivedAt'
  | 'audience'
  | 'message'
  | 'contentHash'
  | 'policies'
>;

/** Columns of their own, because queries look for them. */
type Columns = 'id' | 'state' | 'dueAt';

/** All the rest: what changes on the way from plan to last result. */
export type NotificationProgress = Omit<Notification, keyof NotificationPlan | Columns>;

export function planOf(notification: Notification): NotificationPlan {
  return {
    route: notification.route,
    item: notification.item,
    template: notification.template,
    app: notification.app,
    agentId: notification.agentId,
    configHash: notification.configHash,
    event: notification.event,
    recordKey: notification.recordKey,
    traceparent: notification.traceparent,
    receivedAt: notification.receivedAt,
    audience: notification.audience,
    message: notification.message,
    contentHash: notification.contentHash,
    policies: notification.policies,
  };
}

/** Objects are never changed, so an equal plan is made of the very same parts. */
export function samePlan(notification: Notification, plan: NotificationPlan): boolean {
  return (
    notification.message === plan.message &&
    notification.policies === plan.policies &&
    notification.audience === plan.audience &&
    notification.event === plan.event &&
    notification.contentHash === plan.contentHash &&
    notification.template === plan.template &&
    notification.configHash === plan.configHash &&
    notification.agentId === plan.agentId &&
    notification.app === plan.app &&
    notification.route === plan.route &&
    notification.item === plan.item &&
    notification.recordKey === plan.recordKey &&
    notification.traceparent === plan.traceparent &&
    notification.receivedAt === plan.receivedAt
  );
}

export function encodePlan(plan: NotificationPlan): string {
  return JSON.stringify({ ...plan, event: packReference(plan.event), audience: packAudience(plan.audience) });
}

type PackedAudience = Omit<Audience, 'mobiles'> & { readonly mobiles: readonly string[] };

export function decodePlan(text: string): NotificationPlan {
  const packed = JSON.parse(text) as Omit<NotificationPlan, 'event' | 'audience'> & {
    readonly event: PackedReference;
    readonly audience: PackedAudience;
  };
  return { ...packed, event: unpackReference(packed.event), audience: unpackAudience(packed.audience) };
}

function packAudience(audience: Audience): PackedAudience {
  return { ...audience, mobiles: audience.mobiles.map((mobile) => mobile.reveal()) };
}

function unpackAudience(packed: PackedAudience): Audience {
  return { ...packed, mobiles: packed.mobiles.map((mobile) => new Mobile(mobile)) };
}

export function encodeProgress(notification: Notification): string {
  const {
    id: _id,
    state: _state,
    dueAt: _dueAt,
    route: _route,
    item: _item,
    template: _template,
    app: _app,
    agentId: _agentId,
    configHash: _configHash,
    event: _event,
    recordKey: _recordKey,
    traceparent: _traceparent,
    receivedAt: _receivedAt,
    audience: _audience,
    message: _message,
    contentHash: _contentHash,
    policies: _policies,
    ...progress
  } = notification;
  return JSON.stringify({ ...progress, persons: notification.persons.map(packPerson) });
}

type PackedPerson = Omit<Person, 'mobile'> & { readonly mobile: string | null };

function packPerson(person: Person): PackedPerson {
  return { ...person, mobile: person.mobile === null ? null : person.mobile.reveal() };
}

export function decodeProgress(text: string): NotificationProgress {
  const packed = JSON.parse(text) as Omit<NotificationProgress, 'persons'> & {
    readonly persons: readonly PackedPerson[];
  };
  return { ...packed, persons: packed.persons.map(unpackPerson) };
}

function unpackPerson(packed: PackedPerson): Person {
  return { ...packed, mobile: packed.mobile === null ? null : new Mobile(packed.mobile) };
}
