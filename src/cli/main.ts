import { CommanderError } from 'commander';
import { messageOf } from '../base/errors.ts';
import { exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';

/** Runs one command line (without `node` and the script) and gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.good;
  const program = await createProgram(args, (code) => {
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
