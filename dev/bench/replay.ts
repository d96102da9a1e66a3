/**
 * Replays recorded events through the sample configuration and an edited copy of it with `dingbus replay`, and prints how
 * long it takes and how much memory the process has meanwhile, which must not grow with the number of events.
 *
 *   node dev/bench/replay.ts [--events 100000]
 *
 * Exits 1 when it takes more than a minute for 100,000 events, or when the second half needs over a tenth more memory
 * than the first.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

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

/** Resident memory, MB. */
function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  // A process that has just ended has none.
  return Number(kilobytes ?? 0) / 1024;
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

  const args = [
    'src/main.ts',
    '--config',
    'config',
    'replay',
    '--against',
    join(folder, 'config'),
    '--file',
    path,
  ];
  const begun = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const memory: number[] = [];
  const look = setInterval(() => memory.push(memoryOf(child.pid ?? 0)), 100);
  const [output, [code]] = (await Promise.all([text(child.stdout), once(child, 'exit')])) as [
    string,
    [unknown],
  ];
  clearInterval(look);
  if (code !== 0) throw new Error(`dingbus replay ended with ${String(code)}`);

  const seconds = (performance.now() - begun) / 1000;
  // What comes before is the program being loaded.
  const samples = memory.slice(Math.ceil(memory.length / 10));
  const most = (part: readonly number[]): number => Math.round(Math.max(...part));
  const tenths = Array.from({ length: 10 }, (_none, tenth) =>
    most(
      samples.slice(
        Math.floor((tenth * samples.length) / 10),
        Math.ceil(((tenth + 1) * samples.length) / 10),
      ),
    ),
  );
  const [first, second] = [most(tenths.slice(0, 5)), most(tenths.slice(5))];
  process.stdout.write(
    `${output.slice(-1_500)}\n` +
      `${count} events in ${seconds.toFixed(1)} s (${Math.round(count / seconds)} events/s)\n` +
      `most memory in each tenth, MB: ${tenths.join(' ')}\n`,
  );
  process.exitCode = seconds <= (60 * count) / 100_000 && second <= 1.1 * first ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
