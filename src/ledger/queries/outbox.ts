import { decodeOutboxItem, encodeOutboxItem } from '../codec/outbox.ts';
import { int, text, type InsertSpec } from '../engine.ts';
import { LedgerMisuseError } from '../errors.ts';
import type { OutboxItem, OutboxRow } from '../ledger.ts';
import type { SizedRow } from '../outbox-tail.ts';
import type { Scope } from '../scope.ts';
import { isGone } from './instances.ts';
import { notificationPks } from './notification-rows.ts';

const outboxRow: InsertSpec = {
  table: 'outbox',
  columns: [int('notification_pk'), text('kind'), text('item'), int('created_at')],
  key: 'pk',
  conflict: '',
};

/**
 * Results of a notification are written by whoever holds its row, so their keys rise with their `seq`; that is the
 * order in which they leave.
 */
export async function appendOutbox(scope: Scope, items: readonly OutboxItem[]): Promise<void> {
  if (items.length === 0) return;
  const pkOf = await notificationPks(
    scope,
    items.flatMap((item) => notificationOf(item) ?? []),
  );
  const rows: (readonly [number | null, string, string, number])[] = [];
  for (const item of items) {
    const id = notificationOf(item);
    rows.push([id === null ? null : pkOf(id), item.kind, encodeOutboxItem(item), scope.now]);
  }
  scope.wakes.add('outbox');
  const tail = scope.current?.outbox;
  if (tail === undefined) {
    await scope.session.insert(outboxRow, rows);
    return;
  }
  const pks = await scope.session.insertReturning(outboxRow, rows);
  const sized: SizedRow[] = [];
  for (const [index, item] of items.entries()) {
    const pk = pks[index] ?? null;
    if (pk === null) throw new LedgerMisuseError('a row of the outbox was not inserted');
    sized.push({ row: { ...item, id: BigInt(pk) }, size: rows[index]?.[2].length ?? 0 });
  }
  scope.notes.push(() => {
    tail.appended(sized);
  });
}

function notificationOf(item: OutboxItem): string | null {
  return item.kind === 'result' ? item.result.notificationId : item.deadLetter.notificationId;
}

const leaseName = 'outbox';
/** Dead letters may be of 10 MB each; what is taken at once stays small all the same. */
const maxTakenCharacters = 16_000_000;

export async function takeOutbox(scope: Scope, limit: number): Promise<readonly OutboxRow[]> {
  if (scope.context.shared && !(await leaseOutbox(scope))) return [];
  const tail = scope.current?.outbox;
  // That nothing is left is believed of the table alone.
  const known = tail?.first(limit) ?? [];
  if (known.length > 0) return known;
  // What a refused result would have said before must not be overtaken by later results of its notification.
  const rows = await scope.session.all<{ pk: number; kind: string; item: string }>(
    `SELECT pk, kind, item FROM (
       SELECT pk, kind, item, sum(length(item)) OVER (ORDER BY pk) - length(item) AS before FROM (
         SELECT pk, kind, item FROM outbox AS one
         WHERE published_at IS NULL AND (retry_at IS NULL OR retry_at <= ?2)
           AND (kind <> 'result' OR NOT EXISTS (SELECT 1 FROM outbox AS earlier
             WHERE earlier.notification_pk = one.notification_pk AND earlier.pk < one.pk AND earlier.kind = 'result'
               AND earlier.published_at IS NULL AND earlier.retry_at IS NOT NULL AND earlier.retry_at > ?2))
         ORDER BY pk LIMIT ?1) AS due) AS measured
     WHERE before < ?3 ORDER BY pk`,
    [limit, scope.now, maxTakenCharacters],
  );
  const taken = rows.map(({ pk, kind, item }): SizedRow => {
    return { row: { ...decodeOutboxItem(kind, item), id: BigInt(pk) }, size: item.length };
  });
  if (tail !== undefined && taken.length < limit && (await unpublished(scope)) === taken.length) {
    scope.notes.push(() => {
      tail.readToEnd(taken);
    });
  }
  return taken.map(({ row }) => row);
}

/** Those that have to wait for a later attempt are among them. */
async function unpublished({ session }: Scope): Promise<number> {
  const [row] = await session.all<{ count: number }>(
    'SELECT count(*) AS count FROM outbox WHERE published_at IS NULL',
  );
  return row?.count ?? 0;
}

/** Whoever publishes keeps the others from overtaking it, until it has published, lets the lease run out, or dies. */
async function leaseOutbox({ session, context }: Scope): Promise<boolean> {
  const changed = await session.run(
    `INSERT INTO leases (name, owner, until) VALUES ('${leaseName}', ?1, server_now() + CAST(?2 AS BIGINT))
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
     WHERE leases.owner = excluded.owner OR leases.until <= server_now() OR ${isGone('leases.owner', '?2')}`,
    [context.instance, context.leaseMs],
  );
  return changed > 0;
}

export async function markPublished(scope: Scope, ids: readonly bigint[], at: number): Promise<void> {
  if (ids.length > 0) {
    await scope.session.run('UPDATE outbox SET published_at = ?1 WHERE pk IN ints(?2)', [
      at,
      ids.map(Number),
    ]);
    scope.notes.push(() => scope.current?.outbox.published(new Set(ids)));
  }
  if (!scope.context.shared) return;
  await scope.session.run(`DELETE FROM leases WHERE name = '${leaseName}' AND owner = ?1`, [
    scope.context.instance,
  ]);
}

export async function postponeOutbox(scope: Scope, ids: readonly bigint[], retryAt: number): Promise<void> {
  if (ids.length === 0) return;
  await scope.session.run('UPDATE outbox SET retry_at = ?1 WHERE pk IN ints(?2)', [retryAt, ids.map(Number)]);
  scope.notes.push(() => scope.current?.outbox.forget());
}

export async function unpublishedCount({ session, now }: Scope): Promise<number> {
  const [row] = await session.all<{ count: number }>(
    'SELECT count(*) AS count FROM outbox WHERE published_at IS NULL AND (retry_at IS NULL OR retry_at <= ?1)',
    [now],
  );
  return row?.count ?? 0;
}
