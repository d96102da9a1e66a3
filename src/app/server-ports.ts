import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { EventDecoder } from '../events/outcome.ts';
import type { Admin } from '../kafka/admin-types.ts';
import type { Source } from '../kafka/source-types.ts';
import type { Hold, Ledger } from '../ledger/ledger.ts';
import type {
  AuditEntry,
  AuditPort,
  ConfigurationPort,
  ConfigurationSummary,
  HealthPort,
  MetricsPort,
  ReloadReport,
  ServerPorts,
} from '../server/ports.ts';
import type { Apps } from './apps.ts';
import type { Active } from './configuration.ts';
import type { Current, ReloadOutcome } from './current.ts';
import { createOperations } from './operations.ts';
import type { Pauses } from './pauses.ts';
import { createReplayPort } from './replay-port.ts';
import { createRulesPort } from './rules-port.ts';
import { redriveAll } from './redrive-all.ts';
import { createServerViews } from './server-views.ts';

export interface ServerPortParts {
  readonly health: HealthPort;
  readonly metrics: MetricsPort;
  readonly ledger: Ledger;
  readonly decoder: EventDecoder;
  readonly source: Source;
  /** For dead letters that the ledger does not hold any more. */
  readonly admin: Admin;
  readonly apps: Apps;
  readonly current: Current;
  readonly pauses: Pauses;
  /** Everything that is stopped, whoever or whatever stopped it. */
  readonly holds: () => Promise<readonly Hold[]>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Reloads and tells the log. */
  readonly reload: () => ReloadOutcome;
}

/** Gives the HTTP server what it shows and does. */
export function createServerPorts(parts: ServerPortParts): ServerPorts {
  const { health, metrics, ledger, source, current, clock } = parts;
  return {
    health,
    metrics,
    views: createServerViews(parts),
    configuration: configurationPort(current, parts.reload),
    rules: createRulesPort({ current, clock, replay: createReplayPort(parts) }),
    operations: createOperations({ ...parts, redrive: (wanted) => redriveAll(parts, wanted) }),
    audit: auditPort(ledger),
    partitions: () => source.stats().partitions,
  };
}

function configurationPort(current: Current, reload: () => ReloadOutcome): ConfigurationPort {
  return {
    current: () => summaryOf(current.active),
    lastReload: () => (current.lastReload === null ? null : reportOf(current, current.lastReload)),
    reload: () => Promise.resolve(reportOf(current, reload())),
  };
}

function reportOf(current: Current, { at, loaded, needsRestart }: ReloadOutcome): ReloadReport {
  const faults = loaded.ok ? loaded.active.warnings : loaded.faults;
  return { at, ok: loaded.ok, hash: current.active.config.hash, faults, needsRestart };
}

function summaryOf({ config, warnings, loadedAt }: Active): ConfigurationSummary {
  return {
    hash: config.hash,
    path: config.path,
    loadedAt,
    topics: [...config.topics.keys()],
    routes: config.routes.map((route) => {
      const { line } = config.sources.locate(route.source, []);
      const { name, description, on, type, when, app, template, enabled } = route;
      return { name, description, on, type, when, app, template, enabled, file: route.source.file, line };
    }),
    templates: [...config.templates.keys()],
    groups: [...config.groups.keys()],
    apps: [...config.dingtalk.apps.values()].map(({ name, agentId }) => ({ name, agentId })),
    samples: config.cases.map((each) => ({ name: each.name, event: each.event })),
    warnings,
  };
}

function auditPort(ledger: Ledger): AuditPort {
  return {
    record: (entry) => ledger.write((tx) => tx.recordAudit(entry)),
    async list(cursor, limit) {
      const page = await ledger.read((tx) => tx.auditTrail(cursor, limit));
      // What the ledger gives back is what `record` has put there.
      return { items: page.items as readonly AuditEntry[], next: page.next };
    },
  };
}
