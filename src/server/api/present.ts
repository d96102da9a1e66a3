import type { z } from 'zod';
import type { Hold } from '../../ledger/ledger.ts';
import type { Call } from '../../model/call.ts';
import type { DeadLetter } from '../../model/dead-letter.ts';
import type { Audience, RenderedMessage } from '../../model/plan.ts';
import type { Result, ResultError } from '../../model/result.ts';
import { maskOptional, maskText, presentable } from '../masking.ts';
import type {
  AuditEntry,
  ConfigurationSummary,
  DeadLetterSummary,
  NotificationDetail,
  NotificationSummary,
  OperationOutcome,
  QuotaView,
  RateSample,
  RouteSummary,
} from '../ports.ts';
import { faultJson, reloadJson } from '../reload.ts';
import type { ReloadReport } from '../ports.ts';
import type * as schemas from './schemas.ts';

/**
 * From the program's own data to what the API sends: field by field, so that nothing leaves which was not meant to,
 * and every text that upstream wrote goes through the mask.
 */
type Json<K extends keyof typeof schemas> = (typeof schemas)[K] extends z.ZodType
  ? z.output<(typeof schemas)[K]>
  : never;

/** The most of a record's value that is shown, in characters. */
const longestValue = 65_536;

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoOptional(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}

export function holdJson(hold: Hold): Json<'hold'> {
  return {
    subject: hold.subject,
    reason: hold.reason,
    detail: maskOptional(hold.detail),
    since: iso(hold.since),
    until: isoOptional(hold.until),
  };
}

export function quotaJson(quota: QuotaView): Json<'quota'> {
  return {
    app: quota.app,
    quota: quota.name,
    used: quota.used,
    limit: quota.limit,
    left: quota.limit === null ? null : Math.max(0, quota.limit - quota.used),
    resets_at: isoOptional(quota.resetsAt),
  };
}

export function rateJson(sample: RateSample): Json<'rate'> {
  return { ...sample, at: iso(sample.at), finals: { ...sample.finals } };
}

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
  const last = results.at(-1)?.result ?? null;
  return {
    ...summaryJson({
      ...one,
      msgtype: one.message?.msgtype ?? null,
      eventSource: one.event.source,
      eventId: one.event.id,
      eventType: one.event.type,
      status: last?.status ?? one.finalStatus,
      reason: last === null ? one.finalReason : last.reason,
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
    recall_requested: one.signals.recall,
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

export function audienceJson(audience: Audience): Json<'audience'> {
  return {
    userids: audience.userids.map(maskText),
    mobiles: audience.mobiles.map(String),
    dept_ids: [...audience.deptIds],
    everyone: audience.everyone,
  };
}

export function messageJson(message: RenderedMessage): Json<'message'> {
  const msg: unknown = JSON.parse(message.body);
  return { msgtype: message.msgtype, bytes: message.bytes, msg: presentable(msg) };
}

export function deadLetterJson(summary: DeadLetterSummary): Json<'deadLetterSummary'> {
  return {
    id: summary.id,
    stage: summary.stage,
    reason: summary.reason,
    message: maskText(summary.message),
    topic: summary.topic,
    partition: summary.partition,
    offset: String(summary.offset),
    route: summary.route,
    notification_id: summary.notificationId,
    at: iso(summary.at),
    redriven_as: [...summary.redrivenAs],
  };
}

export function deadLetterDetailJson(
  summary: DeadLetterSummary,
  deadLetter: DeadLetter | null,
): Json<'deadLetterDetail'> {
  const record = deadLetter?.record ?? null;
  return {
    ...deadLetterJson(summary),
    exception_class: deadLetter?.exceptionClass ?? null,
    record:
      record === null
        ? null
        : {
            timestamp: iso(record.timestamp),
            key: textOf(record.key),
            headers: record.headers.map(({ key, value }) => ({ key: maskText(key), value: textOf(value) })),
            value: textOf(record.value),
            value_bytes: record.value?.byteLength ?? null,
          },
  };
}

/** Bytes as text: UTF-8 where it is text; else only what can be read of it, a dot for every other byte. */
function textOf(bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  const decoded = bytes.toString('utf8');
  const readable = decoded.includes('\uFFFD') ? bytes.toString('latin1') : decoded;
  // eslint-disable-next-line no-control-regex -- the control characters are what is replaced
  const text = maskText(readable.replace(/[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]/g, '·'));
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}

export function routeJson(route: RouteSummary): Json<'route'> {
  return {
    name: route.name,
    description: maskOptional(route.description),
    on: [...route.on],
    type: route.type === null ? null : [...route.type],
    when: maskOptional(route.when),
    app: route.app,
    template: route.template,
    enabled: route.enabled,
    file: route.file,
    line: route.line,
  };
}

export function configurationJson(
  current: ConfigurationSummary,
  lastReload: ReloadReport | null,
): Json<'configuration'> {
  return {
    hash: current.hash,
    path: current.path,
    loaded_at: iso(current.loadedAt),
    topics: [...current.topics],
    templates: [...current.templates],
    groups: [...current.groups],
    apps: current.apps.map((app) => ({ name: app.name, agent_id: app.agentId })),
    warnings: current.warnings.map(faultJson),
    last_reload: lastReload === null ? null : reloadJson(lastReload),
  };
}

export function outcomeJson(outcome: OperationOutcome): Json<'outcome'> {
  return {
    id: outcome.id,
    ok: outcome.ok,
    outcome: outcome.outcome,
    message: maskOptional(outcome.message),
    created: [...outcome.created],
  };
}

export function auditJson(entry: AuditEntry): Json<'auditEntry'> {
  return {
    id: entry.id,
    at: iso(entry.at),
    actor: entry.actor,
    action: entry.action,
    targets: [...entry.targets],
    note: maskOptional(entry.note),
    outcome: entry.outcome,
    message: maskOptional(entry.message),
  };
}
