import type { RawRecord } from './record.ts';

export type DeadLetterStage = 'decode' | 'match' | 'render' | 'deliver';

/** Suppressions that `over_limit: dead_letter` speaks of. */
export const overLimitReasons: readonly string[] = [
  'broadcast_daily_cap',
  'user_daily_limit',
  'same_content_today',
  'monthly_budget',
];

/** Every reason of each stage; docs/results.md lists them. */
export const deadLetterReasons: Readonly<Record<DeadLetterStage, readonly string[]>> = {
  decode: ['undecodable', 'no_identity', 'schema_not_found'],
  match: ['expression_error', 'configuration'],
  render: ['template_error', 'message_too_long', 'message_invalid'],
  deliver: ['rejected', 'message_invalid', ...overLimitReasons],
};

/** A record that could not become what its publisher meant, whole, with the reason; goes to the dead-letter topic. */
export interface DeadLetter {
  /** Deterministic: the same record, route and reason give the same id, however often it is written. */
  readonly id: string;
  readonly record: RawRecord;
  readonly stage: DeadLetterStage;
  /** A stable word: `undecodable`, `no_identity`, `schema_not_found`, `expression_error`, `rejected`, … */
  readonly reason: string;
  /** For people; never holds a secret or a mobile number. */
  readonly message: string;
  /** The class of the fault, as in other tools' `__connect.errors.exception.class.name`. */
  readonly exceptionClass: string;
  readonly route: string | null;
  readonly notificationId: string | null;
}
