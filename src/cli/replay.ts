import { InvalidArgumentError, type Command } from 'commander';
import { environment } from '../app/environment.ts';
import type { Active, Loaded } from '../app/configuration.ts';
import { loadOther } from '../app/other-configuration.ts';
import { replayRecorded, type RecordedSource, type ReplayListener } from '../app/replay.ts';
import { collectGarbage } from '../base/collect-garbage.ts';
import { systemClock } from '../base/clock.ts';
import { createLogger, type Logger } from '../base/logger.ts';
import type { ReplayDifference } from '../rules/replay/replay.ts';
import { differenceJson, summaryJson } from '../server/api/present-replay.ts';
import { isOutputRead } from './closed-output.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';
import { loadFor, printFaults } from './loading.ts';
import { readMoment } from './option-values.ts';
import { Progress } from './progress.ts';
import { differenceText, summaryText } from './replay-text.ts';

interface Options {
  readonly against?: string;
  readonly reverse: boolean;
  readonly file?: string;
  readonly topic?: readonly string[];
  readonly partition?: number;
  readonly since?: number;
  readonly until?: number;
  readonly fromOffset?: bigint;
  readonly toOffset?: bigint;
  readonly record?: string;
  readonly examples: number;
  readonly failOnChange: boolean;
}

export function addReplay(program: Command, setExitCode: SetExitCode): void {
  program
    .command('replay')
    .description(
      'recorded events through this configuration and another: only what would change; nothing is sent',
    )
    .option(
      '-a, --against <path|revision>',
      'what would change with that dingbus.yaml or folder in its place; or what has changed since that git revision',
    )
    .option('--reverse', 'the other way round', false)
    .option('-f, --file <file>', 'events or recorded records as JSON lines; - reads standard input')
    .option('-t, --topic <name...>', 'from Kafka instead, without joining the group')
    .option('--since <when>', 'records since: 2h ago, or an ISO 8601 instant', readMoment)
    .option('--until <when>', 'records before', readMoment)
    .option('--partition <number>', 'of this partition only', readWhole)
    .option('--from-offset <offset>', 'from this offset on', readOffset)
    .option('--to-offset <offset>', 'up to, without this offset', readOffset)
    .option('-r, --record <file>', 'write the records of --topic to this new file as JSON lines, unmasked')
    .option('--examples <count>', 'differences to print of each route and kind; all', readExamples, 10)
    .option('--fail-on-change', 'exit with 1 when anything would change', false)
    .action(async (options: Options, command: Command) => {
      setExitCode(await replay(options, command));
    });
}

async function replay(options: Options, command: Command): Promise<number> {
  const refuse = (message: string): never =>
    command.error(`error: ${message}`, { exitCode: exitCodes.usage });
  const source = sourceOf(options, refuse);
  if (options.against === undefined && options.record === undefined) {
    return refuse('name the other configuration with --against (or only --record)');
  }
  const current = loadFor(command);
  if (current === null) return exitCodes.faults;
  const pair =
    options.against === undefined ? null : pairOf(current, options.against, options.reverse, command);
  if (pair === 'faults') return exitCodes.faults;
  const progress = new Progress(process.stderr, systemClock);
  const write = (text: string): void => {
    progress.clear();
    process.stdout.write(text);
  };
  const { json } = commonOptions(command);
  const printer = pair === null ? null : createPrinter(pair, options.examples, json, write);
  let unreadable = 0;
  const listener: ReplayListener = {
    onDifference: (found) => {
      printer?.difference(found.difference, found.why);
    },
    onUnreadable: (where, message) => {
      unreadable += 1;
      progress.clear();
      if (unreadable <= mostUnreadable) process.stderr.write(`${where}: ${message}\n`);
    },
    onProgress: (share, count) => {
      progress.show(share, count, 'events');
      if (count % collectAfter === 0) collectGarbage();
    },
    isWanted: isOutputRead,
  };
  printer?.begin();
  const replayed = await replayRecorded({
    current,
    pair,
    source,
    recordTo: options.record ?? null,
    clock: systemClock,
    logger: warnings(),
    listener,
  });
  progress.clear();
  if (unreadable > mostUnreadable) process.stderr.write(`… ${unreadable} in all could not be read\n`);
  if (options.record !== undefined) {
    process.stderr.write(`${replayed.count} records in ${options.record}\n`);
  }
  if (replayed.summary === null) return exitCodes.good;
  printer?.end(replayed.summary);
  const { added, gone, changed } = replayed.summary.differences;
  if (unreadable > 0) return exitCodes.faults;
  return options.failOnChange && added + gone + changed > 0 ? exitCodes.faults : exitCodes.good;
}

/** Events after which the collector is called: it would let a process that is given time grow to several times its need. */
const collectAfter = 5_000;
/** Lines that could not be read, as far as they are told one by one. */
const mostUnreadable = 20;

function sourceOf(options: Options, refuse: (message: string) => never): RecordedSource {
  const { file, topic, partition, since, until, fromOffset, toOffset, record } = options;
  const bounds = [partition, since, until, fromOffset, toOffset, record];
  if (file !== undefined) {
    if (topic !== undefined) return refuse('--file and --topic exclude each other');
    if (bounds.some((bound) => bound !== undefined)) return refuse('ranges and --record need --topic');
    return { kind: 'file', path: file };
  }
  if (topic === undefined) return refuse('name recorded events with --file, or Kafka topics with --topic');
  const range = { topics: topic, partition: partition ?? null, since: since ?? null, until: until ?? null };
  return { kind: 'kafka', range: { ...range, fromOffset: fromOffset ?? null, toOffset: toOffset ?? null } };
}

interface Side {
  readonly name: string;
  readonly active: Active;
}

interface Pair {
  readonly before: Side;
  readonly after: Side;
}

function pairOf(current: Active, named: string, reverse: boolean, command: Command): Pair | 'faults' {
  const { config } = commonOptions(command);
  const found = loadOther({ path: config, env: environment() }, named, systemClock.now());
  if (!found.ok) return command.error(`error: ${found.message}`, { exitCode: exitCodes.usage });
  const { kind, name, loaded } = found.other;
  if (!loaded.ok) return toldFaults(name, loaded);
  const own: Side = { name: config, active: current };
  const other: Side = { name, active: loaded.active };
  // A folder is what may come, a revision is what was.
  const isCandidate = (kind === 'path') !== reverse;
  return isCandidate ? { before: own, after: other } : { before: other, after: own };
}

function toldFaults(name: string, loaded: Loaded & { ok: false }): 'faults' {
  process.stderr.write(`${name}:\n`);
  printFaults(loaded.faults, loaded.lines);
  return 'faults';
}

interface Printer {
  begin(): void;
  difference(difference: ReplayDifference, why: () => string | null): void;
  end(summary: Parameters<typeof summaryText>[0]): void;
}

function createPrinter(
  { before, after }: Pair,
  examples: number,
  json: boolean,
  write: (text: string) => void,
): Printer {
  if (json) {
    // One document, written as it comes, so that a million differences need no memory.
    let separator = '\n';
    const sideJson = ({ name, active }: Side): string =>
      JSON.stringify({ configuration: name, config_hash: active.config.hash });
    return {
      begin: () => {
        write(`{"before":${sideJson(before)},\n"after":${sideJson(after)},\n"differences":[`);
      },
      difference: (difference, why) => {
        write(`${separator}${JSON.stringify(differenceJson(difference, why()))}`);
        separator = ',\n';
      },
      end: (summary) => {
        write(`\n],\n"summary":${JSON.stringify(summaryJson(summary))}}\n`);
      },
    };
  }
  const printed = new Map<string, number>();
  let leftOut = 0;
  return {
    begin: () => {
      write(`before  ${before.name}  ${before.active.config.hash}\n`);
      write(`after   ${after.name}  ${after.active.config.hash}\n\n`);
    },
    difference: (difference, why) => {
      const kind = `${difference.route ?? ''}\n${difference.subject}\n${difference.change}`;
      const count = (printed.get(kind) ?? 0) + 1;
      printed.set(kind, count);
      if (count > examples) leftOut += 1;
      else write(`${differenceText(difference, why())}\n`);
    },
    end: (summary) => {
      if (leftOut > 0) write(`… and ${leftOut.toLocaleString('en-US')} more (--examples all prints them)\n`);
      if (printed.size > 0) write('\n');
      write(`${summaryText(summary)}\n`);
    },
  };
}

/** Troubles with Kafka or the registry, on standard error; results alone belong to standard output. */
function warnings(): Logger {
  return createLogger({ level: 'error', destination: process.stderr });
}

function readWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}

function readOffset(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError('Write an offset, a whole number.');
  return BigInt(text);
}

function readExamples(text: string): number {
  if (text === 'all') return Number.POSITIVE_INFINITY;
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Write a whole number, or all.');
  return Number(text);
}
