import { DingbusError } from '../../base/errors.ts';
import type { DeadLetter } from '../../model/dead-letter.ts';
import type { Notification } from '../../model/notification.ts';
import type { Result, ResultError, ResultStatus } from '../../model/result.ts';
import type { OutboxItem } from '../ledger.ts';
import { countPersons } from './persons.ts';

/** A notification after a transition, and what must be published because of it: saved in one transaction. */
export interface Step {
  readonly notification: Notification;
  readonly outbox: readonly OutboxItem[];
}

export interface Telling {
  readonly status: ResultStatus;
  readonly reason?: string | null;
  readonly related?: string | null;
  readonly error?: ResultError | null;
  readonly deferredUntil?: number | null;
}

/** A transition that the state machine does not have: a bug in the caller, never a fault of the outside. */
export class IllegalTransitionError extends DingbusError {
  readonly code = 'illegal_transition';
}

/** Tells something that is not the end; of a delivery that is sent again after the end, only the outcome is told. */
export function tellInterim(notification: Notification, telling: Telling, now: number): Step {
  if (notification.resending) return quietly(notification);
  requireOpen(notification, telling);
  return append(notification, telling, { final: false, amendment: false }, now);
}

/** Tells the end: exactly once in a notification's life. */
export function tellFinal(notification: Notification, telling: Telling, now: number): Step {
  requireOpen(notification, telling);
  const ended: Notification = {
    ...notification,
    state: 'final',
    finalStatus: telling.status,
    finalReason: telling.reason ?? null,
    related: telling.related ?? notification.related,
    error: telling.error ?? notification.error,
  };
  return append(ended, telling, { final: true, amendment: false }, now);
}

/** Tells what happened after the end: `read`, `recalled`, `settled`. */
export function tellAmendment(notification: Notification, telling: Telling, now: number): Step {
  if (notification.state !== 'final') {
    throw new IllegalTransitionError(
      `notification ${notification.id}: an amendment (${telling.status}) before its final result`,
    );
  }
  return append(notification, telling, { final: false, amendment: true }, now);
}

/** Adds a dead letter to a step. */
export function withDeadLetter(step: Step, deadLetter: DeadLetter): Step {
  return { ...step, outbox: [...step.outbox, { kind: 'dead_letter', deadLetter }] };
}

/** Runs one step after another over the same notification. */
export function andThen(first: Step, next: (notification: Notification) => Step): Step {
  const second = next(first.notification);
  return { notification: second.notification, outbox: [...first.outbox, ...second.outbox] };
}

/** A step that tells nothing. */
export function quietly(notification: Notification): Step {
  return { notification, outbox: [] };
}

function requireOpen(notification: Notification, telling: Telling): void {
  if (notification.state === 'final') {
    throw new IllegalTransitionError(
      `notification ${notification.id}: ${telling.status} after its final result (${String(notification.finalStatus)})`,
    );
  }
}

function append(
  notification: Notification,
  telling: Telling,
  kind: { readonly final: boolean; readonly amendment: boolean },
  now: number,
): Step {
  const told = { toldStatus: telling.status, toldReason: telling.reason ?? null };
  const next = { ...notification, ...told, seq: notification.seq + 1 };
  const result = composeResult(next, telling, kind, now);
  return { notification: next, outbox: [{ kind: 'result', result, recordKey: notification.recordKey }] };
}

function composeResult(
  notification: Notification,
  telling: Telling,
  kind: { readonly final: boolean; readonly amendment: boolean },
  now: number,
): Result {
  return {
    resultId: `${notification.id}-${notification.seq}`,
    seq: notification.seq,
    status: telling.status,
    final: kind.final,
    amendment: kind.amendment,
    reason: telling.reason ?? null,
    related: telling.related ?? notification.related,
    error: telling.error ?? null,
    notificationId: notification.id,
    route: notification.route,
    template: notification.template,
    app: notification.app,
    agentId: notification.agentId,
    configHash: notification.configHash,
    msgtype: notification.message?.msgtype ?? null,
    event: notification.event,
    audience: { kind: audienceKind(notification), deptIdList: notification.audience.deptIds },
    deliveries: notification.deliveries.map((delivery) => ({
      deliveryId: delivery.id,
      part: delivery.part,
      taskId: delivery.taskId,
      status: delivery.status ?? delivery.state,
      attempts: delivery.attempts,
      acceptedAt: delivery.acceptedAt,
    })),
    recipients: notification.persons.map((person) => ({
      userid: person.userid,
      mobile: person.mobile === null ? null : String(person.mobile),
      status: person.status,
      code: person.code,
      reason: person.reason,
    })),
    counts: countPersons(notification.persons),
    invalidDeptIds: notification.invalidDeptIds,
    deferredUntil: telling.deferredUntil ?? null,
    digestSize: notification.digestSize,
    eventTime: notification.event.time,
    receivedAt: notification.receivedAt,
    occurredAt: now,
    traceparent: notification.traceparent,
  };
}

function audienceKind(notification: Notification): Result['audience']['kind'] {
  const { everyone, deptIds, userids, mobiles } = notification.audience;
  if (everyone) return 'everyone';
  if (deptIds.length === 0) return 'users';
  return userids.length + mobiles.length === 0 ? 'departments' : 'mixed';
}
