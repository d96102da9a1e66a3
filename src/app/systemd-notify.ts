import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const giveUpAfterMs = 5_000;

/** Runs systemd's own command, which finds the socket in the environment. */
export async function systemdNotify(args: readonly string[]): Promise<void> {
  await run('systemd-notify', [...args], { timeout: giveUpAfterMs });
}
