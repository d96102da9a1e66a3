import { z } from 'zod';

/** The shapes that the API sends. Names as in results and configuration; instants are ISO 8601 in UTC. */
export const instant = z.iso.datetime().describe('ISO 8601, UTC');
export const count = z.int().nonnegative();

export const resultStatuses = [
  'accepted',
  'deferred',
  'unknown',
  'delivered',
  'partial',
  'failed',
  'suppressed',
  'unverified',
  'read',
  'recalled',
  'settled',
] as const;
export const states = ['waiting', 'active', 'final'] as const;
export const stages = ['decode', 'match', 'render', 'deliver'] as const;
export const status = z.enum(resultStatuses);
const byStatus = z.partialRecord(status, count);
export const error = z.object({ code: z.string(), message: z.string(), class: z.string() });

export function pageOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next: z.ZodNullable<z.ZodString> }> {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Give it as `cursor` to get the next page; null at the end'),
  });
}

export const component = z.object({ component: z.string(), ok: z.boolean(), reason: z.string().nullable() });

export const fault = z.object({
  file: z.string(),
  line: z.int(),
  col: z.int(),
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  remedy: z.string().nullable(),
});

export const reloadReport = z.object({
  at: instant,
  ok: z.boolean(),
  config_hash: z.string().describe('Of the configuration in force now'),
  faults: z.array(fault),
  needs_restart: z.array(z.string()),
});

export const hold = z.object({
  subject: z.string().describe('An app, `route:<name>` or `*`'),
  reason: z.string(),
  detail: z.string().nullable(),
  since: instant,
  until: instant.nullable(),
});

export const quota = z.object({
  app: z.string(),
  quota: z.string(),
  used: z.number().nonnegative(),
  limit: z.number().nullable().describe('Null: counted, not limited'),
  left: z.number().nullable(),
  resets_at: instant.nullable(),
});

export const rate = z.object({
  at: instant,
  seconds: z.number(),
  consumed: count,
  notifications: count,
  finals: byStatus,
});

export const statusReport = z.object({
  now: instant,
  ready: z.boolean(),
  components: z.array(component),
  config_hash: z.string(),
  last_reload: reloadReport.nullable(),
  waiting: count,
  active: count,
  held: count,
  oldest_received_at: instant.nullable(),
  unpublished: count,
  today: byStatus.describe('Final results since the DingTalk day began'),
  lag: z.number().nullable().describe('Records behind, over the partitions of this instance; null = unknown'),
  holds: z.array(hold),
  rates: z.array(rate),
});

export const audience = z.object({
  userids: z.array(z.string()),
  mobiles: z.array(z.string()).describe('Masked'),
  dept_ids: z.array(z.number()),
  everyone: z.boolean(),
});

export const message = z.object({
  msgtype: z.string(),
  bytes: count,
  msg: z.unknown().describe('What DingTalk gets, mobile numbers masked'),
});

export const deadLetterSummary = z.object({
  id: z.string(),
  stage: z.enum(stages),
  reason: z.string(),
  message: z.string(),
  topic: z.string(),
  partition: z.int(),
  offset: z.string(),
  route: z.string().nullable(),
  notification_id: z.string().nullable(),
  at: instant,
  redriven_as: z.array(z.string()),
});

export const deadLetterDetail = deadLetterSummary.extend({
  exception_class: z.string().nullable(),
  record: z
    .object({
      timestamp: instant,
      key: z.string().nullable(),
      headers: z.array(z.object({ key: z.string(), value: z.string().nullable() })),
      value: z.string().nullable().describe('As text, mobile numbers masked, cut off when long'),
      value_bytes: count.nullable(),
    })
    .nullable(),
});

export const route = z.object({
  name: z.string(),
  description: z.string().nullable(),
  on: z.array(z.string()),
  type: z.array(z.string()).nullable(),
  when: z.string().nullable(),
  app: z.string(),
  template: z.string().nullable(),
  enabled: z.boolean(),
  file: z.string(),
  line: z.int(),
});

export const configuration = z.object({
  hash: z.string(),
  path: z.string(),
  loaded_at: instant,
  topics: z.array(z.string()),
  templates: z.array(z.string()),
  groups: z.array(z.string()),
  apps: z.array(z.object({ name: z.string(), agent_id: z.number() })),
  warnings: z.array(fault),
  last_reload: reloadReport.nullable(),
});

export const explanation = z.object({
  event: z.object({ source: z.string(), id: z.string(), type: z.string().nullable(), topic: z.string() }),
  config_hash: z.string(),
  routes: z.array(
    z.object({
      route: z.string(),
      verdict: z.enum(['matched', 'not_matched', 'skipped', 'disabled', 'failed']),
      checks: z.array(
        z.object({
          clause: z.string(),
          ok: z.boolean(),
          detail: z.string(),
          values: z
            .array(z.object({ expression: z.string(), value: z.string() }))
            .describe('What the parts of an expression were for this event'),
        }),
      ),
      notifications: z.array(
        z.object({
          item: z.int(),
          app: z.string(),
          template: z.string().nullable(),
          audience,
          origins: z.array(z.object({ kind: z.string(), value: z.string(), from: z.string() })),
          people: z.number(),
          message: message.nullable(),
          failure: z.object({ reason: z.string(), stage: z.string(), message: z.string() }).nullable(),
          policies: z.unknown(),
          cost: z.object({ calls: z.number(), recipients: z.number(), broadcasts: z.number() }),
          outcome: z
            .string()
            .describe('In a few words, as far as it does not depend on what was sent before'),
        }),
      ),
    }),
  ),
  signals: z.array(z.object({ kind: z.string(), route: z.string(), correlation: z.string() })),
});

export const outcome = z.object({
  id: z.string(),
  ok: z.boolean(),
  outcome: z.string(),
  message: z.string().nullable(),
  created: z.array(z.string()),
});

export const auditEntry = z.object({
  id: z.string(),
  at: instant,
  actor: z.string(),
  action: z.string(),
  targets: z.array(z.string()),
  note: z.string().nullable(),
  outcome: z.enum(['requested', 'done', 'refused', 'failed']),
  message: z.string().nullable(),
});

export const problem = z.object({
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
});
