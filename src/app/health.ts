import type { ComponentHealth, HealthPort } from '../server/ports.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import type { Source } from '../kafka/source-types.ts';
import type { Sink } from '../kafka/sink-types.ts';
import type { AppRuntime } from './app-runtime.ts';
import type { Apps, MissingApp } from './apps.ts';
import type { Current } from './current.ts';
import type { Pauses } from './pauses.ts';
import type { Watchdog } from './watchdog.ts';

export interface HealthParts {
  readonly ledger: Ledger;
  readonly registry: Registry | null;
  readonly source: Source;
  readonly sink: Sink;
  readonly apps: Apps;
  readonly current: Current;
  readonly pauses: Pauses;
  readonly watchdog: Watchdog;
  /** Why the service has not finished starting; null when it has. */
  readonly starting: () => string | null;
  readonly stopping: () => boolean;
}

/** What `/-/ready` looks at. All but what a person has stopped is known already. */
export function createHealth(parts: HealthParts): HealthPort {
  return {
    live: () => parts.watchdog.live(),
    ready: async () => [
      ...processHealth(parts),
      ledgerHealth(parts.ledger),
      ...kafkaHealth(parts.source),
      ...(parts.registry === null ? [] : [{ component: 'registry', ...parts.registry.health() }]),
      { component: 'results', ...publishing(parts.sink) },
      ...parts.apps.list().map(appHealth),
      ...parts.apps.missing().map(missingHealth),
      reloadHealth(parts.current),
      ...(await stopped(parts.pauses)),
    ],
  };
}

function processHealth(parts: HealthParts): ComponentHealth[] {
  if (parts.stopping()) return [{ component: 'process', ok: false, reason: 'stopping' }];
  const reason = parts.starting();
  return [{ component: 'process', ok: reason === null, reason }];
}

function ledgerHealth(ledger: Ledger): ComponentHealth {
  return { component: 'ledger', ...ledger.health() };
}

function kafkaHealth(source: Source): ComponentHealth[] {
  const stats = source.stats();
  const missing = stats.missingTopics;
  const assigned = stats.joined && stats.partitions.every((each) => each.position !== null);
  return [
    {
      component: 'kafka',
      ok: stats.connected,
      reason: stats.connected ? null : (stats.lastError ?? 'not connected'),
    },
    {
      component: 'partitions',
      ok: assigned,
      reason: assigned ? null : 'partitions are not assigned yet',
    },
    // A topic that does not exist yet is worth telling, but an upstream team's omission must not stop us.
    ...(missing.length > 0
      ? [{ component: 'topics', ok: true, reason: `the broker does not know: ${missing.join(', ')}` }]
      : []),
  ];
}

function publishing(sink: Sink): { ok: boolean; reason: string | null } {
  const { connected, lastError } = sink.stats();
  return { ok: connected || lastError === null, reason: connected ? null : lastError };
}

function appHealth(app: AppRuntime): ComponentHealth {
  const state = app.client.state();
  const reasons = state.holds.map((hold) => `${hold.reason} (${hold.code}): ${hold.message}`);
  return {
    component: `app:${app.name}`,
    ok: !state.held,
    reason: reasons.length > 0 ? reasons.join('; ') : null,
  };
}

/** What a person has stopped on purpose is worth telling, but no reason to say that the service is not well. */
async function stopped(pauses: Pauses): Promise<ComponentHealth[]> {
  let holds: Awaited<ReturnType<Pauses['list']>>;
  try {
    holds = await pauses.list();
  } catch {
    // The ledger is away, which its own component tells.
    return [];
  }
  if (holds.length === 0) return [];
  const subjects = holds.map(({ subject }) => subject).join(', ');
  return [{ component: 'stopped', ok: true, reason: `a person has stopped ${subjects}` }];
}

function missingHealth({ name, waiting }: MissingApp): ComponentHealth {
  const reason = `the configuration has no such app; ${waiting} notifications wait for it`;
  return { component: `app:${name}`, ok: false, reason };
}

/** A failed reload leaves the old configuration in force and the service ready. */
function reloadHealth(current: Current): ComponentHealth {
  const last = current.lastReload;
  if (last === null || last.loaded.ok) return { component: 'configuration', ok: true, reason: null };
  const [first] = last.loaded.faults.filter((fault) => fault.severity === 'error');
  const place = first === undefined ? '' : `: ${first.file}:${first.line}:${first.col} ${first.message}`;
  return {
    component: 'configuration',
    ok: true,
    reason: `the last reload failed, the old one is in force${place}`,
  };
}
