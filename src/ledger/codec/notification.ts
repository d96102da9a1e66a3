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

/** Member by member, because leaving members out of a copy is many times slower; the type keeps the list complete. */
export function encodeProgress(notification: Notification): string {
  const progress: Packed<NotificationProgress> = {
    persons: notification.persons.map(packPerson),
    deliveries: notification.deliveries,
    invalidDeptIds: notification.invalidDeptIds,
    signals: notification.signals,
    seq: notification.seq,
    toldStatus: notification.toldStatus,
    toldReason: notification.toldReason,
    finalStatus: notification.finalStatus,
    finalReason: notification.finalReason,
    related: notification.related,
    digestSize: notification.digestSize,
    error: notification.error,
    resending: notification.resending,
  };
  return JSON.stringify(progress);
}

/** Rows of earlier versions do not say what was told last: the end is as much as they know. */
type Earlier = Partial<Pick<NotificationProgress, 'toldStatus' | 'toldReason'>>;

type Packed<Progress extends { readonly persons: unknown }> = Omit<Progress, 'persons'> & {
  readonly persons: readonly PackedPerson[];
};

type PackedPerson = Omit<Person, 'mobile'> & { readonly mobile: string | null };

function packPerson(person: Person): PackedPerson {
  if (person.mobile === null) return person as PackedPerson;
  return { ...person, mobile: person.mobile.reveal() };
}

export function decodeProgress(text: string): NotificationProgress {
  const packed = JSON.parse(text) as Packed<NotificationProgress>;
  const { toldStatus = packed.finalStatus, toldReason = packed.finalReason } = packed as Earlier;
  return { ...packed, toldStatus, toldReason, persons: packed.persons.map(unpackPerson) };
}

function unpackPerson(packed: PackedPerson): Person {
  if (packed.mobile === null) return packed as Person;
  return { ...packed, mobile: new Mobile(packed.mobile) };
}
