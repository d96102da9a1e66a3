import type { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { HealthCheck } from '../health.ts';
import type { PartitionView, ServerPorts } from '../ports.ts';
import { reloadJson } from '../reload.ts';
import { holdJson, iso, isoOptional, rateJson } from './present.ts';
import type { statusReport } from './schemas.ts';

export type StatusReport = z.output<typeof statusReport>;

/** Everything that the overview shows, gathered at one moment. */
export async function statusOf(parts: {
  readonly ports: ServerPorts;
  readonly health: HealthCheck;
  readonly clock: Clock;
}): Promise<StatusReport> {
  const { ports, health, clock } = parts;
  const [readiness, summary, holds] = await Promise.all([
    health.readiness(),
    ports.views.summary(),
    ports.views.holds(),
  ]);
  const lastReload = ports.configuration.lastReload();
  return {
    now: iso(clock.now()),
    ready: readiness.ready,
    components: readiness.components.map((component) => ({ ...component })),
    config_hash: ports.configuration.current().hash,
    last_reload: lastReload === null ? null : reloadJson(lastReload),
    waiting: summary.waiting,
    active: summary.active,
    held: summary.held,
    oldest_received_at: isoOptional(summary.oldestReceivedAt),
    unpublished: summary.unpublished,
    today: { ...summary.today },
    lag: totalLag(ports.partitions()),
    holds: holds.map(holdJson),
    rates: ports.metrics.recent().map(rateJson),
  };
}

function totalLag(partitions: readonly PartitionView[]): number | null {
  const known = partitions.flatMap((partition) => (partition.lag === null ? [] : [partition.lag]));
  return known.length === 0 ? null : Number(known.reduce((sum, lag) => sum + lag, 0n));
}
