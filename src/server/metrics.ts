import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../base/clock.ts';
import { deadLetterReasons } from '../model/dead-letter.ts';
import type { Metrics } from '../model/metrics.ts';
import { failureReasons, type ResultStatus } from '../model/result.ts';
import type { MetricsPort } from './ports.ts';
import { RecentRates } from './rates.ts';

export interface PrometheusMetrics {
  /** What the stages call. */
  readonly metrics: Metrics;
  /** What the server reads. */
  readonly port: MetricsPort;
  /**
   * Sets what is called before each exposition, to bring states (backlog, lag, quotas, holds) up to date. Calls never
   * overlap; one that takes longer than a second or throws is left behind, and the scrape gives the states told last.
   */
  readonly onScrape: (refresh: () => Promise<void>) => void;
}

/**
 * The event loop's lag is measured by a timer of so many ms, and what is told has them in it. The usual 10 ms wake an
 * idle process a hundred times a second, which is most of what it does.
 */
const eventLoopLookMs = 100;
const scrapeWaitMs = 1_000;
const callSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const waitSeconds = [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60];
/** From a second to the day after which DingTalk tells nothing more. */
const lifeSeconds = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400];

/** The label of a result without a reason. */
const noReason = 'none';

/** Prometheus metrics of one process in a registry of their own; docs/metrics.md describes each. */
export function createPrometheus(options: {
  readonly clock: Clock;
  /** Adds the usual `process_*` and `nodejs_*` metrics; true when absent. */
  readonly processMetrics?: boolean;
}): PrometheusMetrics {
  const registry = new Registry();
  if (options.processMetrics !== false) {
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopLookMs });
  }
  const rates = new RecentRates(options.clock);
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
    new Counter({ name: `dingbus_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name: `dingbus_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram =>
    new Histogram({ name: `dingbus_${name}`, help, buckets, labelNames, registers });

  const consumed = counter('records_consumed_total', 'Records taken from Kafka, matched or not.', ['topic']);
  const tombstones = counter('tombstones_total', 'Records without a value, skipped.', ['topic']);
  const duplicates = counter('duplicate_events_total', 'Events whose identity was known already.', ['topic']);
  const matched = counter('events_matched_total', 'Events that a route matched.', ['route']);
  const deadLetters = counter('dead_letters_total', 'Dead letters written.', ['stage', 'reason']);
  const batchSeconds = histogram(
    'batch_duration_seconds',
    'From reading a batch of records to its ledger commit.',
    [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
  );
  const batchRecords = histogram(
    'batch_records',
    'Records in a batch.',
    [1, 5, 10, 50, 100, 250, 500, 1_000],
  );

  const planned = counter('notifications_total', 'New notifications stored.', ['route', 'app']);
  const results = counter('results_total', 'Results written, by what they say.', [
    'status',
    'reason',
    'route',
    'final',
  ]);
  const life = histogram(
    'notification_duration_seconds',
    'From receipt of the event to the final result.',
    lifeSeconds,
    ['route'],
  );

  const calls = histogram(
    'dingtalk_call_duration_seconds',
    'Calls to DingTalk, by how they ended.',
    callSeconds,
    ['app', 'operation', 'outcome'],
  );
  const waits = histogram(
    'dingtalk_limiter_wait_seconds',
    'How long calls waited for their turn under the rate limits.',
    waitSeconds,
    ['app', 'operation'],
  );
  const tokens = counter('dingtalk_token_refreshes_total', 'Access tokens fetched.', ['app', 'outcome']);

  const published = counter('published_total', 'Records that Kafka acknowledged.', ['kind']);
  const publishFailures = counter('publish_failures_total', 'Attempts to publish that failed.');
  const publishRefusals = counter('publish_refused_total', 'Records that Kafka refused for good.');

  const pending = gauge('notifications_pending', 'Notifications that are not final.', ['state']);
  const held = gauge('calls_held', 'Calls with an unknown outcome that a person must settle.');
  const oldest = gauge('notifications_oldest_pending_seconds', 'Age of the oldest that is not final.');
  const unpublished = gauge('results_unpublished', 'Results and dead letters not yet in Kafka.');
  const lag = gauge('partition_lag', 'Records between our position and the end of the partition.', [
    'topic',
    'partition',
  ]);
  const quotaUsed = gauge('quota_used', 'Used of a DingTalk quota in its present period.', ['app', 'quota']);
  const quotaLimit = gauge('quota_limit', 'The limit of the quota; absent when there is none.', [
    'app',
    'quota',
  ]);
  const hold = gauge('hold', '1 for what is held: an app, a route (route:<name>) or everything (*).', [
    'subject',
    'reason',
  ]);
  const ready = gauge('ready', '1 while /-/ready says so.');

  const reloads = counter('config_reloads_total', 'Attempts to reload the configuration.', ['outcome']);
  const reloadOk = gauge('config_last_reload_successful', '1 when the last (re)load was taken.');
  const reloadAt = gauge('config_last_reload_success_timestamp_seconds', 'When it was last (re)loaded.');
  const configInfo = gauge('config_info', '1; the hash of the configuration in force.', ['hash']);
  const buildInfo = gauge('build_info', '1; what runs here.', ['version', 'revision', 'node_version']);
  const stalls = counter('stalls_total', 'Watched loops that stood still.', ['kind']);
  const refreshFailures = counter('scrape_refresh_failures_total', 'Scrapes whose states are older ones.');
  reloadOk.set(1);

  // A series that begins at 1 shows no increase: what alerts look at begins at 0.
  for (const [stage, reasons] of Object.entries(deadLetterReasons))
    for (const reason of reasons) deadLetters.inc({ stage, reason }, 0);
  const begun = new Set<string>();
  const beginResults = (route: string): void => {
    if (begun.has(route)) return;
    begun.add(route);
    const begin = (status: ResultStatus, reason: string): void => {
      results.inc({ status, reason, route, final: 'true' }, 0);
    };
    begin('delivered', noReason);
    for (const reason of failureReasons) begin('failed', reason);
  };

  const outcomeOf = (ok: boolean): string => (ok ? 'ok' : 'failed');
  const metrics: Metrics = {
    consumed(topic, records) {
      consumed.inc({ topic }, records);
      rates.consumed(records);
    },
    matched: (route, events) => {
      matched.inc({ route }, events);
    },
    duplicates: (topic, events) => {
      duplicates.inc({ topic }, events);
    },
    tombstones: (topic, records) => {
      tombstones.inc({ topic }, records);
    },
    deadLetter: (stage, reason) => {
      deadLetters.inc({ stage, reason });
    },
    batch(seconds, records) {
      batchSeconds.observe(seconds);
      batchRecords.observe(records);
    },
    planned(route, app, count) {
      planned.inc({ route, app }, count);
      beginResults(route);
      rates.notifications(count);
    },
    result(status, reason, route, final) {
      results.inc({ status, reason: reason ?? noReason, route, final: String(final) });
      if (final) rates.final(status);
    },
    finalAfter: (route, seconds) => {
      life.observe({ route }, seconds);
    },
    call: (app, operation, outcome, seconds) => {
      calls.observe({ app, operation, outcome }, seconds);
    },
    limiterWait: (app, operation, seconds) => {
      waits.observe({ app, operation }, seconds);
    },
    tokenRefresh: (app, ok) => {
      tokens.inc({ app, outcome: outcomeOf(ok) });
    },
    published: (kind, count) => {
      published.inc({ kind }, count);
    },
    publishFailed: () => {
      publishFailures.inc();
    },
    publishRefused: (count) => {
      publishRefusals.inc(count);
    },
    backlog(state) {
      pending.set({ state: 'waiting' }, state.waiting);
      pending.set({ state: 'active' }, state.active);
      held.set(state.held);
      oldest.set(state.oldestSeconds);
      unpublished.set(state.unpublished);
    },
    // What is gone (a partition that moved, an app that was removed) must not linger with its last value.
    lags(rows) {
      lag.reset();
      for (const row of rows) lag.set({ topic: row.topic, partition: row.partition }, row.lag);
    },
    quotas(rows) {
      quotaUsed.reset();
      quotaLimit.reset();
      for (const row of rows) {
        quotaUsed.set({ app: row.app, quota: row.name }, row.used);
        if (row.limit !== null) quotaLimit.set({ app: row.app, quota: row.name }, row.limit);
      }
    },
    holds(rows) {
      hold.reset();
      for (const row of rows) hold.set({ subject: row.subject, reason: row.reason }, 1);
    },
    ready: (ok) => {
      ready.set(ok ? 1 : 0);
    },
    reload(ok, atMs) {
      reloads.inc({ outcome: outcomeOf(ok) });
      reloadOk.set(ok ? 1 : 0);
      if (ok) reloadAt.set(atMs / 1000);
    },
    configInfo(hash) {
      configInfo.reset();
      configInfo.set({ hash }, 1);
      reloadAt.set(options.clock.now() / 1000);
    },
    buildInfo(version, revision, nodeVersion) {
      buildInfo.reset();
      buildInfo.set({ version, revision: revision ?? 'unknown', node_version: nodeVersion }, 1);
    },
    stall: (kind) => {
      stalls.inc({ kind });
    },
  };

  let refresh: () => Promise<void> = () => Promise.resolve();
  let refreshing: Promise<void> | null = null;
  const refreshed = async (): Promise<void> => {
    refreshing ??= refresh()
      // With the ledger away the scrape must still give its counters; what failed is told by readiness and the log
      // of whoever owns it.
      .catch(() => {
        refreshFailures.inc();
      })
      .finally(() => {
        refreshing = null;
      });
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = options.clock.schedule(scrapeWaitMs, resolve);
    });
    await Promise.race([refreshing, late]);
    cancel();
  };

  return {
    metrics,
    onScrape(task) {
      refresh = task;
    },
    port: {
      contentType: registry.contentType,
      async text() {
        await refreshed();
        return registry.metrics();
      },
      recent: () => rates.samples(),
    },
  };
}
