import type { Hold } from '../ledger.ts';
import type { Scope } from '../scope.ts';

export async function holds({ session }: Scope): Promise<readonly Hold[]> {
  return session.all<Hold>('SELECT subject, reason, detail, since, until FROM holds ORDER BY subject');
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
