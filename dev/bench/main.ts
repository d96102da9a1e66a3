/**
 * `npm run bench`: how fast and how frugal the built program is, each figure beside a reference of the same run and
 * with the bound that it has to keep. docs/benchmarks.md says how to read it. Exits 1 when a bound is not kept.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/base/errors.ts';
import { backlog } from './backlog.ts';
import { consolePages } from './console.ts';
import { BenchWorld } from './frame/bench-world.ts';
import { root } from './frame/child.ts';
import { printRow, say, type Row } from './frame/report.ts';
import { idle } from './idle.ts';
import { intake } from './intake.ts';
import { latency } from './latency.ts';
import { ledgerInserts } from './ledger-inserts.ts';
import { merging } from './merging.ts';
import { recovery } from './recovery.ts';
import { scraping } from './scraping.ts';
import { sending } from './sending.ts';
import { tracking } from './tracking.ts';

/** Every size has a flag of its name; the second value is that of `--quick`. */
const sizes = {
  rounds: [3, 1],
  'intake-events': [1_000_000, 100_000],
  'ledger-events': [20_000, 5_000],
  'sending-events': [100_000, 10_000],
  'latency-seconds': [30, 8],
  'idle-seconds': [60, 10],
  'merging-events': [10_000, 10_000],
  'backlog-events': [1_000_000, 100_000],
  'backlog-seconds': [120, 15],
  'tracking-events': [500, 100],
  'console-notifications': [100_000, 10_000],
  'scraping-events': [100_000, 10_000],
} as const;

type Sizes = Readonly<Record<keyof typeof sizes, number>>;

const benches: Readonly<Record<string, (world: BenchWorld, size: Sizes) => Promise<Row[]>>> = {
  intake: (world, size) => intake(world, { events: size['intake-events'], rounds: size.rounds }),
  'ledger-sqlite': (_world, size) => ledgerInserts({ ...ofLedger(size), store: 'sqlite' }),
  'ledger-postgres': (_world, size) => ledgerInserts({ ...ofLedger(size), store: 'postgres' }),
  sending: (world, size) => sending(world, { ...ofSending(size), store: 'sqlite', track: 'accepted' }),
  latency: (world, size) => latency(world, { seconds: size['latency-seconds'], rounds: size.rounds }),
  idle: (world, size) => idle(world, { seconds: size['idle-seconds'], rounds: size.rounds }),
  merging: (world, size) => merging(world, { events: size['merging-events'], rounds: size.rounds }),
  backlog: (world, size) =>
    backlog(world, { events: size['backlog-events'], seconds: size['backlog-seconds'] }),
  'recovery-sqlite': (world, size) => recovery(world, { rounds: size.rounds, store: 'sqlite' }),
  'recovery-postgres': (world, size) => recovery(world, { rounds: size.rounds, store: 'postgres' }),
  tracking: (world, size) => tracking(world, { events: size['tracking-events'], rounds: size.rounds }),
  console: (_world, size) => consolePages({ notifications: size['console-notifications'] }),
};
/** Not among the bounds; run by name. */
const extra: typeof benches = {
  scraping: (world, size) => scraping(world, { events: size['scraping-events'] }),
  'sending-delivered': (world, size) =>
    sending(world, { ...ofSending(size), store: 'sqlite', track: 'delivered' }),
  'sending-postgres': (world, size) =>
    sending(world, { ...ofSending(size), store: 'postgres', track: 'accepted' }),
};

const ofLedger = (size: Sizes) => ({ events: size['ledger-events'], rounds: size.rounds });
const ofSending = (size: Sizes) => ({ events: size['sending-events'], rounds: size.rounds });

interface Wanted {
  readonly names: readonly string[];
  readonly size: Sizes;
}

function wanted(): Wanted {
  const ofSizes = Object.keys(sizes).map((name) => [name, { type: 'string' as const }]);
  const { values } = parseArgs({
    options: {
      ...(Object.fromEntries(ofSizes) as Record<keyof typeof sizes, { type: 'string' }>),
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      'no-build': { type: 'boolean', default: false },
    },
  });
  const all = { ...benches, ...extra };
  const names = values.only?.split(',') ?? Object.keys(benches);
  const unknown = names.filter((name) => all[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`no bench is called ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`);
  const size = Object.entries(sizes).map(([name, [full, quick]]) => {
    const given = values[name as keyof typeof sizes];
    const value = given === undefined ? (values.quick ? quick : full) : Number(given);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a whole number from 1`);
    return [name, value];
  });
  if (!values['no-build']) build();
  return { names, size: Object.fromEntries(size) as Sizes };
}

/** What is measured is what users run. */
function build(): void {
  const { status } = spawnSync(process.execPath, [join(root, 'dev/build.ts')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the program does not build');
}

async function main(): Promise<boolean> {
  const { names, size } = wanted();
  const world = await BenchWorld.open();
  const rows: Row[] = [];
  try {
    for (const name of names) {
      say(name);
      const bench = benches[name] ?? extra[name];
      for (const row of (await bench?.(world, size)) ?? []) {
        printRow(row);
        rows.push(row);
      }
    }
  } finally {
    await world.close();
  }
  const missed = rows.filter((row) => !row.met);
  process.stdout.write(`${rows.length - missed.length} of ${rows.length} bounds kept\n`);
  return missed.length === 0;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (thrown) {
  process.stderr.write(`${messageOf(thrown)}\n`);
  process.exitCode = 2;
}
