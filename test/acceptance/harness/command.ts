import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { DingbusProcess } from './dingbus-process.ts';

/** How a command ended: its exit code, what `--json` printed (null = nothing), and what it said beside that. */
export interface CommandEnd {
  readonly code: number;
  readonly answer: unknown;
  readonly err: string;
}

const main = join(import.meta.dirname, '../../../dist/main.js');
const largestOutput = 1_000_000_000;

/** Runs a command of the built program beside the service, with the service's configuration and environment. */
export function runCommand({ settings }: DingbusProcess, args: readonly string[]): Promise<CommandEnd> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, '--config', settings.configDir, '--json', ...args],
      {
        cwd: settings.dataDir,
        env: { PATH: process.env['PATH'] ?? '', ...settings.env },
        maxBuffer: largestOutput,
      },
      (error, out, err) => {
        const code = error === null ? 0 : Number(error.code);
        resolve({ code, answer: out === '' ? null : (JSON.parse(out) as unknown), err });
      },
    );
  });
}
