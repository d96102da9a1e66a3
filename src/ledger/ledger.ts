/**
 * The ledger: the durable store of notifications, calls, limits, positions and unpublished results. All stages
 * meet here and nowhere else. Every change happens inside `write`, one transaction that is durable when its
 * promise resolves; nothing outside it may be believed. The room decides no policy and makes no call: it keeps
 * what the other rooms decide, and its unique keys settle who was first.
 */
import type { Call } from '../model/call.ts';
import type { Event } from '../model/event.ts';
import type { Notification } from '../model/notification.ts';
import type { RawRecord } from '../model/record.ts';
import type { Hold, OutboxItem } from './entries.ts';
import type { LedgerViews } from './views.ts';

export type { Hold, OutboxItem } from './entries.ts';

export interface Ledger {
  /**
   * Runs `work` in one transaction and resolves when it is durable. A throw rolls all of it back. `work` may be run
   * again when the server asks for it (serialization, lost connection before commit), so it must not change
   * anything but the transaction. Calls that arrive while one commits share the next commit (group commit).
   * @throws LedgerUnavailableError (retry) when the store cannot be written now: disk full, server away.
   */
  write<T>(work: (tx: LedgerTx) => Promise<T>): Promise<T>;
  /** The same without write access; sees a consistent snapshot. */
  read<T>(work: (tx: LedgerReader) => Promise<T>): Promise<T>;
  /** The same for what people look at; no loop waits for it. */
  view<T>(work: (views: LedgerViews) => Promise<T>): Promise<T>;
  /** Calls `listener` soon after any instance commits something that makes work of this kind due. */
  onWake(kind: WakeKind, listener: () => void): () => void;
  /** Renews this instance's lease; work leased by an instance whose lease ran out belongs to whoever takes it. */
  heartbeat(): Promise<void>;
  /** This instance's claim to what it has in hand, beginning now. */
  tenure(): Tenure;
  /** What instances agree on beside their transactions; null where there is only one process. */
  readonly documents: SharedDocuments | null;
  /** Null while writes succeed; else since when and why they do not. For readiness. */
  health(): LedgerHealth;
  close(): Promise<void>;
}

/**
 * Whoever was frozen must not go on as if nothing had happened: when the lease has run out, others may have taken this
 * instance for dead and done its work.
 */
export interface Tenure {
  /** False for good once the lease has, or may have, run out since the tenure began. */
  unbroken(): boolean;
}

/** Small documents, each changed by one instance at a time: whoever was overtaken reads again. */
export interface SharedDocuments {
  /** `text` is null while there is none; `now`: the store's time, ms. */
  read(
    name: string,
  ): Promise<{ readonly text: string | null; readonly version: number; readonly now: number }>;
  /** Replaces the document when it still has that version; false when somebody else was first. */
  replace(name: string, text: string, version: number): Promise<boolean>;
}

export type WakeKind = 'delivery' | 'tracking' | 'outbox' | 'digests';

export interface LedgerHealth {
  readonly ok: boolean;
  readonly reason: string | null;
}

/** How far a partition has been processed by a consumer group. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to process: everything below is in the ledger. */
  readonly next: bigint;
  /** The last offset that the ledger knows to have been committed to Kafka; null before the first commit. */
  readonly committed: bigint | null;
  /** Which topic of this name it belongs to; null when the broker keeps no ids. */
  readonly topicId: string | null;
}

/** What is kept of a matched event: its identity, and the record for dead letters that come later. */
export interface EventRow {
  /** `stableId('evt', source, id)`. */
  readonly identity: string;
  readonly record: RawRecord;
  readonly receivedAt: number;
}

export type OutboxRow = OutboxItem & { readonly id: bigint };

export interface DedupeClaim {
  readonly route: string;
  readonly key: string;
  readonly notificationId: string;
  readonly until: number;
}

export interface ThrottleClaim {
  readonly route: string;
  readonly key: string;
  readonly notificationId: string;
  readonly limit: number;
  readonly windowMs: number;
}

export interface DigestWindow {
  readonly id: string;
  readonly route: string;
  readonly key: string;
  readonly app: string;
  readonly openedAt: number;
  readonly closesAt: number;
  readonly count: number;
}

export interface ClosedDigest {
  readonly window: DigestWindow;
  /** In the order in which they came, with the ids of their own notifications. */
  readonly members: readonly { readonly id: string; readonly event: Event }[];
}

/** A person's place in the limits of one app and DingTalk day: one row per (person, content). */
export interface ContentClaim {
  readonly app: string;
  readonly day: string;
  readonly userid: string;
  readonly contentHash: string;
  /** Who claims; a claim that this notification already holds is granted again. */
  readonly notificationId: string;
}

export type ClaimVerdict =
  | { readonly granted: true }
  | { readonly granted: false; readonly reason: 'same_content_today'; readonly related: string }
  | { readonly granted: false; readonly reason: 'user_daily_limit' };

/** What is counted per app and period: broadcasts a DingTalk day, calls a DingTalk month. */
export interface CounterKey {
  readonly app: string;
  readonly scope: 'broadcasts' | 'calls';
  /** `YYYY-MM-DD` or `YYYY-MM`. */
  readonly period: string;
}

/** A change that somebody asked for. */
export interface AuditRow {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly targets: readonly string[];
  readonly note: string | null;
  readonly outcome: string;
  readonly message: string | null;
}

export interface RememberedSignal {
  readonly kind: 'recall' | 'update';
  readonly route: string;
  readonly correlation: string;
  readonly statusValue: string | null;
  readonly statusBg: string | null;
  readonly at: number;
}

export interface MobileEntry {
  readonly app: string;
  readonly mobile: string;
  /** Null: DingTalk says that nobody has this number. */
  readonly userid: string | null;
  readonly at: number;
}

export interface MediaEntry {
  readonly app: string;
  readonly contentHash: string;
  readonly mediaId: string;
  readonly at: number;
}

export interface DueQuery {
  readonly app: string;
  readonly now: number;
  readonly limit: number;
  /** What belongs to these routes stays; a call that carries something of theirs as well. None when absent. */
  readonly exceptRoutes?: readonly string[];
}

/** Read access. Lists come in the order asked for; missing ids are left out. */
export interface LedgerReader {
  positions(group: string): Promise<readonly Position[]>;
  /** The name of the group's member that read for this ledger last; null when it has left the group. */
  consumerMember(group: string): Promise<string | null>;
  notifications(ids: readonly string[]): Promise<readonly Notification[]>;
  calls(ids: readonly string[]): Promise<readonly Call[]>;
  /** The calls that carry any of these notifications (shared calls too), oldest first, whatever their state. */
  callsOf(notificationIds: readonly string[]): Promise<readonly Call[]>;
  /** The original record of a notification's event, while it is kept. */
  eventRecord(notificationId: string): Promise<RawRecord | null>;
  /** Ids of the notifications that a digest stands for, oldest first; none for any other id. */
  digestMembers(id: string): Promise<readonly string[]>;
  mobiles(app: string, mobiles: readonly string[]): Promise<readonly MobileEntry[]>;
  media(app: string, contentHashes: readonly string[]): Promise<readonly MediaEntry[]>;
  counter(key: CounterKey): Promise<number>;
  /** Holds in force: those whose time is over are left out. */
  holds(): Promise<readonly Hold[]>;
  /** Newest first; `cursor` from the page before. */
  auditTrail(
    cursor: string | null,
    limit: number,
  ): Promise<{ readonly items: readonly AuditRow[]; readonly next: string | null }>;
  /** Notifications not yet final. */
  pendingCount(): Promise<number>;
  /** The same by app; apps without any are left out. */
  pendingByApp(): Promise<readonly { readonly app: string; readonly count: number }[]>;
  /**
   * The earliest instant at which a waiting notification or a ready call of the app becomes due, those of some routes
   * left out as in `DueQuery`; null = none.
   */
  nextDue(app: string, exceptRoutes?: readonly string[]): Promise<number | null>;
  /** The earliest instant at which an accepted call of the app is to be asked about; null = none. */
  nextCheck(app: string): Promise<number | null>;
  /** The earliest `closesAt` of open digest windows. */
  nextDigest(): Promise<number | null>;
  /** Results and dead letters that may be published now; those that were postponed do not count. */
  unpublishedCount(): Promise<number>;
  /** Intents of the app since `since` (ms), oldest first: when, and for how many people. */
  recentIntents(
    app: string,
    since: number,
  ): Promise<readonly { readonly at: number; readonly people: number }[]>;
  /** The same with when DingTalk's acceptance of the call was known (ms, null = not accepted or not known). */
  recentSends(
    app: string,
    since: number,
  ): Promise<readonly { readonly at: number; readonly people: number; readonly acceptedAt: number | null }[]>;
}

/** Write access; everything is a batch, and every method may be called with an empty list. */
export interface LedgerTx extends LedgerReader {
  // Intake
  /** Stores events not seen before; returns the identities that were new. */
  insertEvents(events: readonly EventRow[]): Promise<ReadonlySet<string>>;
  /** Timestamps of the records that events came with, by identity; those that are not stored are left out. */
  eventTimes(identities: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Key and value of these records, in the same way. */
  eventContents(
    identities: readonly string[],
  ): Promise<ReadonlyMap<string, Pick<RawRecord, 'key' | 'value'>>>;
  /** Stores new notifications of an event; an id that exists is left alone. Returns the ids that were new. */
  insertNotifications(
    notifications: readonly { readonly notification: Notification; readonly identity: string }[],
  ): Promise<ReadonlySet<string>>;
  /** Moves a partition's position forward; never back (a fenced-off instance may be late). */
  advancePosition(group: string, topic: string, partition: number, next: bigint): Promise<void>;
  /**
   * Sets a position as it is told, forward or back: an operator moved the group, or the topic is a new one.
   * `committed`: where the group stands then; null when that means nothing any more.
   */
  resetPosition(
    group: string,
    topic: string,
    partition: number,
    next: bigint,
    committed: bigint | null,
  ): Promise<void>;
  /** Remembers which topic of its name a position belongs to. */
  noteTopicId(group: string, topic: string, partition: number, topicId: string): Promise<void>;
  saveConsumerMember(group: string, memberId: string | null): Promise<void>;
  /** Remembers what Kafka has stored; forward only, for the same reason as positions. */
  recordCommits(
    group: string,
    commits: readonly { topic: string; partition: number; offset: bigint }[],
  ): Promise<void>;

  // Policies
  /** Claims a fixed window for its first notification; returns the holder's id (the claimer's own when granted). */
  claimDedupe(claim: DedupeClaim, now: number): Promise<string>;
  /** Counts in a sliding window; null when granted, else the id of the latest admitted notification. */
  claimThrottle(claim: ThrottleClaim, now: number): Promise<string | null>;
  /** Gives back the dedupe and throttle claims of notifications that failed for good. */
  releasePolicyClaims(notificationIds: readonly string[]): Promise<void>;
  /** Adds a member to the open window of (route, key), opening `fresh` when there is none; returns the window. */
  joinDigest(fresh: DigestWindow, member: Event, memberId: string): Promise<DigestWindow>;
  /** Takes windows that closed by `now` or are full (count ≥ their max, passed as closesAt ≤ now). */
  takeClosedDigests(now: number, limit: number): Promise<readonly ClosedDigest[]>;
  /** Makes a window due at once (it is full). */
  closeDigest(id: string, at: number): Promise<void>;
  rememberSignals(signals: readonly RememberedSignal[]): Promise<void>;
  /** Signals of the last 24 h for (route, correlation). */
  signalsFor(route: string, correlation: string, since: number): Promise<readonly RememberedSignal[]>;
  /** Ids of notifications of a route with this correlation that were received since, or have not ended, newest first. */
  correlated(route: string, correlation: string, since: number): Promise<readonly string[]>;

  // Delivery
  /** Locks and returns notifications `waiting` and due, high priority first, then by due time; skips leased ones. */
  takeDue(query: DueQuery): Promise<readonly Notification[]>;
  /** Of the waiting, due, mergeable ones that `takeDue` has not given those with one of these contents, to fill shared calls. */
  takeSameContent(
    query: DueQuery & { readonly contentHashes: readonly string[] },
  ): Promise<readonly Notification[]>;
  /** Leases notifications to this instance while their mobiles are looked up, so that nobody else takes them. */
  leaseNotifications(ids: readonly string[], until: number): Promise<void>;
  /** Locks and returns by id, whatever their state. */
  lockNotifications(ids: readonly string[]): Promise<readonly Notification[]>;
  saveNotifications(notifications: readonly Notification[]): Promise<void>;
  insertCalls(calls: readonly Call[]): Promise<void>;
  /** Calls in `sending` are stamped with this instance as their owner; closed ones are kept for `dingbus deliveries`. */
  saveCalls(calls: readonly Call[]): Promise<void>;
  lockCalls(ids: readonly string[]): Promise<readonly Call[]>;
  /** Locks and returns what `callsOf` lists. */
  lockCallsOf(notificationIds: readonly string[]): Promise<readonly Call[]>;
  /** Ready calls that are due, high priority first, then by time. */
  takeReadyCalls(query: DueQuery): Promise<readonly Call[]>;
  /** Calls in `sending` whose owner is gone: their outcome is unknown (`crashed`). */
  takeOrphanedCalls(limit: number): Promise<readonly Call[]>;
  /** Accepted calls that are due to be asked about; leased to this instance until `leaseUntil`. */
  takeChecks(query: DueQuery & { readonly leaseUntil: number }): Promise<readonly Call[]>;
  /** Per person: at most `limit` contents a day, and each content once. Verdicts in the order of the claims. */
  claimContents(claims: readonly ContentClaim[], limit: number): Promise<readonly ClaimVerdict[]>;
  releaseContents(claims: readonly ContentClaim[]): Promise<void>;
  /** Adds `amount` when the sum stays within `limit` (null = no limit); false and unchanged otherwise. Negative amounts give back. */
  count(key: CounterKey, amount: number, limit: number | null): Promise<boolean>;
  saveMobiles(entries: readonly MobileEntry[]): Promise<void>;
  forgetUserids(app: string, userids: readonly string[]): Promise<void>;
  saveMedia(entries: readonly MediaEntry[]): Promise<void>;
  forgetMedia(app: string, mediaId: string): Promise<void>;
  setHold(hold: Hold): Promise<void>;
  clearHold(subject: string): Promise<void>;
  /** An entry with a known id takes the place of the one before. */
  recordAudit(row: AuditRow): Promise<void>;
  /** Takes a dead letter for its redrive; false when it was redriven before. */
  claimRedrive(deadLetterId: string): Promise<boolean>;
  /** Remembers which notifications a redrive made of a dead letter. */
  recordRedrive(deadLetterId: string, notificationIds: readonly string[]): Promise<void>;

  // Results
  appendOutbox(items: readonly OutboxItem[]): Promise<void>;
  /**
   * The oldest unpublished rows in order, at most `limit`, and fewer when they are large; only one instance publishes
   * at a time (others get none).
   */
  takeOutbox(limit: number): Promise<readonly OutboxRow[]>;
  /** Settles these rows, and leaves the outbox to whichever instance takes from it next. */
  markPublished(ids: readonly bigint[], at: number): Promise<void>;
  /** Kafka refused these rows: they are given out again from `retryAt` on, and later results of their notifications after them. */
  postponeOutbox(ids: readonly bigint[], retryAt: number): Promise<void>;

  // Retention
  /** Removes at most `limit` rows of each kind that ended before `before`; returns how many went. */
  purge(before: number, limit: number): Promise<number>;

  // The clock
  /** The clock was set back (ms since the epoch): what was due by the old time is due now. Returns how much moved. */
  bringForward(from: number, to: number): Promise<number>;
}
