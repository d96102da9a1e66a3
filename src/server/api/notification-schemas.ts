import { z } from 'zod';
import { audience, count, error, instant, message, states, status } from './schemas.ts';

const recipientStatuses = [
  'read',
  'unread',
  'arrived',
  'pending',
  'invalid',
  'forbidden',
  'failed',
  'unresolved',
  'suppressed',
] as const;

const summaryEvent = z.object({ source: z.string(), id: z.string(), type: z.string().nullable() });

export const notificationSummary = z.object({
  id: z.string(),
  route: z.string(),
  app: z.string(),
  template: z.string().nullable(),
  msgtype: z.string().nullable(),
  event: summaryEvent,
  state: z.enum(states),
  status: status.nullable(),
  reason: z.string().nullable(),
  persons: count,
  received_at: instant,
  due_at: instant,
});

export const delivery = z.object({
  id: z.string(),
  part: z.int(),
  kind: z.enum(['users', 'departments', 'everyone']),
  dept_ids: z.array(z.number()),
  state: z.enum(['ready', 'accepted', 'unknown', 'settled']),
  status: status.nullable(),
  reason: z.string().nullable(),
  attempts: count,
  task_id: z.string().nullable(),
  accepted_at: instant.nullable(),
});

export const call = z.object({
  id: z.string(),
  parts: z.array(z.int()).describe('The deliveries of this notification that it carries'),
  shared_with: count.describe('Other notifications in the same call'),
  state: z.enum(['ready', 'sending', 'accepted', 'held', 'closed']),
  attempts: count,
  refusals: count,
  unknown_rounds: count,
  checks: count,
  next_at: instant,
  task_id: z.string().nullable(),
  accepted_at: instant.nullable(),
});

const person = z.object({
  userid: z.string().nullable(),
  mobile: z.string().nullable().describe('Masked'),
  status: z.enum(recipientStatuses),
  code: z.string().nullable(),
  reason: z.string().nullable(),
  part: z.int().nullable(),
});

const storedResult = z.object({
  result_id: z.string(),
  seq: z.int(),
  status,
  final: z.boolean(),
  amendment: z.boolean(),
  reason: z.string().nullable(),
  related: z.string().nullable(),
  error: error.nullable(),
  counts: z.record(z.string(), count),
  deferred_until: instant.nullable(),
  occurred_at: instant,
  published_at: instant.nullable(),
});

export const notificationDetail = notificationSummary.extend({
  item: z.int(),
  agent_id: z.number(),
  config_hash: z.string(),
  event: summaryEvent.extend({
    time: instant.nullable(),
    topic: z.string(),
    partition: z.int(),
    offset: z.string(),
    key: z.string().nullable(),
  }),
  audience,
  message: message.nullable(),
  people: z.array(person),
  deliveries: z.array(delivery),
  calls: z.array(call),
  results: z.array(storedResult),
  invalid_dept_ids: z.array(z.number()),
  recall_requested: z.boolean(),
  related: z.string().nullable(),
  digest_size: z.int().nullable(),
  error: error.nullable(),
  dead_letters: z.array(z.string()),
});
