import type { z } from 'zod';
import type { Hold } from '../../ledger/ledger.ts';
import type { Audience, RenderedMessage } from '../../model/plan.ts';
import { maskOptional, maskText, presentable } from '../masking.ts';
import type {
  AuditEntry,
  ConfigurationSummary,
  OperationOutcome,
  QuotaView,
  RateSample,
  ReloadReport,
  RouteSummary,
} from '../ports.ts';
import { faultJson, reloadJson } from '../reload.ts';
import type * as schemas from './schemas.ts';

/**
 * From the program's own data to what the API sends: field by field, so that nothing leaves which was not meant to,
 * and every text that upstream wrote goes through the mask.
 */
export type Json<K extends keyof typeof schemas> = (typeof schemas)[K] extends z.ZodType
  ? z.output<(typeof schemas)[K]>
  : never;

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
    // The caller's own word comes back when it names nothing.
    id: maskText(outcome.id),
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
