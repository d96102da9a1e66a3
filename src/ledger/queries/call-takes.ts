import { decodeCallProgress } from '../codec/call.ts';
import type { Call } from '../../model/call.ts';
import type { DueQuery } from '../ledger.ts';
import type { Scope } from '../scope.ts';
import { callColumns, currentCalls, loadCalls, type CallRow } from './call-rows.ts';
import { carriesRoute, inPriorityOrder } from './due.ts';
import { isGone } from './instances.ts';
import { inOrder } from './notifications.ts';

export async function callsById(
  scope: Scope,
  ids: readonly string[],
  lock: boolean,
): Promise<readonly Call[]> {
  const present = currentCalls(scope, ids);
  const known = new Set(present.map(({ id }) => id));
  const wanted = known.size === 0 ? ids : ids.filter((id) => !known.has(id));
  if (wanted.length === 0) return inOrder(ids, present);
  const rows = await scope.session.all<CallRow>(
    `SELECT ${callColumns} FROM calls c WHERE c.id IN texts(?1)${lock ? ' ORDER BY c.pk FOR UPDATE' : ''}`,
    [[...new Set(wanted)]],
  );
  return inOrder(ids, [...present, ...(await loadCalls(scope, rows))]);
}

/** The calls that carry any of these notifications, oldest first, whatever their state. */
export async function callsOf(
  scope: Scope,
  notificationIds: readonly string[],
  lock: boolean,
): Promise<readonly Call[]> {
  if (notificationIds.length === 0) return [];
  const rows = await scope.session.all<CallRow>(
    `SELECT ${callColumns} FROM calls c WHERE c.pk IN (
       SELECT m.call_pk FROM call_members m JOIN notifications n ON n.pk = m.notification_pk
       WHERE n.id IN texts(?1))
     ORDER BY c.pk${lock ? ' FOR UPDATE' : ''}`,
    [[...new Set(notificationIds)]],
  );
  return loadCalls(scope, rows);
}

const readySql = (except: string): string => `SELECT ${callColumns} FROM calls c
  WHERE c.app = ?1 AND c.priority = ?2 AND c.state = 'ready' AND c.next_at <= ?3${except}
  ORDER BY c.next_at, c.pk LIMIT ?4 FOR UPDATE SKIP LOCKED`;
const ready = { all: readySql(''), others: readySql(` AND NOT ${carriesRoute('c', '?5')}`) };

export async function takeReadyCalls(scope: Scope, query: DueQuery): Promise<readonly Call[]> {
  return loadCalls(scope, await inPriorityOrder<CallRow>(scope, ready, query));
}

export async function takeOrphanedCalls(scope: Scope, limit: number): Promise<readonly Call[]> {
  const { instance, leaseMs, shared } = scope.context;
  const gone = shared ? `AND ${isGone('c.owner', '?3')}` : '';
  const rows = await scope.session.all<CallRow>(
    `SELECT ${callColumns} FROM calls c INDEXED BY calls_owned
     WHERE c.owner IS NOT NULL AND c.owner <> ?1 AND c.state = 'sending' ${gone}
     LIMIT ?2 FOR UPDATE SKIP LOCKED`,
    shared ? [instance, limit, leaseMs] : [instance, limit],
  );
  return loadCalls(scope, rows);
}

export async function takeChecks(
  scope: Scope,
  query: DueQuery & { readonly leaseUntil: number },
): Promise<readonly Call[]> {
  const rows = await scope.session.all<CallRow>(
    `SELECT ${callColumns} FROM calls c
     WHERE c.app = ?1 AND c.state = 'accepted' AND c.next_at <= ?2 AND c.lease_until <= ?2
     ORDER BY c.next_at, c.pk LIMIT ?3 FOR UPDATE SKIP LOCKED`,
    [query.app, query.now, query.limit],
  );
  if (rows.length > 0) {
    await scope.session.run('UPDATE calls SET owner = ?1, lease_until = ?2 WHERE pk IN ints(?3)', [
      scope.context.instance,
      query.leaseUntil,
      rows.map((row) => row.pk),
    ]);
  }
  return loadCalls(scope, rows);
}

export async function recentIntents({ session }: Scope, app: string, since: number) {
  return session.all<{ readonly at: number; readonly people: number }>(
    'SELECT at, people FROM intents WHERE app = ?1 AND at >= ?2 ORDER BY at',
    [app, since],
  );
}

export async function recentSends({ session }: Scope, app: string, since: number) {
  const rows = await session.all<{ at: number; people: number; progress: string | null }>(
    `SELECT i.at, i.people, c.progress FROM intents i LEFT JOIN calls c ON c.pk = i.call_pk
     WHERE i.app = ?1 AND i.at >= ?2 ORDER BY i.at`,
    [app, since],
  );
  return rows.map(({ at, people, progress }) => ({
    at,
    people,
    acceptedAt: progress === null ? null : decodeCallProgress(progress).acceptedAt,
  }));
}
