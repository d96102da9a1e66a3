import { describe, expect, it } from 'vitest';
import { createStateReport, type StateReportParts } from '../../../src/app/observation.ts';
import { createPrometheus } from '../../../src/server/metrics.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

/** All is well, but for what is given. */
function setUp(parts: Partial<StateReportParts> = {}) {
  const clock = new FakeClock();
  const { metrics, port, onScrape } = createPrometheus({ clock, processMetrics: false });
  const backlog = { apps: [], unpublished: 7 };
  onScrape(
    createStateReport({
      ...{ metrics, clock },
      ledger: { view: () => Promise.resolve(backlog) },
      source: { stats: () => ({ partitions: [{ topic: 'shop.orders', partition: 0, lag: 12n }] }) },
      holds: () => Promise.resolve([{ subject: 'default', reason: 'paused' }]),
      health: { ready: () => Promise.resolve([{ component: 'ledger', ok: true, reason: null }]) },
      ...parts,
    } as unknown as StateReportParts),
  );
  return { clock, port, metrics };
}

const away = (): Promise<never> => Promise.reject(new Error('the ledger is away'));
const notReady = { ready: () => Promise.resolve([{ component: 'ledger', ok: false, reason: 'away' }]) };
const healthOf = (health: object) => health as unknown as StateReportParts['health'];

describe('states before a scrape', () => {
  it('are brought up to date', async () => {
    const text = await setUp().port.text();
    for (const line of [
      'dingbus_ready 1',
      'dingbus_hold{subject="default",reason="paused"} 1',
      'dingbus_results_unpublished 7',
      'dingbus_partition_lag{topic="shop.orders",partition="0"} 12',
    ])
      expect(text).toContain(line);
  });

  it('tell that the service is not ready while the ledger can tell nothing', async () => {
    const { port, metrics } = setUp({
      ledger: { view: away } as unknown as StateReportParts['ledger'],
      holds: away,
      health: healthOf(notReady),
    });
    metrics.ready(true);
    const text = await port.text();
    expect(text).toContain('dingbus_ready 0');
    expect(text).toContain('dingbus_scrape_refresh_failures_total 1');
  });

  it('do not wait for each other', async () => {
    const { port } = setUp({ holds: away });
    const text = await port.text();
    expect(text).toContain('dingbus_ready 1');
    expect(text).toContain('dingbus_results_unpublished 7');
    expect(text).toContain('dingbus_scrape_refresh_failures_total 1');
  });

  it('say not ready when readiness has no answer in the time that /-/ready gives it', async () => {
    const { port, metrics, clock } = setUp({
      health: healthOf({ ready: () => new Promise(() => undefined) }),
    });
    metrics.ready(true);
    const first = port.text();
    await clock.advance(2_000);
    await first;
    const second = port.text();
    await clock.advance(1_000);
    expect(await second).toContain('dingbus_ready 0');
  });
});
