import type { EventReference } from '../model/event.ts';
import type { Result, ResultDelivery, ResultRecipient } from '../model/result.ts';

/**
 * A result under the names and in the shape that the results topic promises (schemas/results). Longs are `bigint`
 * and times milliseconds; both encodings are made from this one value, so they cannot differ.
 */
export function wireValue(result: Result): Readonly<Record<string, unknown>> {
  return {
    result_id: result.resultId,
    seq: result.seq,
    status: result.status,
    final: result.final,
    amendment: result.amendment,
    reason: result.reason,
    related: result.related,
    error:
      result.error === null
        ? null
        : { code: result.error.code, message: result.error.message, class: result.error.class },
    notification_id: result.notificationId,
    route: result.route,
    template: result.template,
    app: result.app,
    agent_id: BigInt(result.agentId),
    config_hash: result.configHash,
    msgtype: result.msgtype,
    event: wireEvent(result.event),
    audience: { kind: result.audience.kind, dept_id_list: result.audience.deptIdList.map(BigInt) },
    deliveries: result.deliveries.map(wireDelivery),
    recipients: result.recipients.map(wireRecipient),
    counts: {
      read: result.counts.read,
      unread: result.counts.unread,
      arrived: result.counts.arrived,
      pending: result.counts.pending,
      invalid: result.counts.invalid,
      forbidden: result.counts.forbidden,
      failed: result.counts.failed,
      unresolved: result.counts.unresolved,
      suppressed: result.counts.suppressed,
    },
    invalid_dept_ids: result.invalidDeptIds.map(BigInt),
    deferred_until: wireTime(result.deferredUntil),
    digest_size: result.digestSize,
    event_time: wireTime(result.eventTime),
    received_at: BigInt(result.receivedAt),
    occurred_at: BigInt(result.occurredAt),
    traceparent: result.traceparent,
  };
}

function wireEvent(event: EventReference): Readonly<Record<string, unknown>> {
  return {
    source: event.source,
    id: event.id,
    type: event.type,
    time: wireTime(event.time),
    topic: event.topic,
    partition: event.partition,
    offset: event.offset,
    key: event.key,
  };
}

function wireDelivery(delivery: ResultDelivery): Readonly<Record<string, unknown>> {
  return {
    delivery_id: delivery.deliveryId,
    part: delivery.part,
    task_id: delivery.taskId,
    status: delivery.status,
    attempts: delivery.attempts,
    accepted_at: wireTime(delivery.acceptedAt),
  };
}

function wireRecipient(recipient: ResultRecipient): Readonly<Record<string, unknown>> {
  return {
    userid: recipient.userid,
    mobile: recipient.mobile,
    status: recipient.status,
    code: recipient.code,
    reason: recipient.reason,
  };
}

function wireTime(ms: number | null): bigint | null {
  return ms === null ? null : BigInt(ms);
}
