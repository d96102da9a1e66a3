import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { nextDingtalkDay } from '../base/dingtalk-day.ts';
import type { Hold } from '../ledger/ledger.ts';
import type { AppBacklog, InstanceView, Overview } from '../ledger/views.ts';
import { maskOptional } from '../server/masking.ts';
import type { QuotaView } from '../server/ports.ts';
import { holdJson, isoOptional, quotaJson } from '../server/api/present.ts';
import { exitCodes } from './exit-codes.ts';
import { loadFor, printJson } from './loading.ts';
import { withLedger } from './open-ledger.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { moment, table } from './table.ts';

interface Status {
  readonly now: number;
  readonly overview: Overview;
  readonly quotas: readonly QuotaView[];
  readonly instances: readonly InstanceView[];
}

const dayMs = 86_400_000;

export function addStatus(program: Command, setExitCode: SetExitCode): void {
  program
    .command('status')
    .description(
      'quotas, backlog, calls in flight, held and unpublished, per app; beside the service or without',
    )
    .action(async (_options: unknown, command: Command) => {
      const active = loadFor(command);
      if (active === null) {
        setExitCode(exitCodes.faults);
        return;
      }
      const status = await withLedger(active, async ({ ledger, views }): Promise<Status> => {
        const now = systemClock.now();
        const dayBegan = nextDingtalkDay(now) - dayMs;
        const [overview, instances] = await ledger.view(async (tx) => [
          await tx.overview(dayBegan),
          await tx.instances(),
        ]);
        return { now, overview, instances, quotas: await views.quotas() };
      });
      if (commonOptions(command).json) printJson(statusJson(status));
      else process.stdout.write(`${statusText(status)}\n`);
    });
}

function statusJson({ now, overview, quotas, instances }: Status): unknown {
  return {
    now: isoOptional(now),
    apps: overview.apps.map((app) => ({
      app: app.app,
      due: app.due,
      oldest_due_at: isoOptional(app.oldestDueAt),
      deferred: app.deferred,
      next_deferred_at: isoOptional(app.nextDeferredAt),
      active: app.active,
      oldest_active_received_at: isoOptional(app.oldestActiveReceivedAt),
      calls: app.calls,
    })),
    quotas: quotas.map(quotaJson),
    ended_today: overview.ended,
    unpublished: overview.unpublished,
    oldest_unpublished_at: isoOptional(overview.oldestUnpublishedAt),
    open_digests: overview.openDigests,
    holds: overview.holds.map(holdJson),
    instances: instances.map((each) => ({
      description: each.description,
      started_at: isoOptional(each.startedAt),
      heartbeat_at: isoOptional(each.heartbeatAt),
    })),
  };
}

function statusText({ overview, quotas, instances }: Status): string {
  const parts = [appTable(overview.apps), quotaTable(quotas)];
  const ended = Object.entries(overview.ended).map(([status, count]) => `${count} ${status}`);
  parts.push(
    [
      `ended today   ${ended.length === 0 ? 'nothing' : ended.join(', ')}`,
      `unpublished   ${overview.unpublished}${since(overview.oldestUnpublishedAt)}`,
      `open digests  ${overview.openDigests}`,
    ].join('\n'),
  );
  if (overview.apps.some((app) => app.calls.held > 0))
    parts.push('Held calls wait for a person: dingbus deliveries list --held');
  parts.push(overview.holds.length === 0 ? 'nothing is stopped' : holdTable(overview.holds));
  if (instances.length > 0) {
    const rows = instances.map((each) => [
      each.description,
      moment(each.startedAt),
      moment(each.heartbeatAt),
    ]);
    parts.push(table(['INSTANCE', 'STARTED', 'LAST HEARD OF'], rows));
  }
  return parts.join('\n\n');
}

function appTable(apps: readonly AppBacklog[]): string {
  const headings = ['APP', 'DUE', 'DEFERRED', 'ACTIVE', 'READY', 'SENDING', 'ACCEPTED', 'HELD', 'OLDEST'];
  if (apps.length === 0) return 'nothing is on its way';
  return table(
    headings,
    apps.map(({ app, due, deferred, active, calls, oldestDueAt, oldestActiveReceivedAt }) => {
      const oldest = [oldestDueAt, oldestActiveReceivedAt].filter((at) => at !== null);
      const { ready, sending, accepted, held } = calls;
      const at = oldest.length === 0 ? null : Math.min(...oldest);
      return [app, due, deferred, active, ready, sending, accepted, held, moment(at)];
    }),
  );
}

function quotaTable(quotas: readonly QuotaView[]): string {
  return table(
    ['APP', 'QUOTA', 'USED', 'LIMIT', '', 'RESETS'],
    quotas.map(({ app, name, used, limit, warnAt, resetsAt }) => {
      const near = limit !== null && used >= limit * warnAt;
      return [app, name, used, limit === null ? 'none' : String(limit), near ? '!' : '', moment(resetsAt)];
    }),
  );
}

function holdTable(holds: readonly Hold[]): string {
  return table(
    ['STOPPED', 'WHY', 'DETAIL', 'SINCE', 'UNTIL'],
    holds.map(({ subject, reason, detail, since: from, until }) => [
      subject,
      reason,
      maskOptional(detail),
      moment(from),
      moment(until),
    ]),
  );
}

function since(at: number | null): string {
  return at === null ? '' : ` since ${moment(at)}`;
}
