import type { RawRecord } from './record.ts';

export type DeadLetterStage = 'decode' | 'match' | 'render' | 'deliver';

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
