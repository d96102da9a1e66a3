import { int, text, type InsertSpec } from '../engine.ts';
import type { Scope } from '../scope.ts';

const redriveRow: InsertSpec = {
  table: 'redrives',
  columns: [text('dead_letter_id'), text('notification_id'), int('at')],
  key: 'notification_id',
  conflict: 'ON CONFLICT (dead_letter_id, notification_id) DO NOTHING',
};

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
  { session }: Scope,
  deadLetterIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  if (deadLetterIds.length === 0) return found;
  const rows = await session.all<{ dead_letter_id: string; notification_id: string }>(
    `SELECT dead_letter_id, notification_id FROM redrives WHERE dead_letter_id IN texts(?1)
     ORDER BY at, notification_id`,
    [deadLetterIds],
  );
  for (const { dead_letter_id: letter, notification_id: made } of rows)
    found.set(letter, [...(found.get(letter) ?? []), made]);
  return found;
}
