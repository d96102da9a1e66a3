import { LedgerVersionError } from '../errors.ts';
import type { Session } from '../engine.ts';
import { initial } from './001-initial.ts';
import { audit } from './002-audit.ts';
import { refused } from './003-refused.ts';
import { sharedDocuments } from './004-shared-documents.ts';
import { topicIds } from './005-topic-ids.ts';
import { consumerMembers } from './006-consumer-members.ts';
import { repair } from './007-repair.ts';
import type { Migration } from './migration.ts';

/** All steps in order. */
export const migrations: readonly Migration[] = [
  initial,
  audit,
  refused,
  sharedDocuments,
  topicIds,
  consumerMembers,
  repair,
];

/**
 * Brings the tables up to this program's version, in the caller's transaction and under the caller's lock; a ledger
 * that is newer but still compatible is left as it is.
 * @returns the versions that were applied.
 */
export async function migrate(session: Session, all: readonly Migration[] = migrations): Promise<number[]> {
  await session.run(
    `CREATE TABLE IF NOT EXISTS ledger_versions (
      version {int} NOT NULL PRIMARY KEY, compatible {int} NOT NULL, applied_at {int} NOT NULL)`,
  );
  const state = await versionOf(session);
  refuseNewer(state, all);
  const missing = all.filter((migration) => migration.version > state.version);
  for (const migration of missing) {
    for (const statement of migration.statements) await session.run(statement);
    await session.run(
      'INSERT INTO ledger_versions (version, compatible, applied_at) VALUES (?1, ?2, server_now())',
      [migration.version, migration.compatible],
    );
  }
  return missing.map((migration) => migration.version);
}

/** For readers, which change nothing: the tables must be there and at least as new as the program needs. */
export async function requireVersion(
  session: Session,
  all: readonly Migration[] = migrations,
): Promise<void> {
  const state = await versionOf(session);
  refuseNewer(state, all);
  const wanted = latest(all);
  if (state.version < wanted) {
    throw new LedgerVersionError(
      `the ledger's tables are at version ${state.version}, this dingbus reads version ${wanted}: start the service once, it brings them up to date`,
    );
  }
}

async function versionOf(session: Session): Promise<{ version: number; compatible: number }> {
  const [row] = await session.all<{ version: number | null; compatible: number | null }>(
    'SELECT max(version) AS version, max(compatible) AS compatible FROM ledger_versions',
  );
  return { version: row?.version ?? 0, compatible: row?.compatible ?? 0 };
}

function refuseNewer(state: { version: number; compatible: number }, all: readonly Migration[]): void {
  const known = latest(all);
  if (state.compatible <= known) return;
  throw new LedgerVersionError(
    `the ledger was written by a newer dingbus: its tables are at version ${state.version} and need a program that knows at least version ${state.compatible}, this one knows ${known}. Install the newer dingbus again, or start this one with another store`,
  );
}

function latest(all: readonly Migration[]): number {
  return all.at(-1)?.version ?? 0;
}
