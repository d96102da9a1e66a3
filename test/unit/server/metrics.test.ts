import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deadLetterReasons } from '../../../src/model/dead-letter.ts';
import { failureReasons } from '../../../src/model/result.ts';
import type { Metrics } from '../../../src/model/metrics.ts';
import { createPrometheus } from '../../../src/server/metrics.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

function setUp(): ReturnType<typeof createPrometheus> & { readonly clock: FakeClock } {
  const clock = new FakeClock();
  return { ...createPrometheus({ clock, processMetrics: false }), clock };
}

/** Everything that can be told, told once. */
function tellAll(metrics: Metrics): void {
  metrics.consumed('shop.orders', 500);
  metrics.matched('refunds', 3);
  metrics.duplicates('shop.orders', 1);
  metrics.tombstones('shop.orders', 2);
  metrics.deadLetter('decode', 'undecodable');
  metrics.batch(0.02, 500);
  metrics.planned('refunds', 'default', 3);
  metrics.result('suppressed', 'throttled', 'refunds', true);
  metrics.result('accepted', null, 'refunds', false);
  metrics.finalAfter('refunds', 2.5);
  metrics.call('default', 'send', 'ok', 0.12);
  metrics.limiterWait('default', 'send', 0.3);
  metrics.tokenRefresh('default', true);
  metrics.published('result', 2);
  metrics.publishFailed();
  metrics.publishRefused(1);
  metrics.backlog({ waiting: 1, active: 2, held: 3, oldestSeconds: 4, unpublished: 5 });
  metrics.lags([{ topic: 'shop.orders', partition: 0, lag: 12 }]);
  metrics.quotas([{ app: 'default', name: 'calls_per_month', used: 10, limit: 5_000 }]);
  metrics.holds([{ subject: 'default', reason: 'ip_ban' }]);
  metrics.ready(true);
  metrics.reload(true, 1_000);
  metrics.configInfo('c0ffee01');
  metrics.buildInfo('1.2.3', null, 'v24.0.0');
  metrics.stall('fetch');
}

describe('metrics', () => {
  it('gives counts and states in the exposition format', async () => {
    const { metrics, port } = setUp();
    tellAll(metrics);
    const text = await port.text();
    for (const line of [
      'dingbus_records_consumed_total{topic="shop.orders"} 500',
      'dingbus_results_total{status="suppressed",reason="throttled",route="refunds",final="true"} 1',
      'dingbus_dingtalk_call_duration_seconds_count{app="default",operation="send",outcome="ok"} 1',
      'dingbus_notifications_pending{state="waiting"} 1',
      'dingbus_partition_lag{topic="shop.orders",partition="0"} 12',
      'dingbus_quota_limit{app="default",quota="calls_per_month"} 5000',
      'dingbus_hold{subject="default",reason="ip_ban"} 1',
      'dingbus_config_info{hash="c0ffee01"} 1',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('forgets partitions, quotas, holds and hashes that are gone, so that no alert stays on for ever', async () => {
    const { metrics, port } = setUp();
    tellAll(metrics);
    metrics.lags([{ topic: 'shop.orders', partition: 1, lag: 0 }]);
    metrics.quotas([]);
    metrics.holds([]);
    metrics.configInfo('c0ffee02');
    const text = await port.text();
    expect(text).not.toContain('partition="0"');
    expect(text).not.toContain('calls_per_month');
    expect(text).not.toContain('ip_ban');
    expect(text).not.toContain('c0ffee01');
  });

  it('keeps the time of the last good reload when a later one fails', async () => {
    const { metrics, port } = setUp();
    metrics.reload(true, 1_000);
    metrics.reload(false, 9_000);
    const text = await port.text();
    expect(text).toContain('dingbus_config_last_reload_successful 0');
    expect(text).toContain('dingbus_config_last_reload_success_timestamp_seconds 1');
  });

  it('brings states up to date before a scrape, and answers even when that fails or hangs', async () => {
    const { metrics, port, onScrape, clock } = setUp();
    onScrape(() => {
      metrics.backlog({ waiting: 7, active: 0, held: 0, oldestSeconds: 0, unpublished: 0 });
      return Promise.resolve();
    });
    expect(await port.text()).toContain('dingbus_notifications_pending{state="waiting"} 7');
    onScrape(() => Promise.reject(new Error('ledger away')));
    expect(await port.text()).toContain('dingbus_scrape_refresh_failures_total 1');
    onScrape(() => new Promise(() => undefined));
    const hanging = port.text();
    await clock.advance(1_000);
    expect(await hanging).toContain('dingbus_notifications_pending{state="waiting"} 7');
    expect(clock.pending).toBe(0);
  });

  it('remembers the rates of the last ten minutes, gaps included, and no more', async () => {
    const { metrics, port, clock } = setUp();
    metrics.consumed('shop.orders', 40);
    metrics.result('delivered', null, 'refunds', true);
    await clock.advance(30_000);
    metrics.consumed('shop.orders', 2);
    metrics.consumed('shop.stock', 3);
    const recent = port.recent();
    expect(recent).toHaveLength(60);
    expect(recent.slice(-4).map((sample) => sample.consumed)).toEqual([40, 0, 0, 5]);
    expect(recent.at(-4)?.finals).toEqual({ delivered: 1 });
    await clock.advance(600_000);
    expect(port.recent().every((sample) => sample.consumed === 0)).toBe(true);
  });

  it('follows the naming conventions', async () => {
    const { port } = setUp();
    const types = [...(await port.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    for (const [, name = '', type] of types) {
      expect(name).toMatch(/^dingbus_[a-z][a-z0-9_]*$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
    }
  });

  it('begins at 0 what alerts look at, so that the first of each kind is an increase', async () => {
    const { metrics, port } = setUp();
    metrics.planned('refunds', 'default', 1);
    const text = await port.text();
    for (const line of [
      'dingbus_dead_letters_total{stage="decode",reason="undecodable"} 0',
      'dingbus_dead_letters_total{stage="deliver",reason="monthly_budget"} 0',
      'dingbus_results_total{status="delivered",reason="none",route="refunds",final="true"} 0',
      'dingbus_results_total{status="failed",reason="rejected",route="refunds",final="true"} 0',
    ])
      expect(text).toContain(line);
    metrics.result('failed', 'rejected', 'refunds', true);
    metrics.planned('refunds', 'default', 1);
    expect(await port.text()).toContain('reason="rejected",route="refunds",final="true"} 1');
  });

  it('knows the reasons that docs/results.md lists', () => {
    const docs = readFileSync(new URL('../../../docs/results.md', import.meta.url), 'utf8');
    const words = (text = ''): string[] => [...text.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
    for (const [stage, reasons] of Object.entries(deadLetterReasons)) {
      const row = new RegExp(`^\\| \`${stage}\` \\|(.*)\\|$`, 'm').exec(docs)?.[1];
      expect(words(row?.replace('`over_limit: dead_letter`', ''))).toEqual(reasons);
    }
    const table = /^Reasons of `failed`:\n\n((?:\|.*\n)+)/m.exec(docs)?.[1] ?? '';
    const listed = [...table.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, reasons]) => words(reasons));
    expect(listed).toEqual(failureReasons);
  });

  it('is described name by name in docs/metrics.md', async () => {
    const { metrics, port } = setUp();
    tellAll(metrics);
    const text = await port.text();
    const inCode = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => {
      const line = new RegExp(`^${name}(?:_bucket|_count)?\\{([^}]*)\\}`, 'm').exec(text)?.[1] ?? '';
      const labels = [...line.matchAll(/(\w+)="/g)]
        .map(([, label]) => label)
        .filter((label) => label !== 'le');
      return `${name} ${type} ${labels.toSorted().join(',')}`;
    });
    const docs = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
    const rows = docs.matchAll(/^\| `(dingbus_\w+)` \| (\w+) \|([^|]*)\|/gm);
    const inDocs = [...rows].map(([, name, type, labels = '']) => {
      const names = [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label);
      return `${name} ${type} ${names.toSorted().join(',')}`;
    });
    expect(inDocs.toSorted()).toEqual(inCode.toSorted());
  });
});
