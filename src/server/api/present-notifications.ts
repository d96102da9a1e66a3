import type { z } from 'zod';
import { wantsRecall } from '../../ledger/lifecycle/signals.ts';
import type { Call } from '../../model/call.ts';
import type { Result, ResultError } from '../../model/result.ts';
import { maskOptional, maskText } from '../masking.ts';
import type { NotificationDetail, NotificationSummary } from '../ports.ts';
import { audienceJson, iso, isoOptional, messageJson } from './present.ts';
import type * as shapes from './notification-schemas.ts';

type Json<K extends keyof typeof shapes> = z.output<(typeof shapes)[K]>;

export function summaryJson(summary: NotificationSummary): Json<'notificationSummary'> {
  return {
    id: summary.id,
    route: summary.route,
    app: summary.app,
    template: summary.template,
    msgtype: summary.msgtype,
    event: {
      source: maskText(summary.eventSource),
      id: maskText(summary.eventId),
      type: summary.eventType,
    },
    state: summary.state,
    status: summary.status,
    reason: summary.reason,
    persons: summary.persons,
    received_at: iso(summary.receivedAt),
    due_at: iso(summary.dueAt),
  };
}

export function detailJson(detail: NotificationDetail): Json<'notificationDetail'> {
  const { notification: one, calls, results, deadLetterIds } = detail;
  return {
    ...summaryJson({
      ...one,
      msgtype: one.message?.msgtype ?? null,
      eventSource: one.event.source,
      eventId: one.event.id,
      eventType: one.event.type,
      status: one.toldStatus,
      reason: one.toldReason,
      persons: one.persons.length,
    }),
    item: one.item,
    agent_id: one.agentId,
    config_hash: one.configHash,
    event: {
      source: maskText(one.event.source),
      id: maskText(one.event.id),
      type: one.event.type,
      time: isoOptional(one.event.time),
      topic: one.event.topic,
      partition: one.event.partition,
      offset: String(one.event.offset),
      key: maskOptional(one.event.key),
    },
    audience: audienceJson(one.audience),
    message: one.message === null ? null : messageJson(one.message),
    people: one.persons.map((person) => ({
      userid: maskOptional(person.userid),
      mobile: person.mobile === null ? null : person.mobile.toString(),
      status: person.status,
      code: person.code,
      reason: person.reason,
      part: person.part,
    })),
    deliveries: one.deliveries.map((delivery) => ({
      id: delivery.id,
      part: delivery.part,
      kind: delivery.kind,
      dept_ids: [...delivery.deptIds],
      state: delivery.state,
      status: delivery.status,
      reason: delivery.reason,
      attempts: delivery.attempts,
      task_id: delivery.taskId,
      accepted_at: isoOptional(delivery.acceptedAt),
    })),
    calls: calls.map((call) => callJson(call, one.id)),
    results: results.map(({ result, publishedAt }) => resultJson(result, publishedAt)),
    invalid_dept_ids: [...one.invalidDeptIds],
    recall_requested: one.deliveries.some(({ part }) => wantsRecall(one, part)),
    related: one.related,
    digest_size: one.digestSize,
    error: errorJson(one.error),
    dead_letters: [...deadLetterIds],
  };
}

function callJson(call: Call, notificationId: string): Json<'call'> {
  const mine = call.members.filter((member) => member.notificationId === notificationId);
  const all = new Set(call.members.map((member) => member.notificationId));
  return {
    id: call.id,
    parts: mine.map((member) => member.part),
    shared_with: Math.max(0, all.size - 1),
    state: call.state,
    attempts: call.attempts,
    refusals: call.refusals,
    unknown_rounds: call.unknownRounds,
    checks: call.checks,
    next_at: iso(call.nextAt),
    task_id: call.taskId,
    accepted_at: isoOptional(call.acceptedAt),
  };
}

function resultJson(
  result: Result,
  publishedAt: number | null,
): Json<'notificationDetail'>['results'][number] {
  return {
    result_id: result.resultId,
    seq: result.seq,
    status: result.status,
    final: result.final,
    amendment: result.amendment,
    reason: result.reason,
    related: result.related,
    error: errorJson(result.error),
    counts: { ...result.counts },
    deferred_until: isoOptional(result.deferredUntil),
    occurred_at: iso(result.occurredAt),
    published_at: isoOptional(publishedAt),
  };
}

function errorJson(error: ResultError | null): { code: string; message: string; class: string } | null {
  return error === null ? null : { ...error, message: maskText(error.message) };
}
