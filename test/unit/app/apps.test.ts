/** DingTalk apps under reloads: real files, a real ledger, and the simulator over HTTP. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApps, type Apps } from '../../../src/app/apps.ts';
import { loadActive } from '../../../src/app/configuration.ts';
import { Current } from '../../../src/app/current.ts';
import { createHolds } from '../../../src/app/holds.ts';
import { createOperations } from '../../../src/app/operations.ts';
import { createPauses } from '../../../src/app/pauses.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { LedgerUnavailableError } from '../../../src/ledger/errors.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { newNotification } from '../../../src/ledger/lifecycle/admit.ts';
import { createPrometheus } from '../../../src/server/metrics.ts';
import { defaultDirectory } from '../../../src/simulator/default-directory.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { aPlanned, anEvent, anOrigin, only } from '../../fakes/builders.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

const first = only(defaultDirectory.apps.slice(0, 1));
const second = only(defaultDirectory.apps.slice(1, 2));

let folder: string;
let simulator: Simulator;
let temp: TempLedger;
let ledger: Ledger;
let current: Current;
let apps: Apps;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dingbus-apps-'));
  simulator = await startSimulator({ behaviour: { startsAfterMs: 0, finishesAfterMs: 50 } });
  temp = new TempLedger(systemClock);
  ledger = await temp.open();
});
afterEach(async () => {
  await apps.stop();
  await temp.dispose();
  await simulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

function write(appsText: string): void {
  writeFileSync(
    join(folder, 'dingbus.yaml'),
    `kafka: { brokers: 127.0.0.1:9092 }
dingtalk: { base_url: "${simulator.url}", apps: { ${appsText} } }
results: { format: json }
topics: { orders: {} }
`,
  );
}

/** An app whose secret stands in a file of its name. */
function app(name: string, { appKey, agentId } = first): string {
  return `${name}: { app_key: ${appKey}, app_secret: { file: ${name} }, agent_id: ${agentId} }`;
}

async function start(): Promise<void> {
  const load = () => loadActive({ path: folder, env: {} }, systemClock.now());
  const loaded = load();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  current = new Current(loaded.active, load, () => systemClock.now());
  const { metrics } = createPrometheus({ clock: systemClock, processMetrics: false });
  const parts = { ledger, clock: systemClock, random: () => 0, logger: silentLogger };
  apps = await createApps({ ...parts, metrics, current });
  current.onSwap(() => {
    apps.reconfigured();
  });
  apps.start();
}

function reload(): void {
  expect(current.reload().loaded.ok).toBe(true);
}

async function plan(id: string, overrides: Parameters<typeof aPlanned>[0] = {}): Promise<string> {
  const planned = aPlanned({ text: id, audience: { userids: ['zhangsan'] }, ...overrides });
  const notification = newNotification(planned, anOrigin(anEvent(id)), systemClock.now());
  await ledger.write(async (tx) => {
    await tx.insertEvents([{ identity: id, record: anOrigin().record, receivedAt: systemClock.now() }]);
    await tx.insertNotifications([{ notification, identity: id }]);
  });
  return notification.id;
}

const heard = (): number => simulator.control.inbox('zhangsan').length;
const pauses = () => createPauses({ ledger, clock: systemClock });
const operations = () =>
  createOperations({
    ...{ ledger, clock: systemClock, apps, pauses: pauses(), current },
    redrive: () => Promise.resolve([]),
  });
const holds = async () => {
  const list = await createHolds({ pauses: pauses(), apps })();
  return list.map(({ subject, reason }) => `${subject} ${reason}`);
};

describe('a reload', () => {
  it('with the right secret in its file lets a held app send what waited', async () => {
    write(app('default'));
    writeFileSync(join(folder, 'default'), 'mistyped');
    await start();
    await plan('e-1');
    await expect.poll(holds).toEqual(['default configuration']);
    expect(heard()).toBe(0);
    writeFileSync(join(folder, 'default'), first.appSecret);
    reload();
    await expect.poll(heard).toBe(1);
    expect(await holds()).toEqual([]);
  });

  it('with a secret that was exchanged is used for the next token', async () => {
    write(app('default'));
    writeFileSync(join(folder, 'default'), first.appSecret);
    await start();
    await plan('e-1');
    await expect.poll(heard).toBe(1);
    writeFileSync(join(folder, 'default'), 'revoked');
    reload();
    await plan('e-2');
    await expect.poll(holds).toEqual(['default configuration']);
    expect(heard()).toBe(1);
  });

  it('while the ledger is away keeps the answers of calls that were under way, and writes them', async () => {
    const real = ledger;
    let away = false;
    let refused = 0;
    ledger = {
      ...real,
      write: (work) => {
        if (!away) return real.write(work);
        refused += 1;
        return Promise.reject(new LedgerUnavailableError('the disk is full'));
      },
    };
    simulator.control.addFault({ name: 'slow', operation: 'send', ms: 500, count: 1 });
    write(app('default'));
    writeFileSync(join(folder, 'default'), first.appSecret);
    await start();
    const id = await plan('e-1');
    const state = async () => (await ledger.read((tx) => tx.callsOf([id]))).map((call) => call.state);
    await expect.poll(state).toEqual(['sending']);
    away = true;
    write(`${app('default').slice(0, -1)}, company_size: 40 }`);
    reload();
    // The end of the old loops has been tried more than once by then.
    await expect.poll(() => refused, { timeout: 5_000 }).toBeGreaterThanOrEqual(4);
    away = false;
    await expect.poll(state, { timeout: 10_000 }).toEqual(['accepted']);
    await plan('e-2');
    await expect.poll(heard, { timeout: 10_000 }).toBe(2);
  }, 30_000);

  it('that takes an app away leaves what waits for it in sight, also after a restart, until it is back', async () => {
    writeFileSync(join(folder, 'default'), first.appSecret);
    writeFileSync(join(folder, 'ops'), second.appSecret);
    const both = `${app('default')}, ${app('ops', second)}`;
    write(both);
    await start();
    expect(apps.missing()).toEqual([]);
    write(app('default'));
    reload();
    await plan('e-1', { app: 'ops' });
    await plan('e-2');
    await expect.poll(heard).toBe(1);
    expect(apps.list().map(({ name }) => name)).toEqual(['default']);
    await apps.stop();
    ledger = await temp.open();
    await start();
    await expect.poll(holds).toEqual(['ops not_configured']);
    expect(apps.missing()).toMatchObject([{ name: 'ops', waiting: 1 }]);
    expect(heard()).toBe(1);
    write(both);
    reload();
    await expect.poll(heard).toBe(2);
    await expect.poll(holds).toEqual([]);
  });
});

describe('the stop button', () => {
  it('keeps what belongs to a stopped route, and lets it go when a person resumes', async () => {
    write(app('default'));
    writeFileSync(join(folder, 'default'), first.appSecret);
    await start();
    await pauses().pause('route:noisy', 'too loud', null);
    await plan('e-1', { route: 'noisy' });
    await plan('e-2');
    await expect.poll(heard).toBe(1);
    expect(await holds()).toEqual(['route:noisy paused']);
    expect(await pauses().resume('route:noisy')).toBe(true);
    await expect.poll(heard).toBe(2);
    expect(await pauses().resume('route:noisy')).toBe(false);
  });

  it('does not keep a message that is out from being recalled', async () => {
    write(app('default'));
    writeFileSync(join(folder, 'default'), first.appSecret);
    await start();
    const sent = await plan('e-1');
    await expect.poll(heard).toBe(1);
    await operations().pause('*', 'wrong price list', null);
    const waiting = await plan('e-2');
    await operations().recall([sent]);
    const told = async () => {
      const rows = await ledger.write((tx) => tx.takeOutbox(100));
      return rows.flatMap((row) => (row.kind === 'result' ? [row.result] : []));
    };
    const about = async (id: string) =>
      (await told()).filter((each) => each.notificationId === id).map((each) => each.status);
    await expect.poll(() => about(sent)).toContain('recalled');
    expect(await about(waiting)).toEqual([]);
  });

  it('refuses what is not there, because that would stop nothing', async () => {
    write(app('default'));
    writeFileSync(join(folder, 'default'), first.appSecret);
    await start();
    for (const subject of ['defualt', 'route:none']) {
      expect(await operations().pause(subject, null, null)).toMatchObject({
        ok: false,
        outcome: 'not_found',
      });
    }
    expect(await holds()).toEqual([]);
  });
});
