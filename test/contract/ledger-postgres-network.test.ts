import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { Proxy } from './ledger/proxy.ts';
import { waiting } from './ledger/samples.ts';
import { postgresKind, type TestStore } from './ledger/stores.ts';

const kind = postgresKind();
/** As it stands in the protocol; `READ COMMITTED` goes on differently. */
const commit = 'COMMIT\0';
const key = { app: 'default', scope: 'calls' as const, period: '2026-03' };
let store: TestStore;
let proxy: Proxy;
let ledger: Ledger;
let beside: Ledger;

beforeAll(() => kind.start());
afterAll(() => kind.stop());
beforeEach(async () => {
  store = await kind.create();
  const url = new URL(store.url);
  proxy = new Proxy(url);
  url.port = String(await proxy.start());
  ledger = await openLedger({
    store: url.href,
    instance: 'behind-the-proxy',
    description: 'a test',
    clock: systemClock,
    logger: silentLogger,
    leaseMs: 60_000,
    readOnly: false,
  });
  beside = await store.open({ clock: systemClock });
});
afterEach(async () => {
  await ledger.close();
  await proxy.stop();
  await store.dispose();
});

describe('a commit whose answer is lost', () => {
  it('counts once when the server got it', async () => {
    proxy.cutOnce(commit, 'after');
    let runs = 0;
    const value = await ledger.write(async (tx) => {
      runs += 1;
      await tx.count(key, 1, null);
      return 'done';
    });
    expect(value).toBe('done');
    expect(proxy.cuts).toBe(1);
    expect(runs).toBe(1);
    expect(await beside.read((tx) => tx.counter(key))).toBe(1);
  });

  it('counts once when the server never got it', async () => {
    proxy.cutOnce(commit, 'before');
    let runs = 0;
    await ledger.write(async (tx) => {
      runs += 1;
      await tx.count(key, 1, null);
    });
    expect(runs).toBe(2);
    expect(await beside.read((tx) => tx.counter(key))).toBe(1);
  });
});

describe('a server that is away for a while', () => {
  it('makes writes fail with a reason that health tells, and they work again when it is back', async () => {
    proxy.down();
    const writing = ledger.write((tx) => tx.count(key, 1, null));
    await expect(writing).rejects.toMatchObject({ code: 'ledger_unavailable', retry: 'backoff' });
    expect(ledger.health().ok).toBe(false);
    await expect(ledger.heartbeat()).rejects.toMatchObject({ code: 'ledger_unavailable' });
    proxy.up();
    await ledger.heartbeat();
    expect(ledger.health()).toEqual({ ok: true, reason: null });
    await ledger.write((tx) => tx.count(key, 1, null));
    expect(await beside.read((tx) => tx.counter(key))).toBe(1);
  });

  it('is not noticed when it is back soon enough', async () => {
    proxy.down();
    const writing = ledger.write((tx) => tx.count(key, 1, null));
    setTimeout(() => {
      proxy.up();
    }, 200);
    expect(await writing).toBe(true);
  });

  it('costs no wake-up in either direction', async () => {
    const heard: string[] = [];
    ledger.onWake('delivery', () => heard.push('here'));
    beside.onWake('delivery', () => heard.push('beside'));
    proxy.down();
    await waiting(beside, 1);
    proxy.up();
    // What was told while nobody listened is made good when the connection is back.
    await expect.poll(() => heard).toEqual(expect.arrayContaining(['here', 'beside']));
  });
});
