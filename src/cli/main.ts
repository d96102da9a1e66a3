import { CommanderError } from 'commander';
import { messageOf } from '../base/errors.ts';
import { createProgram } from './program.ts';

/** Exit codes of every command: good, found faults, used wrongly. */
export const exitCodes = { good: 0, faults: 1, usage: 2 } as const;

/** Runs one command line (without `node` and the script) and gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.good;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.good : exitCodes.usage;
    process.stderr.write(`dingbus: ${messageOf(thrown)}\n`);
    return exitCodes.faults;
  }
}
