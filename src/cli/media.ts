import { Option, type Command } from 'commander';
import { mediaLimits, type MediaType } from '../dingtalk/limits.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson } from './loading.ts';
import { printCallError, withClient } from './one-off.ts';

export function addMedia(program: Command, setExitCode: SetExitCode): void {
  const media = program.command('media').description('files that messages show');
  media
    .command('upload')
    .description('upload a file and print the media id that messages name it by')
    .argument('<file>', 'size and format are checked before a byte leaves')
    .addOption(
      new Option('--type <type>', 'what it is used as')
        .choices(Object.keys(mediaLimits))
        .makeOptionMandatory(),
    )
    .option('--app <name>', 'app of the configuration that uploads, and alone may use the id', 'default')
    .action(async (path: string, options: { type: MediaType; app: string }, command: Command) => {
      const code = await withClient(command, options.app, async ({ client }) => {
        const answer = await client.uploadMedia({ type: options.type, source: { kind: 'path', path } });
        const { json } = commonOptions(command);
        if (json) printJson(answer);
        if (answer.kind === 'failed') {
          if (!json) printCallError(answer.error);
          return exitCodes.faults;
        }
        if (!json) process.stdout.write(`${answer.value.mediaId}\n`);
        return exitCodes.good;
      });
      setExitCode(code);
    });
}
