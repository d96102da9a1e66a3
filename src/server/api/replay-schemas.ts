import { z } from 'zod';
import { count, fault, instant } from './schemas.ts';

/** What a comparison of two configurations tells; `dingbus replay --json` speaks the same language. */
const byReason = z.record(z.string(), count);

const replayTotals = z.object({
  notifications: count.describe('One event, one route (and element of `for_each`); digests included'),
  sent: count.describe('Would go out, at once or after quiet hours'),
  deferred: count,
  digested: count.describe('Collected into a digest, which is a notification of its own'),
  suppressed: byReason,
  failed: byReason,
  recalls: count,
  updates: count,
  dead_letters: byReason.describe('Records that could not be read'),
  duplicates: count.describe('Events whose identity came before'),
  people: count.describe(
    'People reached, each counted once; departments and everyone by their configured size',
  ),
  recipients: count.describe('The same, counted once for each message'),
  broadcasts: count,
  calls: count.describe('Calls that send; questions about outcomes come on top'),
});

const routeTotals = z.object({ notifications: count, sent: count, recipients: count });

const replayed = z.object({
  fate: z.string().describe('`sent`, `deferred until …`, `suppressed: <reason>`, `failed: <reason>: …`, …'),
  template: z.string().nullable(),
  app: z.string(),
  people: count,
  broadcast: z.boolean(),
  members: count.nullable().describe('Of a digest'),
  message: z.unknown().describe('DingTalk’s msg; null where none is made'),
});

export const replayDifference = z.object({
  subject: z.enum(['notification', 'digest', 'recall', 'update', 'dead_letter']),
  change: z.enum(['added', 'gone', 'changed']),
  event: z.object({
    source: z.string(),
    id: z.string(),
    type: z.string().nullable(),
    time: instant.nullable(),
    topic: z.string(),
    partition: count,
    offset: z.string(),
  }),
  route: z.string().nullable(),
  item: count,
  key: z.string().nullable().describe('Of a digest, recall or update; the reason of a dead letter'),
  before: replayed.nullable(),
  after: replayed.nullable(),
  why: z.string().nullable().describe('Which clause said no where there is nothing'),
  changes: z.array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() })),
});

export const replaySummary = z.object({
  records: count,
  before: replayTotals,
  after: replayTotals,
  routes: z.array(
    z.object({
      route: z.string(),
      before: routeTotals,
      after: routeTotals,
      added: count,
      gone: count,
      changed: count,
    }),
  ),
  differences: z.object({ added: count, gone: count, changed: count }),
  estimate: z.boolean().describe('More keys than are remembered: windows are then approximate'),
});

export const replayReport = z.object({
  before: z.object({ config_hash: z.string() }).describe('In force'),
  after: z.object({ config_hash: z.string().nullable() }).describe('On disk; null with faults'),
  faults: z.array(fault).describe('Of the configuration on disk; with errors nothing is compared'),
  differences: z.array(replayDifference),
  left_out: count.describe('Differences beyond those that are listed'),
  summary: replaySummary.nullable(),
});
