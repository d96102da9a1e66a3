import {
  decodePlan,
  decodeProgress,
  encodePlan,
  planOf,
  samePlan,
  type NotificationPlan,
} from '../codec/notification.ts';
import type { Notification, NotificationState } from '../../model/notification.ts';
import type { CurrentRow } from '../current-rows.ts';
import type { KnownPart, Scope } from '../scope.ts';

/** What every query that gives notifications selects, of `notifications n`; what is at hand is not read again. */
export function notificationColumns({ current }: Scope): string {
  const columns = 'n.pk, n.id, n.state, n.due_at, n.plan_rev';
  return current === null ? `${columns}, n.progress` : columns;
}

export interface NotificationRow {
  readonly pk: number;
  readonly id: string;
  readonly state: NotificationState;
  readonly due_at: number;
  readonly plan_rev: number;
  readonly progress?: string;
}

/** Rows → notifications, in the same order; what is not at hand is read in one go. */
export async function loadNotifications(
  scope: Scope,
  rows: readonly NotificationRow[],
): Promise<readonly Notification[]> {
  const withoutPlan: number[] = [];
  const withoutProgress: number[] = [];
  const at = new Map<number, Notification>();
  for (const row of rows) {
    const current = currentOf(scope, row);
    if (current !== null) {
      at.set(row.pk, current);
      continue;
    }
    if (row.progress === undefined) withoutProgress.push(row.pk);
    if (knownPlan(scope, row) !== undefined) continue;
    const cached = scope.context.plans.get(row.pk, row.plan_rev);
    if (cached === undefined) withoutPlan.push(row.pk);
    else scope.plans.set(row.id, { pk: row.pk, revision: row.plan_rev, part: cached, size: 0 });
  }
  const plans = await textsOf(scope, 'plan', 'notification_plans', withoutPlan);
  const progresses = await textsOf(scope, 'progress', 'notifications', withoutProgress);
  const notifications: Notification[] = [];
  for (const row of rows) {
    const current = at.get(row.pk);
    if (current !== undefined) {
      notifications.push(current);
      continue;
    }
    const plan = knownPlan(scope, row) ?? decoded(scope, row, plans.get(row.pk));
    const progress = row.progress ?? progresses.get(row.pk);
    // A row whose plan is gone was purged between two reads.
    if (plan === null || progress === undefined) continue;
    notifications.push({
      id: row.id,
      ...plan,
      state: row.state,
      dueAt: row.due_at,
      ...decodeProgress(progress),
    });
  }
  return notifications;
}

/** The notification itself when it is at hand just as the row says. */
function currentOf(scope: Scope, row: NotificationRow): Notification | null {
  const current = scope.current?.notifications.get(row.id);
  if (current?.pk !== row.pk || current.revision !== row.plan_rev) return null;
  if (current.row.state !== row.state || current.row.dueAt !== row.due_at) return null;
  return useCurrent(scope, row.id, current);
}

/** Of these, those that are at hand; they count as read in this transaction. */
export function currentNotifications(scope: Scope, ids: readonly string[]): readonly Notification[] {
  return ids.flatMap((id) => {
    const current = scope.current?.notifications.get(id);
    return current === undefined ? [] : [useCurrent(scope, id, current)];
  });
}

function useCurrent(
  scope: Scope,
  id: string,
  { pk, revision, part, row }: CurrentRow<Notification, NotificationPlan>,
): Notification {
  scope.plans.set(id, { pk, revision, part, size: 0 });
  return row;
}

async function textsOf(
  { session }: Scope,
  column: string,
  table: string,
  pks: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (pks.length === 0) return new Map();
  const rows = await session.all<{ pk: number; text: string }>(
    `SELECT pk, ${column} AS text FROM ${table} WHERE pk IN ints(?1)`,
    [pks],
  );
  return new Map(rows.map(({ pk, text }) => [pk, text]));
}

function knownPlan(scope: Scope, row: NotificationRow): NotificationPlan | undefined {
  const known = scope.plans.get(row.id);
  return known?.revision === row.plan_rev ? known.part : undefined;
}

function decoded(scope: Scope, row: NotificationRow, plan: string | undefined): NotificationPlan | null {
  if (plan === undefined) return null;
  const part = decodePlan(plan);
  scope.plans.set(row.id, { pk: row.pk, revision: row.plan_rev, part, size: plan.length });
  return part;
}

/** The plan's text when it is not the one that this transaction read, else null: then it need not be written. */
export function changedPlan(
  notification: Notification,
  known: KnownPart<NotificationPlan> | undefined,
): { readonly plan: NotificationPlan; readonly text: string } | null {
  if (known !== undefined && samePlan(notification, known.part)) return null;
  const plan = planOf(notification);
  return { plan, text: encodePlan(plan) };
}

/** pks by id of the rows of a table: those in `known` are at hand, others are looked up; null = there is none. */
export async function pksOf(
  { session }: Scope,
  table: 'notifications' | 'calls',
  known: ReadonlyMap<string, { readonly pk: number }>,
  ids: readonly string[],
): Promise<(id: string) => number | null> {
  const found = new Map<string, number>();
  const missing = [...new Set(ids.filter((id) => !known.has(id)))];
  if (missing.length > 0) {
    const rows = await session.all<{ pk: number; id: string }>(
      `SELECT pk, id FROM ${table} WHERE id IN texts(?1)`,
      [missing],
    );
    for (const row of rows) found.set(row.id, row.pk);
  }
  return (id) => known.get(id)?.pk ?? found.get(id) ?? null;
}

/** pks of notifications by id: those read or written in this transaction are known, others are looked up. */
export async function notificationPks(
  scope: Scope,
  ids: readonly string[],
): Promise<(id: string) => number | null> {
  return pksOf(scope, 'notifications', scope.plans, ids);
}
