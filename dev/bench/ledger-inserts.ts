/**
 * How fast the ledger takes in matching events, beside bare inserts of the very same rows into the same tables of the
 * same engine with the same commit size.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import pg from 'pg';
import { systemClock } from '../../src/base/clock.ts';
import { sha256, stableId } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { EventRow, Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { noSignals, type Notification } from '../../src/model/notification.ts';
import { startPostgres } from '../stack/postgres.ts';
import { compare, say, type Row } from './frame/report.ts';

const tables = ['events', 'notifications', 'notification_plans'];

interface Entry {
  readonly row: EventRow;
  readonly notification: Notification;
}

/** An event of 300 bytes that one route matches: one person, a text of its own. */
function entry(run: string, index: number): Entry {
  const id = `${run}-${index}`;
  const offset = BigInt(index);
  const value = Buffer.from(
    JSON.stringify({ order_id: id, amount_cents: 123_400 + index, note: 'x'.repeat(230) }),
  );
  const content = `### 订单 ${id} 退款\n金额 **1,234.00 CNY**，申请人 张三`;
  const body = JSON.stringify({ msgtype: 'markdown', markdown: { title: '退款待审批', text: content } });
  const received = 1_772_431_200_000 + index;
  return {
    row: {
      identity: stableId('evt', '/shop', id),
      record: {
        topic: 'shop.orders',
        partition: 0,
        offset,
        timestamp: received,
        key: Buffer.from(id),
        value,
        headers: [{ key: 'ce_type', value: Buffer.from('shop.OrderRefundRequested') }],
      },
      receivedAt: received,
    },
    notification: {
      id: stableId('ntf', '/shop', id, 'refund-needs-approval', 0),
      route: 'refund-needs-approval',
      item: 0,
      template: 'refund-approval',
      app: 'default',
      agentId: 4417001,
      configHash: 'c0ffee',
      event: {
        source: '/shop',
        id,
        type: 'shop.OrderRefundRequested',
        time: received,
        topic: 'shop.orders',
        partition: 0,
        offset,
        key: id,
      },
      recordKey: Buffer.from(id).toString('base64'),
      traceparent: null,
      receivedAt: received,
      audience: { userids: [`u${index}`], mobiles: [], deptIds: [], everyone: false },
      message: { msgtype: 'markdown', body, bytes: Buffer.byteLength(body), statusBar: false },
      contentHash: sha256(body),
      policies: {
        dedupe: null,
        throttle: null,
        digest: null,
        quiet: null,
        expiresAt: null,
        overLimit: 'drop',
        onUnknown: 'resend',
        track: 'delivered',
        priority: 'normal',
        correlation: null,
        mergeable: true,
      },
      state: 'waiting',
      dueAt: received,
      persons: [
        {
          userid: `u${index}`,
          mobile: null,
          status: 'pending',
          code: null,
          reason: null,
          part: null,
          failedRetries: 0,
          rateRetries: 0,
        },
      ],
      deliveries: [],
      invalidDeptIds: [],
      signals: noSignals,
      seq: 0,
      toldStatus: null,
      toldReason: null,
      finalStatus: null,
      finalReason: null,
      related: null,
      digestSize: null,
      error: null,
      resending: false,
    },
  };
}

function open(store: string): Promise<Ledger> {
  return openLedger({
    store,
    instance: `bench-${process.pid}`,
    description: 'bench',
    clock: systemClock,
    logger: silentLogger,
    leaseMs: null,
    readOnly: false,
  });
}

/** Events a second. */
async function throughLedger(store: string, entries: readonly Entry[], commit: number): Promise<number> {
  const ledger = await open(store);
  const begun = performance.now();
  for (let from = 0; from < entries.length; from += commit) {
    const batch = entries.slice(from, from + commit);
    await ledger.write(async (tx) => {
      await tx.insertEvents(batch.map((each) => each.row));
      await tx.insertNotifications(
        batch.map((each) => ({ notification: each.notification, identity: each.row.identity })),
      );
      await tx.advancePosition('g', 'shop.orders', 0, BigInt(from + batch.length));
    });
  }
  const seconds = (performance.now() - begun) / 1000;
  await ledger.close();
  return entries.length / seconds;
}

async function sqlite(entries: readonly Entry[], commit: number): Promise<[number, number]> {
  const folder = mkdtempSync(join(tmpdir(), 'dingbus-bench-'));
  try {
    const full = join(folder, 'full.db');
    const ours = await throughLedger(`sqlite:${full}`, entries, commit);
    const source = new DatabaseSync(full);
    const rows = tables.map((table) =>
      source.prepare(`SELECT * FROM ${table} ORDER BY pk`).all().map(Object.values),
    );
    source.close();
    const bare = join(folder, 'bare.db');
    await (await open(`sqlite:${bare}`)).close();
    const db = new DatabaseSync(bare);
    db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -32768');
    const statements = tables.map((table, index): StatementSync => {
      const width = rows[index]?.[0]?.length ?? 0;
      return db.prepare(`INSERT INTO ${table} VALUES (${Array(width).fill('?').join(', ')})`);
    });
    const begun = performance.now();
    for (let from = 0; from < entries.length; from += commit) {
      db.exec('BEGIN IMMEDIATE');
      for (const [index, statement] of statements.entries()) {
        for (const row of rows[index]?.slice(from, from + commit) ?? []) statement.run(...(row as string[]));
      }
      db.exec('COMMIT');
    }
    const seconds = (performance.now() - begun) / 1000;
    db.close();
    return [ours, entries.length / seconds];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function postgres(entries: readonly Entry[], commit: number): Promise<[number, number]> {
  const full = await startPostgres();
  const bare = await startPostgres();
  try {
    const ours = await throughLedger(full.url, entries, commit);
    const source = new pg.Client({ connectionString: full.url });
    await source.connect();
    const read = [];
    for (const table of tables)
      read.push(await source.query({ text: `SELECT * FROM ${table} ORDER BY pk`, rowMode: 'array' }));
    await source.end();
    await (await open(bare.url)).close();
    const client = new pg.Client({ connectionString: bare.url });
    await client.connect();
    const inserts = read.map(({ fields }, index) => {
      const types = fields.map(
        ({ dataTypeID }) => ({ 17: 'bytea', 20: 'bigint', 25: 'text' })[dataTypeID] ?? 'text',
      );
      const arrays = types.map((type, at) => `$${at + 1}::${type}[]`).join(', ');
      return `INSERT INTO ${tables[index] ?? ''} OVERRIDING SYSTEM VALUE SELECT * FROM unnest(${arrays})`;
    });
    const begun = performance.now();
    for (let from = 0; from < entries.length; from += commit) {
      await client.query('BEGIN');
      for (const [index, { rows, fields }] of read.entries()) {
        const part = (rows as unknown[][]).slice(from, from + commit);
        const values = fields.map((_field, at) => part.map((row) => row[at]));
        await client.query({ name: `insert${index}`, text: inserts[index] ?? '', values });
      }
      await client.query('COMMIT');
    }
    const seconds = (performance.now() - begun) / 1000;
    await client.end();
    return [ours, entries.length / seconds];
  } finally {
    await full.stop();
    await bare.stop();
  }
}

export interface LedgerInsertsOptions {
  readonly events: number;
  readonly rounds: number;
  readonly store: 'sqlite' | 'postgres';
}

/** One event a commit, what a busy moment brings, and a full batch of Kafka's. */
const commits = [1, 64, 500];

export async function ledgerInserts({ events, rounds, store }: LedgerInsertsOptions): Promise<Row[]> {
  const measure = store === 'postgres' ? postgres : sqlite;
  const rows: Row[] = [];
  for (const commit of commits) {
    const size = commit === 1 ? Math.ceil(events / 20) : events;
    const pairs: { ours: number; reference: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const entries = Array.from({ length: size }, (_none, index) => entry(`${commit}-${round}`, index));
      const [ours, reference] = await measure(entries, commit);
      pairs.push({ ours, reference });
    }
    say(
      `${store}, commits of ${commit}: ${pairs.map((pair) => (pair.ours / pair.reference).toFixed(2)).join(', ')}`,
    );
    rows.push(compare(`ledger (${store}), ${commit} events a commit`, pairs, { atLeast: 0.5 }, 'events/s'));
  }
  return rows;
}
