import {
  decodePlan,
  decodeProgress,
  encodePlan,
  planOf,
  samePlan,
  type NotificationPlan,
} from '../codec/notification.ts';
import type { Notification, NotificationState } from '../../model/notification.ts';
import type { KnownPart, Scope } from '../scope.ts';

/** What every query that gives notifications selects, of `notifications n`. */
export const notificationColumns = 'n.pk, n.id, n.state, n.due_at, n.plan_rev, n.progress';

export interface NotificationRow {
  readonly pk: number;
  readonly id: string;
  readonly state: NotificationState;
  readonly due_at: number;
  readonly plan_rev: number;
  readonly progress: string;
}

/** Rows → notifications, in the same order; plans that are not at hand are read in one go. */
export async function loadNotifications(
  scope: Scope,
  rows: readonly NotificationRow[],
): Promise<readonly Notification[]> {
  const missing: number[] = [];
  for (const row of rows) {
    const cached = scope.context.plans.get(row.pk, row.plan_rev);
    if (knownPlan(scope, row) !== undefined) continue;
    if (cached === undefined) missing.push(row.pk);
    else scope.plans.set(row.id, { pk: row.pk, revision: row.plan_rev, part: cached, size: 0 });
  }
  const texts = new Map<number, string>();
  if (missing.length > 0) {
    const plans = await scope.session.all<{ pk: number; plan: string }>(
      'SELECT pk, plan FROM notification_plans WHERE pk IN ints(?1)',
      [missing],
    );
    for (const { pk, plan } of plans) texts.set(pk, plan);
  }
  const notifications: Notification[] = [];
  for (const row of rows) {
    const plan = knownPlan(scope, row) ?? decoded(scope, row, texts.get(row.pk));
    // A row whose plan is gone was purged between two reads.
    if (plan === null) continue;
    notifications.push({
      id: row.id,
      ...plan,
      state: row.state,
      dueAt: row.due_at,
      ...decodeProgress(row.progress),
    });
  }
  return notifications;
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

/** pks of notifications by id: those read or written in this transaction are known, others are looked up. */
export async function notificationPks(
  scope: Scope,
  ids: readonly string[],
): Promise<(id: string) => number | null> {
  const found = new Map<string, number>();
  const missing = [...new Set(ids.filter((id) => !scope.plans.has(id)))];
  if (missing.length > 0) {
    const rows = await scope.session.all<{ pk: number; id: string }>(
      'SELECT pk, id FROM notifications WHERE id IN texts(?1)',
      [missing],
    );
    for (const row of rows) found.set(row.id, row.pk);
  }
  return (id) => scope.plans.get(id)?.pk ?? found.get(id) ?? null;
}
