import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { environment } from '../app/environment.ts';
import { loadActive, type Active } from '../app/configuration.ts';
import { systemClock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { isError, reportFaults, type Lines } from '../config/fault-report.ts';
import type { Fault } from '../config/fault.ts';
import { parseExactJson } from '../base/exact-json.ts';
import { commonOptions } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';

/** Tells faults on standard error, all of them at once. */
export function printFaults(faults: readonly Fault[], lines: Lines | null): void {
  if (faults.length > 0) process.stderr.write(`${reportFaults(faults, lines, 'human')}\n`);
  const errors = faults.filter(isError).length;
  if (errors > 0) {
    process.stderr.write(`${errors} ${errors === 1 ? 'fault' : 'faults'}; the configuration cannot run\n`);
  }
}

/** The configuration that a command works with; null after its faults were told. */
export function loadFor(command: Command): Active | null {
  const { config } = commonOptions(command);
  const loaded = loadActive({ path: config, env: environment() }, systemClock.now());
  if (loaded.ok) return loaded.active;
  printFaults(loaded.faults, loaded.lines);
  return null;
}

/** An event from a file, or from standard input for `-`, with whole numbers exact; ends the command on bad input. */
export function readEvent(command: Command, path: string): unknown {
  const where = path === '-' ? 'standard input' : path;
  const refuse = (why: string): never =>
    command.error(`error: cannot read the event from ${where}: ${why}`, { exitCode: exitCodes.usage });
  let text: string;
  try {
    // The decoder leaves the byte order mark out that some editors write.
    text = new TextDecoder().decode(readFileSync(path === '-' ? 0 : path));
  } catch (thrown) {
    return refuse(messageOf(thrown));
  }
  const read = parseExactJson(text);
  return read.ok ? read.value : refuse(read.message);
}

/** JSON for programs; mobiles and secrets mask themselves. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(
    value,
    (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each),
    2,
  );
  process.stdout.write(`${text}\n`);
}
