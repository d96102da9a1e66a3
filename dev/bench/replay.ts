/**
 * Replays recorded events through the sample configuration and an edited copy of it, and prints how long it takes and
 * how much memory it needs on the way: memory must not grow with the number of events.
 *
 *   node dev/bench/replay.ts [--events 100000]
 */
import { cpSync, createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadActive, type Active } from '../../src/app/configuration.ts';
import { replayRecorded } from '../../src/app/replay.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '100000' } } });
const count = Number(values.events);
const start = Date.parse('2026-03-02T00:00:00Z');
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'dingbus-bench-replay-'));

/** Three refunds and an incident in turn, one a second, each of an order and for people of its own. */
function line(index: number): string {
  const time = new Date(start + index * 1000).toISOString();
  const incident = {
    topic: 'ops.incidents',
    type: 'ops.IncidentOpened',
    data: {
      ...{
        incident_id: `INC-${index}`,
        status: 'open',
        severity: 'critical',
        service: `service-${index % 500}`,
      },
      ...{ title: 'CPU', summary: '负载过高', at: time, runbook_url: 'https://wiki.example.com/cpu' },
    },
  };
  const refund = {
    topic: 'shop.orders',
    type: 'shop.OrderRefundRequested',
    data: {
      ...{ order_id: `SO-${index}`, amount_cents: 50_000 + (index % 7) * 20_000, currency: 'CNY' },
      ...{ owner_mobile: `138${String(index % 20_000).padStart(8, '0')}`, reason: '商品破损' },
      ...{ applicant: { name: '冯燕' }, requested_at: time },
    },
  };
  return JSON.stringify({ ...(index % 4 === 3 ? incident : refund), id: `evt-${index}`, time });
}

async function writeEvents(path: string): Promise<void> {
  const stream = createWriteStream(path);
  for (let index = 0; index < count; index += 1) {
    if (!stream.write(`${line(index)}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}

/** The sample configuration, with a lower amount from which on refunds are asked for, and another title. */
function edit(path: string, changes: readonly (readonly [string, string])[]): void {
  let text = readFileSync(path, 'utf8');
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
    text = text.replace(from, to);
  }
  writeFileSync(path, text);
}

function load(path: string): Active {
  const loaded = loadActive({ path, env: {} }, systemClock.now());
  if (!loaded.ok) throw new Error(loaded.faults[0]?.message ?? path);
  return loaded.active;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is really in use, and what the process takes for it: the collector is in no hurry while there is room. */
function megabytes(): string {
  const { rss } = process.memoryUsage();
  collect();
  return `${Math.round(process.memoryUsage().heapUsed / 1_048_576)}/${Math.round(rss / 1_048_576)}`;
}

try {
  cpSync(join(root, 'config'), join(folder, 'config'), { recursive: true });
  cpSync(join(root, 'schemas'), join(folder, 'schemas'), { recursive: true });
  edit(join(folder, 'config/routes/shop.yaml'), [
    ['data.amount_cents >= 100000', 'data.amount_cents >= 90000'],
  ]);
  edit(join(folder, 'config/templates/refund-approval.yaml'), [['title: 退款待审批', 'title: 退款审批']]);
  const path = join(folder, 'events.jsonl');
  await writeEvents(path);
  const pair = {
    before: { active: load(join(root, 'config')) },
    after: { active: load(join(folder, 'config')) },
  };

  const samples: string[] = [];
  let differences = 0;
  const startedMs = performance.now();
  const { summary } = await replayRecorded({
    current: pair.before.active,
    pair,
    source: { kind: 'file', path },
    recordTo: null,
    clock: systemClock,
    logger: silentLogger,
    listener: {
      onDifference: () => {
        differences += 1;
      },
      onUnreadable: (where, message) => {
        throw new Error(`${where}: ${message}`);
      },
      onProgress: (share) => {
        if (share === null || share * 10 < samples.length + 1) return;
        samples.push(megabytes());
      },
      isWanted: () => true,
    },
  });
  const seconds = (performance.now() - startedMs) / 1000;
  process.stdout.write(
    `${count} events in ${seconds.toFixed(1)} s (${Math.round(count / seconds)} events/s), ${differences} differences\n` +
      `messages ${summary?.before.sent} → ${summary?.after.sent}, calls ${summary?.before.calls} → ${summary?.after.calls}\n` +
      `memory after each tenth, MB in use / of the process: ${samples.join(' ')}\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
