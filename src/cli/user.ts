import type { Command } from 'commander';
import { Mobile } from '../base/sensitive.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson } from './loading.ts';
import { printCallError, withClient } from './one-off.ts';

export function addUser(program: Command, setExitCode: SetExitCode): void {
  program
    .command('user')
    .description('ask DingTalk for the userid of a mobile number')
    .argument('<mobile>', 'as in the address book: 13800001101, +86-13800001101')
    .option('--app <name>', 'app of the configuration that asks', 'default')
    .action(async (mobile: string, options: { app: string }, command: Command) => {
      const code = await withClient(command, options.app, async ({ client }) => {
        const found = await client.lookupMobile(new Mobile(mobile));
        const { json } = commonOptions(command);
        if (json) printJson(found);
        if (found.kind !== 'found') {
          if (!json) printCallError(found.error);
          return exitCodes.faults;
        }
        if (!json) process.stdout.write(`${found.userid}\n`);
        return exitCodes.good;
      });
      setExitCode(code);
    });
}
