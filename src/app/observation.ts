import type { Clock } from '../base/clock.ts';
import type { IntakeObserver } from '../intake/intake-types.ts';
import type { Source } from '../kafka/source-types.ts';
import type { Hold, Ledger, OutboxRow } from '../ledger/ledger.ts';
import type { BacklogSample, Metrics } from '../model/metrics.ts';
import { HealthCheck } from '../server/health.ts';
import type { HealthPort } from '../server/ports.ts';
import { backlogCounts } from './server-views.ts';

/** Counts what intake has taken. */
export function countIntake(metrics: Metrics): IntakeObserver {
  return {
    batch(counts) {
      metrics.consumed(counts.topic, counts.records);
      metrics.tombstones(counts.topic, counts.tombstones);
      metrics.duplicates(counts.topic, counts.duplicates);
      metrics.batch(counts.seconds, counts.records);
      for (const [route, events] of counts.matched) metrics.matched(route, events);
      for (const { route, app, count } of counts.planned) metrics.planned(route, app, count);
    },
  };
}

/** Counts what has been published. */
export function countPublished(metrics: Metrics): (rows: readonly OutboxRow[], refused: number) => void {
  return (rows, refused) => {
    metrics.publishRefused(refused);
    for (const row of rows) {
      metrics.published(row.kind, 1);
      if (row.kind === 'dead_letter') {
        metrics.deadLetter(row.deadLetter.stage, row.deadLetter.reason);
        continue;
      }
      const { status, reason, route, final, occurredAt, receivedAt } = row.result;
      metrics.result(status, reason, route, final);
      if (final) metrics.finalAfter(route, (occurredAt - receivedAt) / 1000);
    }
  };
}

export interface StateReportParts {
  readonly metrics: Metrics;
  readonly ledger: Ledger;
  readonly source: Source;
  readonly holds: () => Promise<readonly Hold[]>;
  readonly health: HealthPort;
  readonly clock: Clock;
}

/** Brings the gauges up to date, before each scrape: each by itself, so that one that fails keeps none of the others old. */
export function createStateReport(parts: StateReportParts): () => Promise<void> {
  const { metrics, ledger, source, clock } = parts;
  // The very answer of `/-/ready`, its patience included: while the ledger is away the rest may take long to fail.
  const health = new HealthCheck(parts.health, clock);
  return async () => {
    metrics.lags(
      source
        .stats()
        .partitions.flatMap(({ topic, partition, lag }) =>
          lag === null ? [] : [{ topic, partition, lag: Number(lag) }],
        ),
    );
    const states = await Promise.allSettled([
      health.readiness().then(({ ready }) => {
        metrics.ready(ready);
      }),
      parts.holds().then((holds) => {
        metrics.holds(holds);
      }),
      backlogOf(ledger, clock.now()).then((backlog) => {
        metrics.backlog(backlog);
      }),
    ]);
    const failures = states.flatMap((state) =>
      state.status === 'rejected' ? [state.reason as unknown] : [],
    );
    if (failures.length > 0) throw new AggregateError(failures);
  };
}

async function backlogOf(ledger: Ledger, now: number): Promise<BacklogSample> {
  const { oldestAt, ...counts } = backlogCounts(await ledger.view((views) => views.backlog()));
  return { ...counts, oldestSeconds: oldestAt === null ? 0 : (now - oldestAt) / 1000 };
}
