import type { Notification } from '../../model/notification.ts';
import type { DueQuery } from '../ledger.ts';
import type { Scope } from '../scope.ts';
import { hashKey } from './index-text.ts';
import { loadNotifications, notificationColumns, type NotificationRow } from './notification-rows.ts';

const dueSql = (
  scope: Scope,
  except: string,
): string => `SELECT ${notificationColumns(scope)} FROM notifications n
  WHERE n.app = ?1 AND n.priority = ?2 AND n.state = 'waiting' AND n.due_at <= ?3 AND n.lease_until <= ?3${except}
  ORDER BY n.due_at, n.pk LIMIT ?4 FOR UPDATE SKIP LOCKED`;
const otherRoutes = ' AND NOT (n.route IN texts(?5))';

export async function takeDue(scope: Scope, query: DueQuery): Promise<readonly Notification[]> {
  const sql = { all: dueSql(scope, ''), others: dueSql(scope, otherRoutes) };
  const rows = await inPriorityOrder<NotificationRow>(scope, sql, query);
  for (const row of rows) scope.taken.add(row.pk);
  return loadNotifications(scope, rows);
}

/**
 * Each priority is a walk along the index by itself: one over both would pass all that is not due yet. `others` is
 * asked only when there are routes to leave out.
 */
export async function inPriorityOrder<Row>(
  scope: Scope,
  sql: { readonly all: string; readonly others: string },
  query: DueQuery,
): Promise<Row[]> {
  const except = query.exceptRoutes ?? [];
  const take = (priority: number, limit: number): Promise<Row[]> =>
    except.length === 0
      ? scope.session.all<Row>(sql.all, [query.app, priority, query.now, limit])
      : scope.session.all<Row>(sql.others, [query.app, priority, query.now, limit, except]);
  const high = await take(0, query.limit);
  const rest = query.limit - high.length;
  return rest <= 0 ? high : [...high, ...(await take(1, rest))];
}

export async function takeSameContent(
  scope: Scope,
  query: DueQuery & { readonly contentHashes: readonly string[] },
): Promise<readonly Notification[]> {
  if (query.contentHashes.length === 0) return [];
  const rows = await scope.session.all<NotificationRow>(
    `SELECT ${notificationColumns(scope)} FROM notifications n INDEXED BY notifications_content
     WHERE n.content_key IN ints(?1) AND n.app = ?2 AND n.state = 'waiting' AND n.mergeable = 1
       AND n.due_at <= ?3 AND n.lease_until <= ?3 AND NOT (n.route IN texts(?5))
     LIMIT ?4 FOR UPDATE SKIP LOCKED`,
    [query.contentHashes.map(hashKey), query.app, query.now, query.limit, query.exceptRoutes ?? []],
  );
  const wanted = new Set(query.contentHashes);
  const others = rows.filter((row) => !scope.taken.has(row.pk));
  const notifications = await loadNotifications(scope, others);
  // The key is only a part of the hash.
  return notifications.filter((each) => each.contentHash !== null && wanted.has(each.contentHash));
}

/**
 * When the app's next notification or call falls due. What an instance has leased counts from the end of its lease:
 * whoever sleeps until this instant finds something to take. (Only what waits is ever leased, so the state is not
 * asked for, which would lead PostgreSQL's planner to the index of all that waits.)
 */
export async function nextDue(
  scope: Scope,
  app: string,
  exceptRoutes: readonly string[] = [],
): Promise<number | null> {
  const some = exceptRoutes.length > 0;
  const notification = some ? ' AND NOT (route IN texts(?3))' : '';
  const call = some ? ` AND NOT ${carriesRoute('calls', '?3')}` : '';
  const queries = [
    firstWaiting(0, notification),
    firstWaiting(1, notification),
    `SELECT min(CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END)
     FROM notifications INDEXED BY notifications_leased
     WHERE owner IS NOT NULL AND app = ?1 AND lease_until > ?2${notification}`,
    firstReady(0, call),
    firstReady(1, call),
  ];
  return earliest(scope, queries, some ? [app, scope.now, exceptRoutes] : [app, scope.now]);
}

function firstWaiting(priority: number, except: string): string {
  return `SELECT due_at FROM notifications
    WHERE app = ?1 AND priority = ${priority} AND state = 'waiting' AND lease_until <= ?2${except}
    ORDER BY due_at LIMIT 1`;
}

function firstReady(priority: number, except: string): string {
  return `SELECT next_at FROM calls
    WHERE app = ?1 AND priority = ${priority} AND state = 'ready'${except} ORDER BY next_at LIMIT 1`;
}

/** Whether a call of `calls` carries a notification of one of the routes in a list parameter. */
export function carriesRoute(calls: string, parameter: string): string {
  return `EXISTS (SELECT 1 FROM call_members m JOIN notifications carried ON carried.pk = m.notification_pk
    WHERE m.call_pk = ${calls}.pk AND carried.route IN texts(${parameter}))`;
}

/** The same for accepted calls. */
export async function nextCheck(scope: Scope, app: string): Promise<number | null> {
  const queries = [
    `SELECT next_at FROM calls
     WHERE app = ?1 AND state = 'accepted' AND lease_until <= ?2 ORDER BY next_at LIMIT 1`,
    `SELECT min(CASE WHEN lease_until > next_at THEN lease_until ELSE next_at END)
     FROM calls INDEXED BY calls_owned
     WHERE owner IS NOT NULL AND app = ?1 AND lease_until > ?2`,
  ];
  return earliest(scope, queries, [app, scope.now]);
}

/** Asks several one-value queries in one journey and gives the earliest of what they found. */
async function earliest(
  scope: Scope,
  queries: readonly string[],
  parameters: Parameters<Scope['session']['all']>[1],
): Promise<number | null> {
  const columns = queries.map((query, index) => `(${query}) AS at_${index}`);
  const [row] = await scope.session.all<Record<string, number | null>>(
    `SELECT ${columns.join(', ')}`,
    parameters,
  );
  const instants = Object.values(row ?? {}).filter((instant) => instant !== null);
  return instants.length === 0 ? null : Math.min(...instants);
}

/** Everything that has no final result yet. */
export async function pendingCount({ session }: Scope): Promise<number> {
  const [row] = await session.all<{ count: number }>(
    `SELECT (SELECT count(*) FROM notifications WHERE state = 'waiting')
       + (SELECT count(*) FROM notifications WHERE state = 'active') AS count`,
  );
  return row?.count ?? 0;
}

/** The same app by app. */
export async function pendingByApp({ session }: Scope) {
  return session.all<{ readonly app: string; readonly count: number }>(
    `SELECT app, CAST(sum(count) AS BIGINT) AS count FROM (
       SELECT app, count(*) AS count FROM notifications WHERE state = 'waiting' GROUP BY app
       UNION ALL SELECT app, count(*) AS count FROM notifications WHERE state = 'active' GROUP BY app) AS each_state
     GROUP BY app ORDER BY app`,
  );
}
