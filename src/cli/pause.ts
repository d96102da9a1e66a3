import { InvalidArgumentError, type Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { parseDuration } from '../config/fields.ts';
import { everything, routeSubject } from '../ledger/stops.ts';
import type { SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';
import { loadFor } from './loading.ts';
import { printOutcomes, serviceClient, urlOption } from './service-client.ts';

interface Target {
  readonly all: boolean;
  readonly app?: string;
  readonly route?: string;
  readonly note?: string;
  readonly url?: string;
}

/** The stop button and its counterpart. */
export function addPause(program: Command, setExitCode: SetExitCode): void {
  const change = async (
    command: Command,
    path: string,
    target: Target,
    more: Readonly<Record<string, string>>,
  ): Promise<void> => {
    const subject = subjectOf(command, target);
    const active = loadFor(command);
    if (active === null) {
      setExitCode(exitCodes.faults);
      return;
    }
    const client = serviceClient(command, active.config.server, target.url);
    const done = await client.change(path, { subject, note: target.note ?? null, ...more });
    setExitCode(printOutcomes(command, done));
  };

  withTarget(
    program
      .command('pause')
      .description('stop sending; what waits is kept, what is out is still followed and can be recalled'),
  )
    .option('--for <duration>', 'until then, e.g. 30m; without it until you resume', readUntil)
    .action(async (target: Target & { readonly for?: string }, command: Command) => {
      await change(command, '/pause', target, target.for === undefined ? {} : { until: target.for });
    });
  withTarget(program.command('resume').description('end a stop, or what holds an app')).action(
    async (target: Target, command: Command) => {
      await change(command, '/resume', target, {});
    },
  );
}

function withTarget(command: Command): Command {
  return command
    .option('--all', 'everything', false)
    .option('--app <name>', 'one DingTalk app')
    .option('--route <name>', 'one route')
    .option('--note <text>', 'for the audit log')
    .option(...urlOption);
}

function subjectOf(command: Command, { all, app, route }: Target): string {
  const named = [
    ...(all ? [everything] : []),
    ...(app === undefined ? [] : [app]),
    ...(route === undefined ? [] : [routeSubject(route)]),
  ];
  const [subject] = named;
  if (subject !== undefined && named.length === 1) return subject;
  return command.error('error: name one of --all, --app and --route', { exitCode: exitCodes.usage });
}

function readUntil(text: string): string {
  const duration = parseDuration(text);
  if (duration === null || duration <= 0) throw new InvalidArgumentError('Write a duration such as 30m.');
  return new Date(systemClock.now() + duration).toISOString();
}
