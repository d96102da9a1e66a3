import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { EventDecoder } from '../events/outcome.ts';
import { redrive } from '../intake/redrive.ts';
import type { Admin } from '../kafka/admin-types.ts';
import type { Source } from '../kafka/source-types.ts';
import type { Hold, Ledger } from '../ledger/ledger.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
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
import { findStoredDeadLetters } from './dead-letter-topic.ts';
import { intakeRules } from './intake-rules.ts';
import { createOperations, outcome } from './operations.ts';
import type { Pauses } from './pauses.ts';
import { createReplayPort } from './replay-port.ts';
import { createRulesPort } from './rules-port.ts';
import { createServerViews, findDeadLetter } from './server-views.ts';

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
    operations: createOperations({ ...parts, redrive: (ids) => redriveAll(parts, ids) }),
    audit: auditPort(ledger),
    partitions: () => source.stats().partitions,
  };
}

/** From the ledger while it holds them, else from the topic; ids follow from the dead letter's, so a repeat is safe. */
async function redriveAll(parts: ServerPortParts, ids: readonly string[]): Promise<OperationOutcome[]> {
  const { ledger, admin, current, clock } = parts;
  const known = new Map<string, DeadLetter>();
  for (const id of ids) {
    const entry = await findDeadLetter(ledger, id);
    if (entry?.item.kind === 'dead_letter') known.set(id, entry.item.deadLetter);
  }
  const missing = new Set(ids.filter((id) => !known.has(id)));
  // The topic's name takes effect at the start only, but a changed one is where people would look for them.
  const topic = current.active.config.results.deadLetterTopic;
  let trouble: string | null = null;
  try {
    for (const [id, found] of await findStoredDeadLetters(admin, topic, missing, clock)) known.set(id, found);
  } catch (thrown) {
    // Those that the ledger holds are redriven all the same.
    trouble = messageOf(thrown);
  }
  const outcomes: OperationOutcome[] = [];
  for (const id of ids) {
    const deadLetter = known.get(id);
    if (deadLetter !== undefined) outcomes.push(await redriveOne(parts, deadLetter));
    else if (trouble !== null)
      outcomes.push(outcome(id, false, 'topic_unreadable', `${topic} cannot be read now: ${trouble}`));
    else
      outcomes.push(outcome(id, false, 'not_found', `neither the ledger nor the newest of ${topic} hold it`));
  }
  return outcomes;
}

async function redriveOne(
  { ledger, decoder, current, clock }: ServerPortParts,
  deadLetter: DeadLetter,
): Promise<OperationOutcome> {
  const { id } = deadLetter;
  const rules = () => intakeRules(current.active);
  const done = await redrive({ ledger, decoder, rules, clock }, deadLetter);
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
