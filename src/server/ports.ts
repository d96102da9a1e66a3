/**
 * What the server needs from the rest of the program. The server decides nothing and keeps nothing: every page,
 * number and action comes through these ports, and the composition root fills them. All times are milliseconds
 * since the epoch. Ports throw only on faults; an answer such as "no such id" is a value.
 */
import type { Hold } from '../ledger/ledger.ts';
import type { Call } from '../model/call.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
import type { Notification, NotificationState } from '../model/notification.ts';
import type { MessageType, RenderedMessage } from '../model/plan.ts';
import type { Result, ResultStatus } from '../model/result.ts';
import type { Explanation } from '../rules/explanation.ts';
import type { ReplayDifference, ReplaySummary } from '../rules/replay/replay.ts';

export interface ServerPorts {
  readonly health: HealthPort;
  readonly metrics: MetricsPort;
  readonly views: LedgerViewsPort;
  readonly configuration: ConfigurationPort;
  readonly rules: RulesPort;
  readonly operations: OperationsPort;
  readonly audit: AuditPort;
  /** The source's partitions of this instance, for lag on the overview; `source.stats().partitions` fits. */
  readonly partitions: () => readonly PartitionView[];
}

/** One thing that must work, and why it does not. `reason` is for people and holds no secret. */
export interface ComponentHealth {
  /** A stable word: `kafka`, `partitions`, `registry`, `ledger`, `app:<name>`, `results`, `configuration`, … */
  readonly component: string;
  readonly ok: boolean;
  /** Null when there is nothing to say; may explain an `ok` too (a failed reload leaves the service ready). */
  readonly reason: string | null;
}

export interface HealthPort {
  /** Watchdogs of loops that only a restart can help. Empty = nothing but the event loop is watched. */
  live(): readonly ComponentHealth[];
  /** Not ready when any of them is not `ok`. May take its time; the server gives up after two seconds. */
  ready(): Promise<readonly ComponentHealth[]>;
}

export interface MetricsPort {
  /** The exposition text, in the format of `contentType`. */
  text(): Promise<string>;
  readonly contentType: string;
  /** What happened in this process lately, oldest first, for the overview's rates. */
  recent(): readonly RateSample[];
}

/** Counts of one interval of this process. */
export interface RateSample {
  readonly at: number;
  readonly seconds: number;
  readonly consumed: number;
  readonly notifications: number;
  /** Final results by status. */
  readonly finals: Readonly<Partial<Record<ResultStatus, number>>>;
}

export interface PartitionView {
  readonly topic: string;
  readonly partition: number;
  readonly position: bigint | null;
  readonly high: bigint | null;
  readonly lag: bigint | null;
  readonly paused: boolean;
  readonly failures: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; null at the end. Lists are newest first, and a cursor stays valid while rows are added. */
  readonly next: string | null;
}

export interface NotificationQuery {
  /**
   * Finds a notification id, event id, DingTalk task id, userid or correlation key, each exact; null = no search.
   */
  readonly search: string | null;
  readonly state: NotificationState | null;
  /** Of the last thing told of it. */
  readonly status: ResultStatus | null;
  readonly reason: string | null;
  readonly route: string | null;
  readonly app: string | null;
  /** Received at or after, and before. */
  readonly since: number | null;
  readonly until: number | null;
  readonly cursor: string | null;
  /** 1 … 200 */
  readonly limit: number;
}

export interface NotificationSummary {
  readonly id: string;
  readonly route: string;
  readonly app: string;
  readonly template: string | null;
  readonly msgtype: MessageType | null;
  readonly eventSource: string;
  readonly eventId: string;
  readonly eventType: string | null;
  readonly state: NotificationState;
  /** Of the last thing told of it, an amendment too; null before the first result. */
  readonly status: ResultStatus | null;
  readonly reason: string | null;
  /** Planned persons; departments are not counted. */
  readonly persons: number;
  readonly receivedAt: number;
  readonly dueAt: number;
}

export interface NotificationDetail {
  readonly notification: Notification;
  readonly calls: readonly Call[];
  /** In the order of `seq`. */
  readonly results: readonly { readonly result: Result; readonly publishedAt: number | null }[];
  readonly deadLetterIds: readonly string[];
}

export interface LedgerSummary {
  /** Notifications by state; `active` and `waiting` are the backlog. */
  readonly waiting: number;
  readonly active: number;
  /** Calls whose unknown outcome a person must settle. */
  readonly held: number;
  /** When the oldest notification that is not final was received; null without one. */
  readonly oldestReceivedAt: number | null;
  readonly unpublished: number;
  /** Final results since the DingTalk day began, by status. */
  readonly today: Readonly<Partial<Record<ResultStatus, number>>>;
}

export interface QuotaView {
  readonly app: string;
  /** A key of the app's `limits`: `broadcasts_per_day`, `calls_per_month`, `recipients_per_minute`, … */
  readonly name: string;
  readonly used: number;
  /** Null = counted, not limited. */
  readonly limit: number | null;
  /** From this share of the limit (0 … 1) on it is shown as a warning. */
  readonly warnAt: number;
  /** When it starts again from 0; null for sliding windows. */
  readonly resetsAt: number | null;
}

export interface DeadLetterSummary {
  readonly id: string;
  readonly stage: DeadLetter['stage'];
  readonly reason: string;
  readonly message: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly route: string | null;
  readonly notificationId: string | null;
  readonly at: number;
}

export interface DeadLetterRow extends DeadLetterSummary {
  /** Notifications that redrives made of it, oldest first; empty before. */
  readonly redrivenAs: readonly string[];
}

export interface DeadLetterQuery {
  readonly stage: DeadLetter['stage'] | null;
  readonly reason: string | null;
  readonly route: string | null;
  readonly cursor: string | null;
  readonly limit: number;
}

export interface LedgerViewsPort {
  summary(): Promise<LedgerSummary>;
  notifications(query: NotificationQuery): Promise<Page<NotificationSummary>>;
  notification(id: string): Promise<NotificationDetail | null>;
  quotas(): Promise<readonly QuotaView[]>;
  holds(): Promise<readonly Hold[]>;
  deadLetters(query: DeadLetterQuery): Promise<Page<DeadLetterRow>>;
  /** With the record, while it is kept. */
  deadLetter(
    id: string,
  ): Promise<{ readonly summary: DeadLetterRow; readonly deadLetter: DeadLetter | null } | null>;
}

/** The shape of the configuration room's faults. */
export interface ConfigFault {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly remedy: string | null;
}

export interface RouteSummary {
  readonly name: string;
  readonly description: string | null;
  readonly on: readonly string[];
  readonly type: readonly string[] | null;
  readonly when: string | null;
  readonly app: string;
  readonly template: string | null;
  readonly enabled: boolean;
  readonly file: string;
  readonly line: number;
}

export interface ConfigurationSummary {
  readonly hash: string;
  readonly path: string;
  readonly loadedAt: number;
  readonly topics: readonly string[];
  /** In order of evaluation. */
  readonly routes: readonly RouteSummary[];
  readonly templates: readonly string[];
  readonly groups: readonly string[];
  readonly apps: readonly { readonly name: string; readonly agentId: number }[];
  /** Events to try in the route explorer, from the configuration's cases; in the form that `explain` takes. */
  readonly samples: readonly { readonly name: string; readonly event: unknown }[];
  /** Warnings of the configuration in force. */
  readonly warnings: readonly ConfigFault[];
}

export interface ReloadReport {
  readonly at: number;
  readonly ok: boolean;
  /** What is in force after it. */
  readonly hash: string;
  /** Of the configuration that was read, whether it was taken or not. */
  readonly faults: readonly ConfigFault[];
  /** What took effect only in part: settings that need a restart. */
  readonly needsRestart: readonly string[];
}

export interface ConfigurationPort {
  current(): ConfigurationSummary;
  /** The last attempt; null when there was none since the start. */
  lastReload(): ReloadReport | null;
  /** Reads and compiles everything, then swaps; on any error the old configuration stays in force. */
  reload(): Promise<ReloadReport>;
}

/** The caller's input is at fault, in words for people. */
export interface Refusal {
  readonly ok: false;
  readonly message: string;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | Refusal;

export interface RulesPort {
  /**
   * `event` is JSON `{ data, meta? }`, as in cases. Whole numbers beyond 2^53 come as `bigint`, all others as
   * `number`.
   */
  explain(event: unknown): Promise<Answer<Explanation>>;
  /**
   * The same for the recorded event of a notification or dead letter, with the event itself in that form; a refusal
   * when it is not kept any more. Null when the program keeps no records.
   */
  readonly explainRecorded:
    ((id: string) => Promise<Answer<{ readonly event: unknown; readonly explanation: Explanation }>>) | null;
  /** Renders one template with an event of the same form. */
  render(template: string, event: unknown): Promise<Answer<RenderedMessage>>;
  /**
   * Runs events (in that form, or recorded records) through the configuration in force and the one on disk, and tells
   * what would change if it were reloaded now. Nothing is sent and nothing stored.
   */
  replay(events: readonly unknown[]): Promise<Answer<ReplayReport>>;
}

export interface ReplayReport {
  readonly beforeHash: string;
  /** Null when the configuration on disk has faults and nothing could be compared. */
  readonly afterHash: string | null;
  readonly faults: readonly ConfigFault[];
  readonly differences: readonly { readonly difference: ReplayDifference; readonly why: string | null }[];
  /** Differences beyond those that are listed. */
  readonly leftOut: number;
  readonly summary: ReplaySummary | null;
}

/** What became of one thing that a person asked for. */
export interface OperationOutcome {
  readonly id: string;
  readonly ok: boolean;
  /** A stable word: `recalled`, `cancelled`, `requested`, `not_found`, `already_final`, `window_closed`, … */
  readonly outcome: string;
  readonly message: string | null;
  /** New notifications, after a redrive. */
  readonly created: readonly string[];
}

export type Settlement = 'sent' | 'resend' | 'drop';

/** A dead letter, and where it stands in its topic if that is known. */
export interface WantedDeadLetter {
  readonly id: string;
  readonly place: { readonly partition: number; readonly offset: bigint } | null;
}

export interface OperationsPort {
  /** Stops new calls. `subject` as in `Hold`: an app's name, `route:<name>` or `*` for everything. */
  pause(subject: string, note: string | null, until: number | null): Promise<OperationOutcome>;
  /** Ends a pause or any other hold of the subject. */
  resume(subject: string): Promise<OperationOutcome>;
  /** Takes notifications back: cancels what is not sent, recalls what is. */
  recall(notificationIds: readonly string[]): Promise<readonly OperationOutcome[]>;
  /** Sends dead letters through their routes once more. */
  redrive(deadLetters: readonly WantedDeadLetter[]): Promise<readonly OperationOutcome[]>;
  /** Settles a delivery whose unknown outcome is held for a person. */
  resolve(deliveryId: string, settlement: Settlement): Promise<OperationOutcome>;
}

export interface AuditEntry {
  /** Of the request; the entry that tells the outcome has the id of the one that told the intent and replaces it. */
  readonly id: string;
  readonly at: number;
  /** Role and address of who asked: `admin 127.0.0.1`. */
  readonly actor: string;
  /** `reload`, `pause`, `resume`, `recall`, `redrive`, `resolve`. */
  readonly action: string;
  readonly targets: readonly string[];
  readonly note: string | null;
  readonly outcome: 'requested' | 'done' | 'refused' | 'failed';
  readonly message: string | null;
}

export interface AuditPort {
  /** Durable when it resolves. Nothing is changed when the intent cannot be recorded. */
  record(entry: AuditEntry): Promise<void>;
  list(cursor: string | null, limit: number): Promise<Page<AuditEntry>>;
}
