import type { Command } from 'commander';

/** Tells the exit code of a command that ended without a fault of its own. */
export type SetExitCode = (code: number) => void;

/** Options that every command takes, wherever they stand on the command line. */
export interface CommonOptions {
  readonly config: string;
  readonly json: boolean;
}

export function commonOptions(command: Command): CommonOptions {
  const { config, json } = command.optsWithGlobals<{ config: string; json: boolean }>();
  return { config, json };
}
