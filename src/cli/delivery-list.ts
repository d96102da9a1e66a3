import { deliveryIdOf } from '../ledger/lifecycle/deliveries.ts';
import type { NotificationSummary } from '../ledger/views.ts';
import type { Call } from '../model/call.ts';
import { isoOptional } from '../server/api/present.ts';
import { maskText } from '../server/masking.ts';
import { moment, table } from './table.ts';

export function summaryJson(each: NotificationSummary): unknown {
  return {
    id: each.id,
    route: each.route,
    app: each.app,
    event_id: maskText(each.eventId),
    state: each.state,
    status: each.finalStatus,
    reason: each.finalReason,
    related: each.related,
    deliveries: each.deliveries,
    recipients: each.recipients,
    received_at: isoOptional(each.receivedAt),
    due_at: isoOptional(each.dueAt),
    ended_at: isoOptional(each.endedAt),
  };
}

export function listText(items: readonly NotificationSummary[], more: boolean): string {
  if (items.length === 0) return 'no notification fits';
  const rows = items.map((each) => [
    moment(each.receivedAt),
    each.id,
    each.route,
    each.state,
    each.finalStatus,
    each.finalReason,
    Object.entries(each.recipients)
      .map(([status, count]) => `${count} ${status}`)
      .join(', '),
    maskText(each.eventId),
  ]);
  const headings = ['RECEIVED', 'NOTIFICATION', 'ROUTE', 'STATE', 'STATUS', 'REASON', 'PEOPLE', 'EVENT'];
  const hint = more
    ? `\n\nthere are more than these ${items.length}: narrow the filters, or raise --limit`
    : '';
  return table(headings, rows) + hint;
}

interface HeldRow {
  readonly delivery_id: string;
  readonly notification_id: string;
  readonly app: string;
  readonly kind: string;
  readonly people: number;
  readonly attempts: number;
  readonly day: string | null;
}

export function heldRows(calls: readonly Call[]): HeldRow[] {
  return calls.flatMap((call) =>
    call.members.map(({ notificationId, part, userids }) => ({
      delivery_id: deliveryIdOf(notificationId, part),
      notification_id: notificationId,
      app: call.app,
      kind: call.kind,
      people: call.kind === 'users' ? userids.length : call.people,
      attempts: call.attempts,
      day: call.day,
    })),
  );
}

export function heldText(calls: readonly Call[]): string {
  const rows = heldRows(calls);
  if (rows.length === 0) return 'nothing waits for a person';
  return table(
    ['DELIVERY', 'NOTIFICATION', 'APP', 'TO', 'PEOPLE', 'ATTEMPTS', 'DAY'],
    rows.map((row) => Object.values(row) as (string | number | null)[]),
  );
}
