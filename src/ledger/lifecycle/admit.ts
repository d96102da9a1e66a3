import { sha256, stableId, timedId } from '../../base/ids.ts';
import type { EventReference } from '../../model/event.ts';
import type { DeadLetter } from '../../model/dead-letter.ts';
import { noSignals, type Notification } from '../../model/notification.ts';
import type { PlannedNotification } from '../../model/plan.ts';
import type { RawRecord } from '../../model/record.ts';
import { markPersons, plannedPersons } from './persons.ts';
import { tellFinal, tellInterim, withDeadLetter, type Step } from './tell.ts';

/** Where a planned notification comes from; the same for all of an event. */
export interface Origin {
  readonly event: EventReference;
  readonly record: RawRecord;
  readonly traceparent: string | null;
  readonly receivedAt: number;
  readonly configHash: string;
  /** Set when a dead letter is tried again: the redrive's dead-letter id, and the notification that failed. */
  readonly redrive: { readonly deadLetterId: string; readonly related: string | null } | null;
}

/**
 * The id that a (record, route, item) has on every instance and in every life of the ledger, so that a second one cannot
 * be made. It begins with the record's time, for ids that are written together to lie together in the ledger's index; a
 * redrive has no such time, because the dead-letter topic keeps all of a record but that.
 */
export function notificationId(
  origin: Pick<Origin, 'event' | 'redrive'> & { readonly record: Pick<RawRecord, 'timestamp'> },
  route: string,
  item: number,
): string {
  const parts = [origin.event.source, origin.event.id, route, item];
  return origin.redrive === null
    ? timedId('ntf', origin.record.timestamp, ...parts)
    : stableId('ntf', ...parts, 'redrive', origin.redrive.deadLetterId);
}

/** A new notification, waiting and due now; nothing is told of it yet. */
export function newNotification(planned: PlannedNotification, origin: Origin, now: number): Notification {
  return {
    id: notificationId(origin, planned.route, planned.item),
    route: planned.route,
    item: planned.item,
    template: planned.template,
    app: planned.app,
    agentId: planned.agentId,
    configHash: origin.configHash,
    event: origin.event,
    recordKey: origin.record.key === null ? null : origin.record.key.toString('base64'),
    traceparent: origin.traceparent,
    receivedAt: origin.receivedAt,
    audience: planned.audience,
    message: planned.message,
    contentHash: planned.message === null ? null : sha256(planned.message.body),
    policies: planned.policies,
    state: 'waiting',
    dueAt: now,
    persons: plannedPersons(planned.audience),
    deliveries: [],
    invalidDeptIds: [],
    signals: noSignals,
    seq: 0,
    toldStatus: null,
    toldReason: null,
    finalStatus: null,
    finalReason: null,
    related: origin.redrive?.related ?? null,
    digestSize: null,
    error: null,
    resending: false,
  };
}

/** Not sent by our own rule: the end, with the notification that caused it, if one did. */
export function suppress(
  notification: Notification,
  reason: string,
  related: string | null,
  now: number,
): Step {
  const told = markPersons(notification, (person) => person.status === 'pending', {
    status: 'suppressed',
    reason,
  });
  return tellFinal(told, { status: 'suppressed', reason, related }, now);
}

/** Will be sent later: the notification waits until `until`. */
export function defer(
  notification: Notification,
  reason: 'quiet_hours' | 'limit' | 'hold',
  until: number,
  now: number,
): Step {
  return tellInterim(
    { ...notification, state: 'waiting', dueAt: until },
    { status: 'deferred', reason, deferredUntil: until },
    now,
  );
}

/** What a rule could not do with an event. */
export interface RuleFailure {
  readonly reason: string;
  readonly stage: 'match' | 'render';
  readonly message: string;
}

/** A fault of the rule with this event: the end, and a dead letter so that it can be tried again when mended. */
export function failPlanning(
  notification: Notification,
  failure: RuleFailure,
  record: RawRecord,
  now: number,
): Step {
  const step = tellRuleFailure(notification, failure, now);
  return withDeadLetter(
    step,
    deadLetterOf(step.notification, record, { ...failure, exceptionClass: ruleError }),
  );
}

/**
 * The same for the digest of several events. Each of them, by the id of its member, can be tried again by itself and
 * joins a digest anew.
 */
export function failDigest(
  notification: Notification,
  failure: RuleFailure,
  records: ReadonlyMap<string, RawRecord>,
  now: number,
): Step {
  const step = tellRuleFailure(notification, failure, now);
  const letters = digestDeadLettersOf(step.notification, records, { ...failure, exceptionClass: ruleError });
  return letters.reduce(withDeadLetter, step);
}

const ruleError = 'dingbus.RuleError';

function tellRuleFailure(notification: Notification, failure: RuleFailure, now: number): Step {
  const { reason, message, stage } = failure;
  const told = markPersons(notification, () => true, { status: 'failed', reason });
  return tellFinal(told, { status: 'failed', reason, error: { code: reason, message, class: stage } }, now);
}

export type DeadLetterFault = Pick<DeadLetter, 'stage' | 'reason' | 'message' | 'exceptionClass'>;

/** The dead letters of a digest, one for each of its members: `records` by the id of the member. */
export function digestDeadLettersOf(
  digest: Notification,
  records: ReadonlyMap<string, RawRecord>,
  fault: DeadLetterFault,
): readonly DeadLetter[] {
  return [...records].map(([member, record]) => ({
    ...deadLetterOf(digest, record, fault),
    id: stableId('dlq', digest.id, fault.reason, member),
  }));
}

/** The dead letter of a notification; its id depends on nothing but the notification and the reason. */
export function deadLetterOf(
  notification: Notification,
  record: RawRecord,
  fault: DeadLetterFault,
): DeadLetter {
  return {
    id: stableId('dlq', notification.id, fault.reason),
    record,
    stage: fault.stage,
    reason: fault.reason,
    message: fault.message,
    exceptionClass: fault.exceptionClass,
    route: notification.route,
    notificationId: notification.id,
  };
}
