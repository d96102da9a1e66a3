import type { Clock } from '../base/clock.ts';
import type { EventDecoder } from '../events/outcome.ts';
import { redrive } from '../intake/redrive.ts';
import type { Source } from '../kafka/source-types.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type {
  AuditEntry,
  AuditPort,
  ConfigurationPort,
  ConfigurationSummary,
  HealthPort,
  MetricsPort,
  OperationOutcome,
  ReloadReport,
  ServerPorts,
} from '../server/ports.ts';
import type { Apps } from './apps.ts';
import type { Active } from './configuration.ts';
import type { Current, ReloadOutcome } from './current.ts';
import { intakeRules } from './intake-rules.ts';
import { createOperations, outcome } from './operations.ts';
import type { Pauses } from './pauses.ts';
import { createRulesPort } from './rules-port.ts';
import { createServerViews, findDeadLetter } from './server-views.ts';

export interface ServerPortParts {
  readonly health: HealthPort;
  readonly metrics: MetricsPort;
  readonly ledger: Ledger;
  readonly decoder: EventDecoder;
  readonly source: Source;
  readonly apps: Apps;
  readonly current: Current;
  readonly pauses: Pauses;
  readonly clock: Clock;
  /** Reloads and tells the log. */
  readonly reload: () => ReloadOutcome;
}

/** Gives the HTTP server what it shows and does. */
export function createServerPorts(parts: ServerPortParts): ServerPorts {
  const { health, metrics, ledger, source, current, clock } = parts;
  const redriveOne = async (id: string): Promise<OperationOutcome> => {
    const entry = await findDeadLetter(ledger, id);
    if (entry === null || entry.item.kind !== 'dead_letter') {
      return outcome(
        id,
        false,
        'not_found',
        'the ledger holds no such dead letter any more; redrive it from the topic',
      );
    }
    const rules = () => intakeRules(current.active);
    const done = await redrive({ ledger, decoder: parts.decoder, rules, clock }, entry.item.deadLetter);
    switch (done.kind) {
      case 'redriven':
        return outcome(id, true, 'redriven', null, done.created);
      case 'known':
        return outcome(id, true, 'already_redriven', 'nothing new: it was redriven before');
      case 'no_match':
        return outcome(id, false, 'no_match', 'the rules in force make nothing of it');
      case 'still_failing':
        return outcome(id, false, 'still_failing', done.message);
    }
  };
  return {
    health,
    metrics,
    views: createServerViews(parts),
    configuration: configurationPort(current, parts.reload),
    rules: createRulesPort(current, clock),
    operations: createOperations({ ...parts, redrive: redriveOne }),
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
