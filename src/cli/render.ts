import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { callLimits } from '../dingtalk/limits.ts';
import { readAvroSchemas } from '../rules/cel/avro-types.ts';
import { eventFromInput } from '../rules/event-input.ts';
import { loadFor, printJson, readEvent } from './loading.ts';
import { messagePreview } from './message-preview.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';

export function addRender(program: Command, setExitCode: SetExitCode): void {
  program
    .command('render')
    .description('the message that a template makes of an event: as JSON, and drawn')
    .requiredOption('-t, --template <name>', 'template: its file’s name without .yaml')
    .requiredOption('-e, --event <file>', 'JSON { "data": …, "meta": … }; - reads standard input')
    .action((options: { template: string; event: string }, command: Command) => {
      const active = loadFor(command);
      if (active === null) {
        setExitCode(exitCodes.faults);
        return;
      }
      const schemas = readAvroSchemas(active.config.eventSchemas);
      const read = eventFromInput(readEvent(command, options.event), systemClock.now(), schemas);
      if (!read.ok)
        return command.error(`error: ${options.event}: ${read.message}`, { exitCode: exitCodes.usage });
      const rendered = active.rules.render(options.template, { event: read.event }, systemClock.now());
      switch (rendered.kind) {
        case 'message': {
          const { body, bytes } = rendered.message;
          if (commonOptions(command).json) printJson(rendered.message);
          else {
            process.stdout.write(`${JSON.stringify(JSON.parse(body), null, 2)}\n`);
            process.stdout.write(`${messagePreview(body)}\n`);
            process.stdout.write(`${bytes} of ${callLimits.messageBytes.value} bytes\n`);
          }
          return;
        }
        case 'failure':
          process.stderr.write(`${rendered.failure.reason}: ${rendered.failure.message}\n`);
          setExitCode(exitCodes.faults);
          return;
        case 'unknown_template': {
          const hint = rendered.suggestion === null ? '' : `; did you mean ${rendered.suggestion}?`;
          return command.error(`error: there is no template "${options.template}"${hint}`, {
            exitCode: exitCodes.usage,
          });
        }
      }
    });
}
