import { int, text, type InsertSpec } from '../engine.ts';
import type { Scope } from '../scope.ts';

const redriveRow: InsertSpec = {
  table: 'redrives',
  columns: [text('dead_letter_id'), text('notification_id'), int('at')],
  key: 'notification_id',
  conflict: 'ON CONFLICT (dead_letter_id, notification_id) DO NOTHING',
};

/** Stands for the redrive itself, which comes before its notifications and may have none. */
const itself = '';

export async function claimRedrive({ session, now }: Scope, deadLetterId: string): Promise<boolean> {
  // Whoever claims the same one at the same time waits here for the first.
  const claimed = await session.insert(redriveRow, [[deadLetterId, itself, now]]);
  // Redrives of versions that did not claim have left their notifications alone.
  return claimed > 0 && (await redrives({ session }, [deadLetterId])).size === 0;
}

export async function recordRedrive(
  { session, now }: Scope,
  deadLetterId: string,
  notificationIds: readonly string[],
): Promise<void> {
  await session.insert(
    redriveRow,
    notificationIds.map((id) => [deadLetterId, id, now]),
  );
}

export async function redrives(
  { session }: Pick<Scope, 'session'>,
  deadLetterIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  if (deadLetterIds.length === 0) return found;
  const rows = await session.all<{ dead_letter_id: string; notification_id: string }>(
    `SELECT dead_letter_id, notification_id FROM redrives WHERE dead_letter_id IN texts(?1)
       AND notification_id <> ?2
     ORDER BY at, notification_id`,
    [deadLetterIds, itself],
  );
  for (const { dead_letter_id: letter, notification_id: made } of rows)
    found.set(letter, [...(found.get(letter) ?? []), made]);
  return found;
}
