import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createPrometheus } from '../../../src/server/metrics.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

const folder = new URL('../../../deploy/monitoring/', import.meta.url).pathname;
const promtool = spawnSync('promtool', ['--version']).status === 0;

/** Every metric with what its name becomes in the exposition, process metrics included. */
async function exposedNames(): Promise<ReadonlySet<string>> {
  const { port } = createPrometheus({ clock: new FakeClock() });
  const types = [...(await port.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ),
  );
}

describe('dashboard and alert rules', () => {
  it.each(['alerts.yaml', 'alerts-test.yaml', 'dashboard.json'])(
    '%s asks for metrics that exist',
    async (file) => {
      const known = await exposedNames();
      const text = readFileSync(folder + file, 'utf8');
      const asked = new Set(text.match(/\b(?:dingbus|process|nodejs)_[a-z0-9_]+\b/g));
      expect(asked.size).toBeGreaterThan(5);
      expect([...asked].filter((name) => !known.has(name))).toEqual([]);
    },
  );

  it('has a panel for every metric that tells of work or trouble', async () => {
    const dashboard = readFileSync(`${folder}dashboard.json`, 'utf8');
    const { port } = createPrometheus({ clock: new FakeClock(), processMetrics: false });
    const names = [...(await port.text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    const unseen = names.filter((name) => !dashboard.includes(name));
    expect(unseen.toSorted()).toEqual([
      'dingbus_batch_records',
      'dingbus_build_info',
      'dingbus_config_info',
      'dingbus_config_reloads_total',
      'dingbus_scrape_refresh_failures_total',
      'dingbus_stalls_total',
    ]);
  });

  it.runIf(promtool)('fires when it should and keeps silent otherwise', () => {
    const checked = spawnSync('promtool', ['test', 'rules', 'alerts-test.yaml'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(checked.stdout + checked.stderr).toContain('SUCCESS');
    expect(checked.status).toBe(0);
  });
});
