import type { Command } from 'commander';
import { createAppClient, UnknownAppError } from '../app/app-client.ts';
import type { Active } from '../app/configuration.ts';
import { systemClock } from '../base/clock.ts';
import type { DingTalkClient } from '../dingtalk/client-types.ts';
import type { CallError } from '../dingtalk/outcomes.ts';
import { exitCodes } from './exit-codes.ts';
import { loadFor } from './loading.ts';

export interface OneOff {
  readonly active: Active;
  readonly client: DingTalkClient;
}

/** Runs a command that calls DingTalk on its own, beside any running service, and gives its exit code. */
export async function withClient(
  command: Command,
  app: string,
  work: (oneOff: OneOff) => Promise<number>,
): Promise<number> {
  const active = loadFor(command);
  if (active === null) return exitCodes.faults;
  let client: DingTalkClient;
  try {
    client = createAppClient(app, active.config.dingtalk, {
      clock: systemClock,
      address: null,
      observe: () => undefined,
    });
  } catch (thrown) {
    if (!(thrown instanceof UnknownAppError)) throw thrown;
    return command.error(`error: ${thrown.message}`, { exitCode: exitCodes.usage });
  }
  try {
    return await work({ active, client });
  } finally {
    await client.close();
  }
}

/** What went wrong, with DingTalk's code and its id of the call. */
export function printCallError(error: CallError): void {
  const call = error.requestId === null ? '' : `, request ${error.requestId}`;
  process.stderr.write(`${error.operation}: ${error.code} ${error.message} (${error.class}${call})\n`);
}
