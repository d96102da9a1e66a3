/**
 * What people and their tools look at: how much is under way, what is used of the limits, what became of a
 * notification. Reading only, from a snapshot, on a connection of its own so that no loop waits for a long list.
 */
import type { Call } from '../model/call.ts';
import type { Notification, NotificationState } from '../model/notification.ts';
import type { RecipientStatus, ResultStatus } from '../model/result.ts';
import type { Hold, OutboxItem } from './entries.ts';

export interface LedgerViews {
  /** What is in the ledger and not done; however much is in it that is done, this takes no longer. */
  backlog(): Promise<Backlog>;
  /** The same with digests and holds, and what ended since `endedSince` (ms), by status. */
  overview(endedSince: number): Promise<Overview>;
  /** What an app has used of its limits in a DingTalk day (`YYYY-MM-DD`) and its month; people with most messages first. */
  quotaUse(app: string, day: string, topPeople: number): Promise<QuotaUse>;
  /** Newest first. */
  notifications(filter: NotificationFilter, page: PageRequest): Promise<Page<NotificationSummary>>;
  /** All that is known of one notification; null when there is none (any more). */
  history(id: string): Promise<NotificationHistory | null>;
  /** Calls whose outcome a person must settle, oldest first. */
  heldCalls(limit: number): Promise<readonly Call[]>;
  /** Dead letters that this ledger wrote and still holds, newest first. */
  deadLetters(page: PageRequest): Promise<Page<OutboxEntry>>;
  /** The notifications that redrives made of these dead letters, oldest first; those without any are left out. */
  redrives(deadLetterIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  instances(): Promise<readonly InstanceView[]>;
}

export interface Backlog {
  readonly apps: readonly AppBacklog[];
  readonly unpublished: number;
  /** When the oldest unpublished row was written, ms; null when all are published. */
  readonly oldestUnpublishedAt: number | null;
}

export interface Overview extends Backlog {
  /** Ended notifications by final status. */
  readonly ended: Readonly<Partial<Record<ResultStatus, number>>>;
  readonly openDigests: number;
  readonly holds: readonly Hold[];
}

export interface AppBacklog {
  readonly app: string;
  /** Notifications due and not yet called, and since when the oldest of them is due (ms). */
  readonly due: number;
  readonly oldestDueAt: number | null;
  /** Notifications that wait for a later time, and the next such time (ms). */
  readonly deferred: number;
  readonly nextDeferredAt: number | null;
  /** Notifications whose deliveries are on their way, and when the oldest of them was received (ms). */
  readonly active: number;
  readonly oldestActiveReceivedAt: number | null;
  readonly calls: Readonly<Record<'ready' | 'sending' | 'accepted' | 'held', number>>;
}

export interface QuotaUse {
  readonly app: string;
  readonly day: string;
  readonly broadcasts: number;
  readonly month: string;
  readonly callsThisMonth: number;
  /** People that got at least one message today, and messages to all of them together. */
  readonly people: number;
  readonly messages: number;
  readonly topPeople: readonly { readonly userid: string; readonly messages: number }[];
}

/** All that is set must hold; null = any. */
export interface NotificationFilter {
  readonly app: string | null;
  readonly route: string | null;
  readonly state: NotificationState | null;
  /** The final status. */
  readonly status: ResultStatus | null;
  /** The status and the reason of the last thing told of it, an amendment too. */
  readonly toldStatus: ResultStatus | null;
  readonly toldReason: string | null;
  /** Received at or after, and before, ms. */
  readonly since: number | null;
  readonly until: number | null;
  /** One of its people; those whom a mobile led to are found once it is looked up. */
  readonly userid: string | null;
  readonly correlation: string | null;
  /** The id of a notification, delivery, call, event (as its source wrote it) or DingTalk task. */
  readonly id: string | null;
}

export const anyNotification: NotificationFilter = {
  app: null,
  route: null,
  state: null,
  status: null,
  toldStatus: null,
  toldReason: null,
  since: null,
  until: null,
  userid: null,
  correlation: null,
  id: null,
};

export interface PageRequest {
  /** 1 … 500. */
  readonly limit: number;
  /** From the page before; null for the first. */
  readonly cursor: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /**
   * Where to go on; null when there is nothing more. A page may hold fewer than asked for, even none, and still have
   * a next one: a search looks through a bounded part of a large ledger at a time.
   */
  readonly next: string | null;
}

export interface NotificationSummary {
  readonly id: string;
  readonly route: string;
  readonly app: string;
  readonly eventId: string;
  readonly state: NotificationState;
  readonly receivedAt: number;
  readonly dueAt: number;
  readonly endedAt: number | null;
  readonly finalStatus: ResultStatus | null;
  readonly finalReason: string | null;
  readonly related: string | null;
  readonly deliveries: number;
  readonly recipients: Readonly<Partial<Record<RecipientStatus, number>>>;
}

export interface OutboxEntry {
  readonly id: bigint;
  readonly item: OutboxItem;
  readonly createdAt: number;
  readonly publishedAt: number | null;
}

export interface NotificationHistory {
  readonly notification: Notification;
  readonly endedAt: number | null;
  readonly calls: readonly Call[];
  /** Its results and dead letters in the order in which they leave. */
  readonly outbox: readonly OutboxEntry[];
}

export interface InstanceView {
  readonly id: string;
  readonly description: string;
  readonly startedAt: number;
  readonly heartbeatAt: number;
}
