import type { DeadLetterStage } from './dead-letter.ts';
import type { ResultStatus } from './result.ts';

/**
 * What the stages tell about their work, as typed events; docs/metrics.md lists what becomes of them. No method takes
 * a recipient, an event's id or anything else of which there may be any number: routes, apps, topics, reasons and
 * operations are bounded by configuration and code. Every method is cheap and never throws.
 */
export interface Metrics {
  // Intake
  /** Records taken from a topic, matched or not. */
  consumed(topic: string, records: number): void;
  /** Events that a route matched. */
  matched(route: string, events: number): void;
  /** Events whose identity was known already. */
  duplicates(topic: string, events: number): void;
  tombstones(topic: string, records: number): void;
  deadLetter(stage: DeadLetterStage, reason: string): void;
  /** From reading a batch to its ledger commit. */
  batch(seconds: number, records: number): void;

  // Notifications
  /** New notifications stored. */
  planned(route: string, app: string, count: number): void;
  /** A result was written; `final` tells interim results and amendments from the one that ends a notification. */
  result(status: ResultStatus, reason: string | null, route: string, final: boolean): void;
  /** From receipt to the final result. */
  finalAfter(route: string, seconds: number): void;

  // DingTalk
  /** One call: `outcome` is `ok` or the class of the error (`backoff`, `unknown`, `configuration`, …). */
  call(app: string, operation: string, outcome: string, seconds: number): void;
  limiterWait(app: string, operation: string, seconds: number): void;
  tokenRefresh(app: string, ok: boolean): void;

  // Results
  published(kind: 'result' | 'dead_letter', count: number): void;
  publishFailed(): void;
  /** Kafka will not take these records until somebody changes the topic. */
  publishRefused(count: number): void;

  // States, each call replacing what was told before
  backlog(state: BacklogSample): void;
  /** All partitions of this instance. */
  lags(rows: readonly { readonly topic: string; readonly partition: number; readonly lag: number }[]): void;
  quotas(rows: readonly QuotaSample[]): void;
  /** Subjects held now: app names, `route:<name>` or `*`. */
  holds(rows: readonly { readonly subject: string; readonly reason: string }[]): void;
  ready(ok: boolean): void;

  // Process and configuration
  reload(ok: boolean, atMs: number): void;
  configInfo(hash: string): void;
  buildInfo(version: string, revision: string | null, nodeVersion: string): void;
  /** A watched loop stood still and was helped, or its process ends. */
  stall(kind: string): void;
}

export interface BacklogSample {
  readonly waiting: number;
  readonly active: number;
  /** Calls that a person must settle. */
  readonly held: number;
  /** Seconds since the receipt of the oldest notification that is not final; 0 without one. */
  readonly oldestSeconds: number;
  readonly unpublished: number;
}

export interface QuotaSample {
  readonly app: string;
  readonly name: string;
  readonly used: number;
  /** Null = counted, not limited. */
  readonly limit: number | null;
}
