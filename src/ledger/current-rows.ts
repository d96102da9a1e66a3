import type { CallContent } from './codec/call.ts';
import type { NotificationPlan } from './codec/notification.ts';
import type { Call } from '../model/call.ts';
import type { Notification } from '../model/notification.ts';
import { OutboxTail } from './outbox-tail.ts';
import { Recent } from './recent.ts';

/** A row as it was last written, with its key and its long part. */
export interface CurrentRow<Row, Part> {
  readonly pk: number;
  readonly revision: number;
  readonly part: Part;
  readonly row: Row;
}

/**
 * Notifications and calls as the one connection that writes sees them, where this process alone writes: what it has just
 * written it need not read and parse again. A row leaves the moment a transaction changes it and comes back when that has
 * run to its end, so that nothing here is ever older than the table; a rollback takes everything away. Only for
 * transactions: those that read beside them see what has been committed.
 */
export class CurrentRows {
  readonly notifications = new Recent<string, CurrentRow<Notification, NotificationPlan>>(notificationBytes);
  readonly calls = new Recent<string, CurrentRow<Call, CallContent>>(callBytes);
  readonly outbox = new OutboxTail();

  clear(): void {
    this.notifications.clear();
    this.calls.clear();
    this.outbox.forget();
  }
}

/** Some thousands of ordinary ones: what is sent at full speed is no more (`intake/give-way.ts`), and what waits for longer is seldom looked at. */
const notificationBytes = 6 * 1_048_576;
const callBytes = 4 * 1_048_576;

/** What a row takes in memory, roughly. */
export function sizeOfNotification({ message, persons, deliveries }: Notification): number {
  return 1_000 + (message?.body.length ?? 0) + 150 * persons.length + 300 * deliveries.length;
}

export function sizeOfCall({ body, members, people }: Call): number {
  return 600 + body.length + 150 * members.length + 40 * people;
}
