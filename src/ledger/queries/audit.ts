import type { AuditRow } from '../ledger.ts';
import type { Scope } from '../scope.ts';
import { cursorOf } from './view-notifications.ts';

interface StoredRow extends Omit<AuditRow, 'targets'> {
  readonly pk: number;
  readonly targets: string;
}

/** Writes what was asked for, or what came of it: the entry with the same id is replaced. */
export async function recordAudit({ session }: Scope, row: AuditRow): Promise<void> {
  await session.run(
    `INSERT INTO audit (id, at, actor, action, targets, note, outcome, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
     ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, message = excluded.message`,
    [row.id, row.at, row.actor, row.action, JSON.stringify(row.targets), row.note, row.outcome, row.message],
  );
}

/** Newest first, from below `cursor`. */
export async function auditTrail(
  { session }: Scope,
  cursor: string | null,
  limit: number,
): Promise<{ readonly items: readonly AuditRow[]; readonly next: string | null }> {
  const below = cursor === null ? Number.MAX_SAFE_INTEGER : cursorOf(cursor);
  const rows = await session.all<StoredRow>(
    `SELECT pk, id, at, actor, action, targets, note, outcome, message FROM audit
     WHERE pk < ?1 ORDER BY pk DESC LIMIT ?2`,
    [below, limit],
  );
  const items = rows.map(({ pk: _pk, targets, ...row }) => ({
    ...row,
    targets: JSON.parse(targets) as string[],
  }));
  const last = rows.at(-1);
  return { items, next: last === undefined || rows.length < limit ? null : String(last.pk) };
}
