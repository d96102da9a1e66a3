import type { Command } from 'commander';
import { createInterface } from 'node:readline/promises';
import { exitCodes } from './exit-codes.ts';

/** Asks the person at the terminal, such as "Recall 12 notifications?"; where nobody can answer, `--yes` must say it. */
export async function agreed(command: Command, question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    return command.error(`error: ${question} Nobody is there to ask; say --yes if that is meant`, {
      exitCode: exitCodes.usage,
    });
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
