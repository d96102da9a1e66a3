import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { readAvroSchemas } from '../rules/cel/avro-types.ts';
import { eventFromInput } from '../rules/event-input.ts';
import type { ExplainedNotification, Explanation, RouteVerdict } from '../rules/explanation.ts';
import { callLimits } from '../dingtalk/limits.ts';
import { maskText, presentable } from '../server/masking.ts';
import { loadFor, printJson, readEvent } from './loading.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';

export function addExplain(program: Command, setExitCode: SetExitCode): void {
  program
    .command('explain')
    .description('what each route makes of an event: matched or why not, who is told, the message, its cost')
    .requiredOption(
      '-e, --event <file>',
      'JSON { "data": …, "meta": { "topic": …, "type": … } }; - reads standard input',
    )
    .action((options: { event: string }, command: Command) => {
      const active = loadFor(command);
      if (active === null) {
        setExitCode(exitCodes.faults);
        return;
      }
      const schemas = readAvroSchemas(active.config.eventSchemas);
      const read = eventFromInput(readEvent(command, options.event), systemClock.now(), schemas);
      if (!read.ok)
        return command.error(`error: ${options.event}: ${read.message}`, { exitCode: exitCodes.usage });
      const explanation = active.rules.explain(read.event, systemClock.now());
      if (commonOptions(command).json) printJson(presentable(explanation));
      else process.stdout.write(`${maskText(explanationText(explanation))}\n`);
      const failed = explanation.routes.some((route) => route.verdict === 'failed');
      setExitCode(failed ? exitCodes.faults : exitCodes.good);
    });
}

const marks: Readonly<Record<RouteVerdict['verdict'], string>> = {
  matched: '✔',
  not_matched: '–',
  skipped: '·',
  disabled: '·',
  failed: '✗',
};

function explanationText({ event, routes, signals, configHash }: Explanation): string {
  const lines = [
    `${event.topic}  ${event.type ?? '(no type)'}  ${event.source} ${event.id}  (configuration ${configHash})`,
    '',
  ];
  for (const route of routes) lines.push(...routeText(route));
  for (const signal of signals)
    lines.push(`  ${signal.kind} of ${signal.route}, correlation ${signal.correlation}`);
  return lines.join('\n');
}

function routeText(route: RouteVerdict): string[] {
  const lines = [`${marks[route.verdict]} ${route.route}: ${route.verdict.replace('_', ' ')}`];
  for (const check of route.checks) {
    lines.push(`    ${check.ok ? 'yes' : 'no '} ${check.clause}: ${check.detail}`);
    if (!check.ok)
      for (const { expression, value } of check.values) lines.push(`          ${expression} = ${value}`);
  }
  for (const notification of route.notifications) lines.push(...notificationText(notification));
  return lines;
}

function notificationText(each: ExplainedNotification): string[] {
  const { cost, message, origins, failure } = each;
  const lines = [
    `    → ${each.outcome} (${each.people} people, ${cost.calls} calls, ${cost.broadcasts} broadcasts)`,
  ];
  for (const { kind, value, from } of origins) lines.push(`        ${kind} ${value}  from ${from}`);
  if (failure !== null) lines.push(`        ${failure.reason}: ${failure.message}`);
  if (message !== null) {
    lines.push(`        ${message.bytes} of ${callLimits.messageBytes.value} bytes`);
    lines.push(
      ...JSON.stringify(JSON.parse(message.body), null, 2)
        .split('\n')
        .map((line) => `        ${line}`),
    );
  }
  return lines;
}
