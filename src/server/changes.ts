import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { maskOptional, maskText } from './masking.ts';
import type { AuditEntry, AuditPort, OperationOutcome } from './ports.ts';

export interface Change {
  readonly actor: string;
  readonly action: 'reload' | 'pause' | 'resume' | 'recall' | 'redrive' | 'resolve';
  readonly targets: readonly string[];
  readonly note: string | null;
}

export interface ChangesOptions {
  readonly audit: AuditPort;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A new unique id. */
  readonly newId: () => string;
}

/**
 * The one door to everything that changes something: who, what and when is durable in the audit log before the work
 * begins, and the outcome after it. When the intent cannot be recorded, nothing is changed.
 */
export class Changes {
  readonly #options: ChangesOptions;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** Runs `work`; `refusal` says why its answer is not what was asked for, null when it is. */
  async run<T>(change: Change, work: () => Promise<T>, refusal: (answer: T) => string | null): Promise<T> {
    const { audit, clock, logger, newId } = this.#options;
    const intent: AuditEntry = {
      ...change,
      targets: change.targets.map(maskText),
      note: maskOptional(change.note),
      id: newId(),
      at: clock.now(),
      outcome: 'requested',
      message: null,
    };
    await audit.record(intent);
    const { actor, action, targets } = intent;
    try {
      const answer = await work();
      const message = refusal(answer);
      const outcome = message === null ? 'done' : 'refused';
      await audit.record({ ...intent, outcome, message: maskOptional(message) });
      logger.info({ actor, action, targets, outcome, audit: intent.id }, 'change asked for');
      return answer;
    } catch (thrown) {
      const message = maskText(messageOf(thrown));
      logger.error({ actor, action, targets, error: message, audit: intent.id }, 'change failed');
      await audit.record({ ...intent, outcome: 'failed', message });
      throw thrown;
    }
  }
}

/** Why not all of it was done, in one line for the audit log; null when all was. */
export function refusalOf(outcomes: readonly OperationOutcome[]): string | null {
  const refused = outcomes.filter((outcome) => !outcome.ok);
  if (refused.length === 0) return null;
  return refused.map((outcome) => `${outcome.id}: ${outcome.message ?? outcome.outcome}`).join('; ');
}
