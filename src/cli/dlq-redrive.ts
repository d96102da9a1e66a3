import type { Command } from 'commander';
import type { Active } from '../app/configuration.ts';
import { systemClock } from '../base/clock.ts';
import { agreed } from './agreed.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { filtered, hasFilter, scan, type Filters } from './dlq-scan.ts';
import { exitCodes } from './exit-codes.ts';
import { loadFor, printJson } from './loading.ts';
import { Progress } from './progress.ts';
import { changeMany, printOutcomes, serviceClient, urlOption, type Outcome } from './service-client.ts';

interface RedriveOptions extends Filters {
  readonly all: boolean;
  readonly yes: boolean;
  readonly note?: string;
  readonly url?: string;
}

/** A dead letter, and where it stands in its topic if that is known; it spares the service the search. */
interface Wanted {
  readonly id: string;
  readonly place: { readonly partition: number; readonly offset: string } | null;
}

/** More outcomes than this are told as sums, and of those that failed the first so many one by one. */
const listed = 100;

export function addRedrive(dlq: Command, setExitCode: SetExitCode): void {
  filtered(dlq.command('redrive'))
    .argument('[id...]', 'of dead letters')
    .description('send dead letters through their routes once more; a second time makes nothing new')
    .option('--all', 'instead of ids or filters: every dead letter in the topic', false)
    .option('-y, --yes', 'do not ask, even for more than one', false)
    .option('--note <text>', 'for the audit log')
    .option(...urlOption)
    .action(async (ids: string[], options: RedriveOptions, command: Command) => {
      const misuse = misuseOf(ids, options);
      if (misuse !== null) return command.error(`error: ${misuse}`, { exitCode: exitCodes.usage });
      const active = loadFor(command);
      setExitCode(active === null ? exitCodes.faults : await redrive(command, active, ids, options));
    });
}

function misuseOf(ids: readonly string[], options: RedriveOptions): string | null {
  const ways = [ids.length > 0, hasFilter(options), options.all].filter(Boolean).length;
  if (ways === 0) return 'name dead letters, filter them (--route, --reason, --since, …), or say --all';
  return ways > 1 ? 'name dead letters, or filter them, or say --all: one of the three' : null;
}

async function redrive(
  command: Command,
  active: Active,
  ids: readonly string[],
  options: RedriveOptions,
): Promise<number> {
  const client = serviceClient(command, active.config.server, options.url);
  const wanted = ids.length > 0 ? [...new Set(ids)].map(named) : await find(active, options);
  if (wanted.length === 0) {
    if (commonOptions(command).json) printJson({ items: [] });
    else process.stdout.write('no dead letter fits\n');
    return exitCodes.good;
  }
  const isMany = ids.length === 0 && wanted.length > 1;
  if (isMany && !options.yes && !(await agreed(command, `Redrive ${wanted.length} dead letters?`))) {
    process.stderr.write('nothing was redriven\n');
    return exitCodes.faults;
  }
  const note = options.note ?? null;
  const progress = new Progress(process.stderr, systemClock);
  let count = 0;
  const bodyOf = (some: readonly Wanted[]): unknown => ({
    dead_letter_ids: some.map(({ id }) => id),
    places: some.map(({ place }) => place),
    note,
  });
  const onDone = (some: number): void => {
    count += some;
    progress.show(count / wanted.length, count, 'dead letters');
  };
  const done = await changeMany(client, '/redrive', wanted, bodyOf, onDone).finally(() => {
    progress.clear();
  });
  return done.length > listed ? printSums(command, done) : printOutcomes(command, done);
}

function named(id: string): Wanted {
  return { id, place: null };
}

/** Publishing may repeat a record after a crash: the id tells that it is the same one. */
async function find(active: Active, filters: Filters): Promise<readonly Wanted[]> {
  const found = new Map<string, Wanted>();
  await scan(active, filters, ({ deadLetter: { id }, partition, offset }) => {
    if (!found.has(id)) found.set(id, { id, place: { partition, offset: String(offset) } });
    return true;
  });
  return [...found.values()];
}

function printSums(command: Command, done: readonly Outcome[]): number {
  const sums: Record<string, number> = {};
  for (const { outcome } of done) sums[outcome] = (sums[outcome] ?? 0) + 1;
  const failed = done.filter(({ ok }) => !ok);
  const shown = failed.slice(0, listed);
  if (commonOptions(command).json) {
    printJson({ total: done.length, outcomes: sums, failed: failed.length, items: shown });
    return failed.length === 0 ? exitCodes.good : exitCodes.faults;
  }
  const text = Object.entries(sums).map(([outcome, count]) => `${count} ${outcome.replaceAll('_', ' ')}`);
  process.stdout.write(`${done.length} dead letters: ${text.join(', ')}\n`);
  if (failed.length === 0) return exitCodes.good;
  process.stdout.write(
    failed.length > shown.length ? `the first ${shown.length} that failed:\n` : 'failed:\n',
  );
  return printOutcomes(command, shown);
}
