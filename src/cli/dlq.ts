import type { Command } from 'commander';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { StoredDeadLetter } from '../app/dead-letter-topic.ts';
import { storedDeadLetterDetailJson, storedDeadLetterJson } from '../server/api/present-dead-letters.ts';
import { maskText } from '../server/masking.ts';
import type { DeadLetterSummary } from '../server/ports.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { addRedrive } from './dlq-redrive.ts';
import { filtered, scan, type Filters } from './dlq-scan.ts';
import { exitCodes } from './exit-codes.ts';
import { loadFor, printJson } from './loading.ts';
import { readLimit } from './option-values.ts';
import { moment, table } from './table.ts';

/** `list`, `show` and `export` read the dead-letter topic itself, so they need no service; `redrive` goes through it. */
export function addDlq(program: Command, setExitCode: SetExitCode): void {
  const dlq = program
    .command('dlq')
    .description('dead letters: look at them, and send them through once more');
  filtered(dlq.command('list', { isDefault: true }))
    .description('dead letters in the topic, newest first')
    .option('--limit <count>', 'so many at most', readLimit, 50)
    .action(async (options: Filters & { limit: number }, command: Command) => {
      setExitCode(await list(command, options));
    });
  dlq
    .command('show')
    .argument('<id>', 'of the dead letter')
    .description('one dead letter with its record')
    .action(async (id: string, _options: unknown, command: Command) => {
      setExitCode(await show(command, id));
    });
  filtered(dlq.command('export'))
    .description('dead letters as JSON lines, oldest first within a partition; mobile numbers masked')
    .option('--output <file>', 'write to this file (readable by you alone) instead of standard output')
    .option('--raw', 'with the bytes of key, value and headers in base 64, unmasked; needs --output', false)
    .action(async (options: Filters & { output?: string; raw: boolean }, command: Command) => {
      if (options.raw && options.output === undefined) {
        return command.error('error: --raw is not masked, so it goes to a file: name one with --output', {
          exitCode: exitCodes.usage,
        });
      }
      setExitCode(await exportAll(command, options));
    });
  addRedrive(dlq, setExitCode);
}

async function list(command: Command, options: Filters & { limit: number }): Promise<number> {
  const active = loadFor(command);
  if (active === null) return exitCodes.faults;
  // Publishing may repeat a record after a crash: the id tells that it is the same one.
  let newest = new Map<string, DeadLetterSummary>();
  let total = 0;
  const cut = (): void => {
    const sorted = [...newest].sort(([, a], [, b]) => b.at - a.at);
    newest = new Map(sorted.slice(0, options.limit));
  };
  await scan(active, options, (stored) => {
    if (!newest.has(stored.deadLetter.id)) total += 1;
    newest.set(stored.deadLetter.id, summaryOf(stored));
    // Cutting at twice the length keeps memory bounded and sorts seldom.
    if (newest.size >= options.limit * 2) cut();
    return true;
  });
  cut();
  const items = [...newest.values()];
  if (commonOptions(command).json)
    printJson({ items: items.map(storedDeadLetterJson), more: total > items.length });
  else process.stdout.write(`${listText(items, total)}\n`);
  return exitCodes.good;
}

function listText(items: readonly DeadLetterSummary[], total: number): string {
  if (items.length === 0) return 'no dead letter fits';
  const rows = items.map((each) => [
    moment(each.at),
    each.id,
    each.stage,
    each.reason,
    each.route,
    `${each.topic} ${each.partition}@${each.offset}`,
    maskText(each.message),
  ]);
  const hint =
    total > items.length
      ? `\n\nthese are the newest ${items.length}: narrow the filters, or raise --limit`
      : '';
  return table(['WRITTEN', 'DEAD LETTER', 'STAGE', 'REASON', 'ROUTE', 'RECORD', 'MESSAGE'], rows) + hint;
}

async function show(command: Command, id: string): Promise<number> {
  const active = loadFor(command);
  if (active === null) return exitCodes.faults;
  const found: StoredDeadLetter[] = [];
  await scan(active, {}, (stored) => {
    if (stored.deadLetter.id === id) found.push(stored);
    return found.length === 0;
  });
  const [stored] = found;
  if (stored === undefined) {
    process.stderr.write(`${active.config.results.deadLetterTopic} holds no dead letter ${maskText(id)}\n`);
    return exitCodes.faults;
  }
  // What is shown is nearly all text with a name; JSON is how people read such a record, too.
  printJson(storedDeadLetterDetailJson(summaryOf(stored), stored.deadLetter));
  return exitCodes.good;
}

async function exportAll(
  command: Command,
  options: Filters & { output?: string; raw: boolean },
): Promise<number> {
  const active = loadFor(command);
  if (active === null) return exitCodes.faults;
  const file = options.output === undefined ? null : openSync(options.output, 'w', 0o600);
  let count = 0;
  try {
    await scan(active, options, (stored) => {
      const line = `${JSON.stringify(options.raw ? rawJson(stored) : maskedJson(stored))}\n`;
      if (file === null) process.stdout.write(line);
      else writeSync(file, line);
      count += 1;
      return true;
    });
  } finally {
    if (file !== null) closeSync(file);
  }
  if (file !== null) process.stderr.write(`${count} dead letters in ${String(options.output)}\n`);
  return exitCodes.good;
}

function maskedJson(stored: StoredDeadLetter): unknown {
  return storedDeadLetterDetailJson(summaryOf(stored), stored.deadLetter);
}

function rawJson(stored: StoredDeadLetter): unknown {
  const { record, exceptionClass } = stored.deadLetter;
  const bytes = (buffer: Buffer | null): string | null => buffer?.toString('base64') ?? null;
  return {
    ...storedDeadLetterJson(summaryOf(stored)),
    exception_class: exceptionClass,
    record: {
      key_base64: bytes(record.key),
      value_base64: bytes(record.value),
      headers: record.headers.map(({ key, value }) => ({ key, value_base64: bytes(value) })),
    },
  };
}

function summaryOf({ deadLetter, at }: StoredDeadLetter): DeadLetterSummary {
  const { record, id, stage, reason, message, route, notificationId } = deadLetter;
  const { topic, partition, offset } = record;
  return { id, stage, reason, message, topic, partition, offset, route, notificationId, at };
}
