import { randomUUID } from 'node:crypto';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { isError } from '../config/fault-report.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../model/metrics.ts';
import type { Current, ReloadOutcome } from './current.ts';

export interface Reloads {
  /** Reads and compiles everything, then swaps; tells log and metrics. Whoever asks keeps the audit log. */
  reload(): ReloadOutcome;
  /** The same for a signal, which leaves its own trace in the audit log. */
  onSignal(signal: string): boolean;
  /** The same when files have changed; not when their content is what it was at the last attempt. */
  onFilesChanged(): void;
}

export interface ReloadParts {
  readonly current: Current;
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** All ways to reload but the API's own bookkeeping. */
export function createReloads(parts: ReloadParts): Reloads {
  const { current } = parts;
  return {
    reload: () => told(current.reload(), parts),
    onSignal(signal) {
      const outcome = told(current.reload(), parts);
      recordAudit(outcome, `signal ${signal}`, parts);
      return outcome.loaded.ok;
    },
    onFilesChanged() {
      const outcome = current.reloadIfChanged();
      if (outcome !== null) recordAudit(told(outcome, parts), 'file watch', parts);
    },
  };
}

function told(outcome: ReloadOutcome, { current, logger, metrics }: ReloadParts): ReloadOutcome {
  const { loaded, at, needsRestart } = outcome;
  metrics.reload(loaded.ok, at);
  if (loaded.ok) {
    for (const { file, line, col, code, message } of loaded.active.warnings) {
      logger.warn({ file, line, col, code, message }, 'configuration warning');
    }
    logger.info({ hash: loaded.active.config.hash, needsRestart }, 'configuration reloaded');
    return outcome;
  }
  for (const { file, line, col, code, message } of loaded.faults) {
    logger.error({ file, line, col, code, message }, 'configuration fault');
  }
  logger.error({ hash: current.active.config.hash }, 'reload failed; the old configuration stays in force');
  return outcome;
}

function recordAudit({ loaded, at }: ReloadOutcome, actor: string, { ledger, logger }: ReloadParts): void {
  const faults = loaded.ok ? 0 : loaded.faults.filter(isError).length;
  const entry = {
    id: randomUUID(),
    at,
    actor,
    action: 'reload',
    targets: [],
    note: null,
    outcome: loaded.ok ? 'done' : 'refused',
    message: loaded.ok ? null : `${faults} faults, the old configuration stays`,
  };
  ledger
    .write((tx) => tx.recordAudit(entry))
    .catch((thrown: unknown) => {
      // The reload has happened; the log above tells of it in any case.
      logger.warn({ actor, error: messageOf(thrown) }, 'a reload is missing in the audit log');
    });
}
