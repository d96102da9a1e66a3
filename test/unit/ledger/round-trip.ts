import {
  decodePlan,
  decodeProgress,
  encodePlan,
  encodeProgress,
  planOf,
} from '../../../src/ledger/codec/notification.ts';
import type { Notification } from '../../../src/model/notification.ts';

/** Through the texts that the ledger keeps of it. */
export function decodeNotificationOf(notification: Notification): Notification {
  const { id, state, dueAt } = notification;
  const plan = decodePlan(encodePlan(planOf(notification)));
  return { id, ...plan, state, dueAt, ...decodeProgress(encodeProgress(notification)) };
}
