import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Active } from '../app/configuration.ts';
import type { CaseConfig } from '../config/config.ts';
import { replaceInCase } from '../config/edit-cases.ts';
import { reportCases } from '../rules/case-report.ts';
import { updatedCase } from '../rules/case-update.ts';
import { runCases, type CaseReport } from '../rules/cases.ts';
import { loadFor, printJson } from './loading.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';

export function addCaseTest(program: Command, setExitCode: SetExitCode): void {
  program
    .command('test')
    .description('run the cases beside the routes: events, and what must follow from each')
    .option(
      '--update',
      'write into failing cases what follows now; look at the difference before you keep it',
      false,
    )
    .action((options: { update: boolean }, command: Command) => {
      setExitCode(runTest(options.update, command));
    });
}

function runTest(update: boolean, command: Command): number {
  let active = loadFor(command);
  if (active === null) return exitCodes.faults;
  let report = runCases(active.config, active.rules);
  if (update && !report.ok) {
    updateFailing(active, report);
    active = loadFor(command);
    if (active === null) return exitCodes.faults;
    report = runCases(active.config, active.rules);
  }
  if (commonOptions(command).json) printJson(report);
  else process.stdout.write(`${reportCases(report)}\n`);
  return report.ok ? exitCodes.good : exitCodes.faults;
}

/** Writes the files of failing cases anew, each once. */
function updateFailing({ config }: Active, report: CaseReport): void {
  const texts = new Map<string, string>();
  for (const [index, result] of report.cases.entries()) {
    const found = config.cases[index];
    if (found === undefined || result.ok) continue;
    const { file } = found.source;
    const text = texts.get(file) ?? readFileSync(file, 'utf8');
    const updated = withUpdate(text, found, result);
    if (updated === null)
      process.stderr.write(`${file}:${result.line}: this case cannot be edited; mend it by hand\n`);
    else {
      texts.set(file, updated);
      process.stderr.write(`${file}:${result.line}: updated ${found.name}\n`);
    }
  }
  for (const [file, text] of texts) writeFileSync(file, text);
}

function withUpdate(text: string, found: CaseConfig, result: CaseReport['cases'][number]): string | null {
  const { expect, signals } = updatedCase(found, result.notifications, result.signals);
  const place = Number(found.source.path[1]);
  const edited = replaceInCase(text, place, 'expect', expect);
  return edited === null || signals === null ? edited : replaceInCase(edited, place, 'signals', signals);
}
