import { decodeOutboxItem } from '../codec/outbox.ts';
import type { Call } from '../../model/call.ts';
import type { Scope } from '../scope.ts';
import type { NotificationHistory, OutboxEntry, Page, PageRequest } from '../views.ts';
import { callColumns, loadCalls, type CallRow } from './call-rows.ts';
import { callsOf } from './call-takes.ts';
import { loadNotifications, notificationColumns, type NotificationRow } from './notification-rows.ts';
import { cursorOf } from './view-notifications.ts';

interface OutboxColumns {
  readonly pk: number;
  readonly kind: string;
  readonly item: string;
  readonly created_at: number;
  readonly published_at: number | null;
}

export async function history(scope: Scope, id: string): Promise<NotificationHistory | null> {
  const [row] = await scope.session.all<NotificationRow & { ended_at: number | null }>(
    `SELECT ${notificationColumns(scope)}, n.ended_at FROM notifications n WHERE n.id = ?1`,
    [id],
  );
  if (row === undefined) return null;
  const [notification] = await loadNotifications(scope, [row]);
  if (notification === undefined) return null;
  const outbox = await scope.session.all<OutboxColumns>(
    'SELECT pk, kind, item, created_at, published_at FROM outbox WHERE notification_pk = ?1 ORDER BY pk',
    [row.pk],
  );
  return {
    notification,
    endedAt: row.ended_at,
    calls: await callsOf(scope, [id], false),
    outbox: outbox.map(toEntry),
  };
}

export async function heldCalls(scope: Scope, limit: number): Promise<readonly Call[]> {
  const rows = await scope.session.all<CallRow>(
    `SELECT ${callColumns} FROM calls c WHERE c.state = 'held' ORDER BY c.pk LIMIT ?1`,
    [limit],
  );
  return loadCalls(scope, rows);
}

export async function deadLetters({ session }: Scope, page: PageRequest): Promise<Page<OutboxEntry>> {
  const below = page.cursor === null ? Number.MAX_SAFE_INTEGER : cursorOf(page.cursor);
  const rows = await session.all<OutboxColumns>(
    `SELECT pk, kind, item, created_at, published_at FROM outbox
     WHERE kind = 'dead_letter' AND pk < ?1 ORDER BY pk DESC LIMIT ?2`,
    [below, page.limit],
  );
  const last = rows.at(-1);
  const more = rows.length === page.limit && last !== undefined;
  return { items: rows.map(toEntry), next: more ? String(last.pk) : null };
}

function toEntry(row: OutboxColumns): OutboxEntry {
  return {
    id: BigInt(row.pk),
    item: decodeOutboxItem(row.kind, row.item),
    createdAt: row.created_at,
    publishedAt: row.published_at,
  };
}
