import { stableId } from '../../../src/base/ids.ts';
import type { Ledger, LedgerTx, OutboxItem } from '../../../src/ledger/ledger.ts';
import type { Call } from '../../../src/model/call.ts';
import type { Notification } from '../../../src/model/notification.ts';
import { planDeliveries } from '../../../src/ledger/lifecycle/deliveries.ts';
import { tellInterim } from '../../../src/ledger/lifecycle/tell.ts';
import { aNotification, aRecord, noon, partSizes } from '../../fakes/builders.ts';

export type Overrides = Parameters<typeof aNotification>[0];

export function identityOf(id: string): string {
  return stableId('evt', '/shop', id);
}

/** Stores notifications with their events, one event each: e-1, e-2, … */
export async function insert(tx: LedgerTx, notifications: readonly Notification[]): Promise<void> {
  await tx.insertEvents(
    notifications.map(({ event }) => ({
      identity: identityOf(event.id),
      record: aRecord({ offset: event.offset }),
      receivedAt: noon,
    })),
  );
  await tx.insertNotifications(
    notifications.map((notification) => ({ notification, identity: identityOf(notification.event.id) })),
  );
}

/** So many notifications in the ledger, waiting and due. */
export async function waiting(
  ledger: Ledger,
  count: number,
  overrides: (index: number) => Overrides = () => ({}),
): Promise<Notification[]> {
  const notifications = Array.from({ length: count }, (_none, index) =>
    aNotification(overrides(index), `e-${index}`),
  );
  await ledger.write((tx) => insert(tx, notifications));
  return notifications;
}

/** A notification in the ledger with its one call, in the state that the test wants. */
export async function withCall(
  ledger: Ledger,
  change: Partial<Call>,
  id = 'e-0',
  overrides: Overrides = {},
): Promise<{ notification: Notification; call: Call }> {
  const fresh = aNotification(overrides, id);
  const parts = planDeliveries(fresh, fresh.message?.body ?? '', partSizes, noon);
  const [planned] = parts.calls;
  if (planned === undefined) throw new Error('no call was planned');
  const call = { ...planned, ...change };
  await ledger.write(async (tx) => {
    await insert(tx, [fresh]);
    await tx.insertCalls([call]);
    await tx.saveNotifications([parts.notification]);
  });
  return { notification: parts.notification, call };
}

/** A result of the notification with the next `seq`, and the notification that has told it. */
export function told(notification: Notification): { notification: Notification; item: OutboxItem } {
  const step = tellInterim(notification, { status: 'accepted' }, noon);
  const [item] = step.outbox;
  if (item === undefined) throw new Error('nothing was told');
  return { notification: step.notification, item };
}
