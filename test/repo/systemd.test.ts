import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const unit = readFileSync(new URL('../../deploy/systemd/dingbus.service', import.meta.url), 'utf8');
const systemd = spawnSync('systemd-analyze', ['--version']).status === 0;

it('the unit lets dingbus speak to systemd, reload, and stop in its own time', () => {
  for (const line of ['Type=notify', 'NotifyAccess=all', 'ExecReload=/bin/kill -HUP $MAINPID']) {
    expect(unit.split('\n')).toContain(line);
  }
  const seconds = (key: string): number => Number(new RegExp(`^${key}=(\\d+)$`, 'm').exec(unit)?.[1]);
  // The default of shutdown_timeout is 20 s; systemd must not kill before.
  expect(seconds('TimeoutStopSec')).toBeGreaterThan(20);
  expect(seconds('WatchdogSec')).toBeGreaterThanOrEqual(30);
});

it.runIf(systemd)('the unit has no key that systemd does not know', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dingbus-unit-'));
  try {
    const path = join(folder, 'dingbus.service');
    writeFileSync(path, unit.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));
    const checked = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    const about = checked.stderr.split('\n').filter((line) => line.includes('dingbus.service'));
    expect(about.filter((line) => !line.includes('man'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
