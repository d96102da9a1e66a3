import type { Hold } from '../ledger.ts';
import type { Scope } from '../scope.ts';

/** Those in force: one whose time is over is no more, though its row stays until the next of its subject. */
export async function holds(scope: Scope): Promise<readonly Hold[]> {
  return scope.session.all<Hold>(
    `SELECT subject, reason, detail, since, until FROM holds
     WHERE until IS NULL OR until > ?1 ORDER BY subject`,
    [scope.now],
  );
}

export async function setHold(scope: Scope, hold: Hold): Promise<void> {
  await scope.session.run(
    `INSERT INTO holds (subject, reason, detail, since, until) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (subject) DO UPDATE SET reason = excluded.reason, detail = excluded.detail,
       since = excluded.since, until = excluded.until`,
    [hold.subject, hold.reason, hold.detail, hold.since, hold.until],
  );
  scope.wakes.add('delivery');
}

export async function clearHold(scope: Scope, subject: string): Promise<void> {
  const cleared = await scope.session.run('DELETE FROM holds WHERE subject = ?1', [subject]);
  if (cleared === 0) return;
  scope.wakes.add('delivery');
  scope.wakes.add('tracking');
}
