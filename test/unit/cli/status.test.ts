import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { dingtalkDay } from '../../../src/base/dingtalk-day.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { aNotification, onItsWay } from '../../fakes/builders.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';
import { run, writeConfig } from './command.ts';

let temp: TempLedger;
let ledger: Ledger;
let config: string;

beforeEach(async () => {
  temp = new TempLedger(systemClock);
  ledger = await temp.open();
  config = writeConfig(temp.folder);
  const waiting = aNotification({}, 'e-1');
  const { notification, calls } = onItsWay({ audience: { everyone: true } }, 'e-2');
  const now = systemClock.now();
  await ledger.write(async (tx) => {
    await tx.insertNotifications(
      [waiting, notification].map((each) => ({ notification: each, identity: each.id })),
    );
    await tx.insertCalls(calls.map((call) => ({ ...call, state: 'held' })));
    // Tomorrow too, lest the day ends between this line and the command.
    for (const at of [now, now + 86_400_000])
      await tx.count({ app: 'default', scope: 'broadcasts', period: dingtalkDay(at) }, 2, null);
    await tx.setHold({
      subject: 'default',
      reason: 'paused',
      detail: 'call 13800001201',
      since: now,
      until: null,
    });
  });
});

afterEach(() => temp.dispose());

interface StatusJson {
  apps: { app: string; due: number; active: number; calls: { held: number } }[];
  quotas: { quota: string; used: number; limit: number | null }[];
  holds: { subject: string; detail: string }[];
}

function parsed(out: string): StatusJson {
  return JSON.parse(out) as StatusJson;
}

it('tells backlog, held calls, quotas and holds beside a service that has the ledger open', async () => {
  const { code, out } = await run('status', '--config', config, '--json');
  expect(code).toBe(0);
  const status = parsed(out);
  expect(status.apps).toMatchObject([{ app: 'default', due: 1, active: 1, calls: { held: 1 } }]);
  expect(status.quotas).toContainEqual(expect.objectContaining({ quota: 'broadcasts_per_day', used: 2 }));
  expect(status.quotas).toContainEqual(expect.objectContaining({ quota: 'calls_per_month', limit: 5000 }));
  expect(status.holds).toMatchObject([{ subject: 'default' }]);
});

it('works when the service is stopped, as a table for people, and masks numbers in notes', async () => {
  await temp.close();
  const { code, out } = await run('--config', config, 'status');
  expect(code).toBe(0);
  expect(out).toMatch(/^APP +DUE +DEFERRED/m);
  expect(out).toMatch(/^default +1 +0 +1 +0 +0 +0 +1 /m);
  expect(out).toContain('dingbus deliveries list --held');
  expect(out).not.toContain('13800001201');
  expect(out).toContain('138******01');
});

it('a ledger that is not there is a fault with its cause, not an empty status', async () => {
  await temp.dispose();
  const other = writeConfig(temp.folder);
  const { code, out, err } = await run('status', '--config', other);
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toContain('ledger.db');
});
