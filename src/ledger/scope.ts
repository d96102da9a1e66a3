import type { Clock } from '../base/clock.ts';
import type { Call } from '../model/call.ts';
import type { Notification } from '../model/notification.ts';
import type { CallContent } from './codec/call.ts';
import type { NotificationPlan } from './codec/notification.ts';
import { sizeOfCall, sizeOfNotification, type CurrentRows } from './current-rows.ts';
import type { Session } from './engine.ts';
import type { WakeKind } from './ledger.ts';
import type { PartCache } from './part-cache.ts';

/** What all transactions of one opened ledger share. */
export interface LedgerContext {
  /** Names this process start; never used again by another. */
  readonly instance: string;
  readonly clock: Clock;
  /** An instance whose last heartbeat is older has died, for all that others know. */
  readonly leaseMs: number;
  readonly shared: boolean;
  readonly plans: PartCache<NotificationPlan>;
  readonly contents: PartCache<CallContent>;
  /** Null where other processes write to the same ledger. */
  readonly current: CurrentRows | null;
  /** Where the next step of the sweep over old events begins; lost at a restart, which costs a few empty steps. */
  readonly sweep: { events: number };
}

/** What was written since the last commit has never been: what was kept of it is forgotten, with all the rest. */
export function forget({ plans, contents, current }: LedgerContext): void {
  plans.clear();
  contents.clear();
  current?.clear();
}

/** A part as it stands in this transaction. */
export interface KnownPart<Part> {
  readonly pk: number;
  readonly revision: number;
  readonly part: Part;
  /** Length of its text; 0 when it came from the cache, where it need not be put again. */
  readonly size: number;
}

/** One transaction as the queries see it: the session, what it has learned so far, and what follows when others may see it. */
export class Scope {
  readonly session: Session;
  readonly context: LedgerContext;
  /** Of rows read or written in this transaction, by their ids. */
  readonly plans = new Map<string, KnownPart<NotificationPlan>>();
  readonly contents = new Map<string, KnownPart<CallContent>>();
  readonly eventPks = new Map<string, number>();
  /** Notifications that were taken because they are due; they need not be taken twice. */
  readonly taken = new Set<number>();
  readonly wakes = new Set<WakeKind>();
  /** Done in order when the transaction is `remember`ed. */
  readonly notes: (() => void)[] = [];
  /** Null for whoever may not rely on it: readers, who see the ledger as it was, and instances that share it. */
  readonly current: CurrentRows | null;
  readonly #savedNotifications = new Map<string, Notification>();
  readonly #savedCalls = new Map<string, Call>();

  constructor(session: Session, context: LedgerContext, current: CurrentRows | null = null) {
    this.session = session;
    this.context = context;
    this.current = current;
  }

  get now(): number {
    return this.context.clock.now();
  }

  /** This transaction has written these; nobody may rely on what they were before. */
  savedNotifications(notifications: readonly Notification[]): void {
    if (this.current === null) return;
    for (const notification of notifications) {
      this.current.notifications.delete(notification.id);
      this.#savedNotifications.set(notification.id, notification);
    }
  }

  savedCalls(calls: readonly Call[]): void {
    if (this.current === null) return;
    for (const call of calls) {
      this.current.calls.delete(call.id);
      this.#savedCalls.set(call.id, call);
    }
  }

  /**
   * Keeps beyond the transaction what others may rely on by now: those who share the ledger see it when it is committed,
   * who writes next over the same connection when it has run to its end. What has ended is not kept, for it will hardly
   * be asked for again.
   */
  remember(): void {
    for (const note of this.notes) note();
    if (this.current !== null) {
      for (const [id, row] of this.#savedNotifications) {
        const known = this.plans.get(id);
        if (row.state !== 'final' && known !== undefined)
          this.current.notifications.set(id, { ...known, row }, sizeOfNotification(row));
      }
      for (const [id, row] of this.#savedCalls) {
        const known = this.contents.get(id);
        if (row.state !== 'closed' && known !== undefined)
          this.current.calls.set(id, { ...known, row }, sizeOfCall(row));
      }
    }
    // A whole row holds its long part.
    for (const [id, { pk, revision, part, size }] of this.plans) {
      if (size > 0 && !this.#savedNotifications.has(id)) this.context.plans.set(pk, revision, part, size);
    }
    for (const [id, { pk, revision, part, size }] of this.contents) {
      if (size > 0 && !this.#savedCalls.has(id)) this.context.contents.set(pk, revision, part, size);
    }
  }
}
