/**
 * One step of the ledger's tables. Steps are only ever added at the end and only ever add: tables, indexes, columns
 * that may be empty. So the program of the step before goes on working beside the newer one during a rolling update.
 */
export interface Migration {
  /** Counts from 1 without gaps. */
  readonly version: number;
  /** The oldest version of the program's tables that can still work with a ledger at this version. */
  readonly compatible: number;
  /** In the words that both engines share. */
  readonly statements: readonly string[];
}
