import { encodePlan, encodeProgress, planOf, type NotificationPlan } from '../codec/notification.ts';
import { int, text, type InsertSpec, type SqlValue, type UpdateSpec } from '../engine.ts';
import { LedgerMisuseError } from '../errors.ts';
import type { Notification } from '../../model/notification.ts';
import type { Scope } from '../scope.ts';
import { eventPks } from './events.ts';
import { hashKey, indexText } from './index-text.ts';
import {
  changedPlan,
  currentNotifications,
  loadNotifications,
  notificationColumns,
  notificationPks,
  type NotificationRow,
} from './notification-rows.ts';
import { lockCorrelation } from './signals.ts';

/** Columns that follow from the plan alone; `notifications` repeats them because queries look for them. */
const planColumns = [
  text('route'),
  text('app'),
  int('priority'),
  int('mergeable'),
  int('content_key'),
  text('correlation'),
];

function planValues(plan: NotificationPlan): SqlValue[] {
  const { priority, mergeable, correlation } = plan.policies;
  return [
    plan.route,
    plan.app,
    priority === 'high' ? 0 : 1,
    mergeable ? 1 : 0,
    plan.contentHash === null ? null : hashKey(plan.contentHash),
    correlation === null ? null : indexText(correlation),
  ];
}

const notificationRow: InsertSpec = {
  table: 'notifications',
  columns: [
    text('id'),
    int('event_pk'),
    text('event_id'),
    int('received_at'),
    text('state'),
    int('due_at'),
    int('lease_until'),
    text('final_status'),
    int('ended_at'),
    int('plan_rev'),
    text('progress'),
    ...planColumns,
  ],
  key: 'id',
  conflict: 'ON CONFLICT (id) DO NOTHING',
};

const planRow: InsertSpec = {
  table: 'notification_plans',
  columns: [int('pk'), text('plan')],
  key: 'pk',
  conflict: '',
};

export async function insertNotifications(
  scope: Scope,
  entries: readonly { readonly notification: Notification; readonly identity: string }[],
): Promise<ReadonlySet<string>> {
  const fresh = new Set<string>();
  if (entries.length === 0) return fresh;
  const events = await eventPks(
    scope,
    entries.map((entry) => entry.identity),
  );
  const rows: SqlValue[][] = [];
  for (const { notification, identity } of entries) {
    rows.push([
      notification.id,
      events.get(identity) ?? null,
      notification.event.id,
      notification.receivedAt,
      notification.state,
      notification.dueAt,
      0,
      notification.finalStatus,
      notification.state === 'final' ? scope.now : null,
      0,
      encodeProgress(notification),
      ...planValues(notification),
    ]);
  }
  const pks = await scope.session.insertReturning(notificationRow, rows);
  const plans: SqlValue[][] = [];
  for (const [index, { notification }] of entries.entries()) {
    const pk = pks[index] ?? null;
    if (pk === null) continue;
    const part = planOf(notification);
    const plan = encodePlan(part);
    plans.push([pk, plan]);
    fresh.add(notification.id);
    scope.plans.set(notification.id, { pk, revision: 0, part, size: plan.length });
    if (notification.state === 'waiting') scope.wakes.add('delivery');
  }
  await scope.session.insert(planRow, plans);
  scope.savedNotifications(entries.map((entry) => entry.notification).filter(({ id }) => fresh.has(id)));
  return fresh;
}

const progressUpdate: UpdateSpec = {
  table: 'notifications',
  key: int('pk'),
  columns: [
    text('state'),
    int('due_at'),
    text('final_status'),
    // An amendment does not prolong what its notification's end began.
    int('ended_at', 'coalesce(OLD, NEW)'),
    // Whoever saves has decided; a lease has done its duty.
    text('owner'),
    int('lease_until'),
    text('progress'),
  ],
};

const planUpdate: UpdateSpec = {
  table: 'notifications',
  key: text('id'),
  columns: [...planColumns, int('plan_rev')],
};

const planTextUpdate: UpdateSpec = {
  table: 'notification_plans',
  key: int('pk'),
  columns: [text('plan')],
};

export async function saveNotifications(scope: Scope, notifications: readonly Notification[]): Promise<void> {
  if (notifications.length === 0) return;
  const pkOf = await notificationPks(
    scope,
    notifications.map(({ id }) => id),
  );
  const rows: SqlValue[][] = [];
  for (const notification of notifications) {
    if (notification.state === 'waiting') scope.wakes.add('delivery');
    rows.push([
      pkOf(notification.id),
      notification.state,
      notification.dueAt,
      notification.finalStatus,
      notification.state === 'final' ? scope.now : null,
      null,
      0,
      encodeProgress(notification),
    ]);
  }
  const found = await scope.session.update(progressUpdate, rows);
  if (found !== notifications.length) {
    throw new LedgerMisuseError(
      `of ${notifications.length} notifications to save the ledger holds only ${found}`,
    );
  }
  await saveChangedPlans(scope, notifications);
  scope.savedNotifications(notifications);
}

/** Seldom: a message whose media ids became known, or a plan that this transaction has not read. */
async function saveChangedPlans(scope: Scope, notifications: readonly Notification[]): Promise<void> {
  const changed: { id: string; plan: NotificationPlan; text: string }[] = [];
  for (const notification of notifications) {
    const change = changedPlan(notification, scope.plans.get(notification.id));
    if (change !== null) changed.push({ id: notification.id, ...change });
  }
  if (changed.length === 0) return;
  const rows = await scope.session.all<{ pk: number; id: string; plan_rev: number }>(
    'SELECT pk, id, plan_rev FROM notifications WHERE id IN texts(?1)',
    [changed.map((each) => each.id)],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const columns: SqlValue[][] = [];
  const texts: SqlValue[][] = [];
  for (const { id, plan, text: encoded } of changed) {
    const row = byId.get(id);
    if (row === undefined) continue;
    const revision = row.plan_rev + 1;
    columns.push([id, ...planValues(plan), revision]);
    texts.push([row.pk, encoded]);
    scope.plans.set(id, { pk: row.pk, revision, part: plan, size: encoded.length });
  }
  await scope.session.update(planUpdate, columns);
  await scope.session.update(planTextUpdate, texts);
}

export async function notificationsById(
  scope: Scope,
  ids: readonly string[],
  lock: boolean,
): Promise<readonly Notification[]> {
  const present = currentNotifications(scope, ids);
  const known = new Set(present.map(({ id }) => id));
  const wanted = known.size === 0 ? ids : ids.filter((id) => !known.has(id));
  if (wanted.length === 0) return inOrder(ids, present);
  // Locks are taken in one order everywhere, so that two instances do not wait for each other.
  const rows = await scope.session.all<NotificationRow>(
    `SELECT ${notificationColumns(scope)} FROM notifications n WHERE n.id IN texts(?1)${lock ? ' ORDER BY n.pk FOR UPDATE' : ''}`,
    [[...new Set(wanted)]],
  );
  return inOrder(ids, [...present, ...(await loadNotifications(scope, rows))]);
}

/** What is listed by id comes in the order of the ids. */
export function inOrder<T extends { readonly id: string }>(
  ids: readonly string[],
  list: readonly T[],
): readonly T[] {
  const byId = new Map(list.map((each) => [each.id, each]));
  return [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
}

export async function leaseNotifications(scope: Scope, ids: readonly string[], until: number): Promise<void> {
  if (ids.length === 0) return;
  const pkOf = await notificationPks(scope, ids);
  const pks = ids.flatMap((id) => pkOf(id) ?? []);
  await scope.session.run(
    `UPDATE notifications SET owner = ?1, lease_until = ?2 WHERE pk IN ints(?3) AND state = 'waiting'`,
    [scope.context.instance, until, pks],
  );
}

export async function correlated(
  scope: Scope,
  route: string,
  correlation: string,
  since: number,
): Promise<readonly string[]> {
  await lockCorrelation(scope, route, correlation);
  const rows = await scope.session.all<{ id: string }>(
    `SELECT id FROM notifications
     WHERE route = ?1 AND correlation = ?2 AND (received_at >= ?3 OR state <> 'final')
     ORDER BY received_at DESC, pk DESC`,
    [route, indexText(correlation), since],
  );
  return rows.map((row) => row.id);
}
