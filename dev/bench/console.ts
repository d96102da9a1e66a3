/**
 * How long the built program takes to draw each page of the console, and to be scraped, with very many notifications
 * in its ledger: delivered nowhere, but of every kind that a list, a search or a count can meet.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Mobile } from '../../src/base/sensitive.ts';
import { admitBatch } from '../../src/intake/admit-batch.ts';
import type { PlannedEvent } from '../../src/intake/planned-event.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import type { PlannedNotification } from '../../src/model/plan.ts';
import { freePort } from '../stack/ports.ts';
import { root } from './frame/child.ts';
import { below, percentile, say, type Row } from './frame/report.ts';

/** Milliseconds on the server, as the slowest of ten requests in a row takes them. */
const pageBound = 300;
const scrapeBound = 50;
const requests = 10;
const batch = 1_000;

export async function consolePages(sizes: { readonly notifications: number }): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dingbus-console-'));
  const store = `sqlite:${join(folder, 'ledger.db')}`;
  try {
    const ids = await fill(store, sizes.notifications);
    return await measure(folder, store, ids);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One in four waits for an app that is not configured, one in a hundred failed and left a dead letter, the rest ended. */
function planned(index: number, now: number): PlannedNotification {
  const body = JSON.stringify({ msgtype: 'text', text: { content: `order ${index} needs approval` } });
  const failed = index % 100 === 0;
  return {
    route: `route-${index % 20}`,
    item: 0,
    template: 'approval',
    app: index % 4 === 0 ? 'elsewhere' : 'default',
    agentId: 4417001,
    audience: {
      userids: [`u${index % 5_000}`],
      mobiles: [new Mobile(String(13_800_000_000 + index))],
      deptIds: [],
      everyone: false,
    },
    people: 2,
    maxRecipients: 1_000,
    message: failed ? null : { msgtype: 'text', body, bytes: Buffer.byteLength(body), statusBar: false },
    failure: failed ? { reason: 'template_error', stage: 'render', message: 'data.name is missing' } : null,
    digestItem: null,
    policies: {
      dedupe: null,
      throttle: null,
      digest: null,
      quiet: null,
      expiresAt: index % 4 === 0 ? null : now - 1,
      overLimit: 'drop',
      onUnknown: 'resend',
      track: 'delivered',
      priority: 'normal',
      correlation: `order-${index}`,
      mergeable: true,
    },
  };
}

function event(index: number, now: number): PlannedEvent {
  const id = `order-${index}`;
  const value = Buffer.from(JSON.stringify({ order_id: id, note: 'x'.repeat(200) }));
  const record = {
    topic: 'shop.orders',
    partition: 0,
    offset: BigInt(index),
    timestamp: now,
    key: Buffer.from(id),
    value,
    headers: [],
  };
  const meta = {
    source: '/shop',
    id,
    type: 'shop.OrderRefundRequested',
    subject: null,
    time: new Date(now),
    topic: record.topic,
    partition: 0,
    offset: record.offset,
    key: id,
    headers: {},
    traceparent: null,
  };
  const plan = { notifications: [planned(index, now)], signals: [], configHash: 'c0ffee' };
  return { record, event: { data: {}, meta }, plan };
}

async function fill(store: string, count: number): Promise<readonly string[]> {
  say(`filling a ledger with ${count} notifications`);
  const ledger: Ledger = await openLedger({
    store,
    instance: 'bench',
    description: 'bench',
    clock: systemClock,
    logger: silentLogger,
    leaseMs: null,
    readOnly: false,
  });
  const ids: string[] = [];
  for (let from = 0; from < count; from += batch) {
    const now = Date.now();
    const events = Array.from({ length: Math.min(batch, count - from) }, (_, index) =>
      event(from + index, now),
    );
    const next = BigInt(from + events.length);
    const plan = {
      group: 'dingbus',
      topic: 'shop.orders',
      partition: 0,
      next,
      events,
      deadLetters: [],
      redrive: false,
    };
    const done = await ledger.write((tx) => admitBatch(tx, plan, now));
    ids.push(...done.ids);
    // As the publisher would have left them.
    const rows = await ledger.write((tx) => tx.takeOutbox(2 * batch));
    await ledger.write((tx) =>
      tx.markPublished(
        rows.map(({ id }) => id),
        now,
      ),
    );
  }
  await ledger.close();
  return ids;
}

async function measure(folder: string, store: string, ids: readonly string[]): Promise<Row[]> {
  const port = await freePort();
  const config = join(folder, 'config');
  mkdirSync(config);
  writeFileSync(
    join(config, 'dingbus.yaml'),
    `kafka: { brokers: "127.0.0.1:1" }
store: "${store}"
results: { format: json }
server: { host: 127.0.0.1, port: ${port} }
dingtalk: { base_url: "http://127.0.0.1:1", apps: { default: { app_key: key, app_secret: secret, agent_id: 4417001 } } }
topics: { shop.orders: {} }
`,
  );
  const child = spawn(process.execPath, [join(root, 'dist/main.js'), 'run', '--config', config], {
    cwd: folder,
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const ask = async (path: string): Promise<number> => {
    const begun = performance.now();
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    await answer.text();
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
    return performance.now() - begun;
  };
  try {
    for (
      const until = Date.now() + 60_000;
      !(await ask('/-/healthy').then(
        () => true,
        () => false,
      ));
    ) {
      if (Date.now() > until) throw new Error('dingbus did not start');
      await delay(50);
    }
    const letters = await fetch(`http://127.0.0.1:${port}/api/v1/dead-letters`);
    const { items } = (await letters.json()) as { items: { id: string }[] };
    const oldest = ids[1] ?? '';
    const pages = [
      '/',
      '/notifications',
      '/notifications?status=failed',
      '/notifications?route=route-7&app=default',
      '/notifications?search=order-77',
      '/notifications?search=u4321',
      '/notifications?search=nobody-has-this',
      `/notifications/${oldest}`,
      '/dead-letters',
      '/dead-letters?route=route-0',
      `/dead-letters/${items.at(-1)?.id ?? ''}`,
      `/explorer?recorded=${oldest}`,
      '/configuration',
      '/audit',
      '/api/v1/status',
    ];
    const rows: Row[] = [];
    for (const [path, bound] of [
      ...pages.map((each) => [each, pageBound] as const),
      ['/metrics', scrapeBound] as const,
    ]) {
      const times: number[] = [];
      for (let round = 0; round < requests; round += 1) times.push(await ask(path));
      rows.push(below(path.replace(/(ntf|dlq)_\w+/, '$1_…'), [percentile(times, 0.99)], bound, 'ms'));
    }
    return rows;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
