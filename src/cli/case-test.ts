import type { Command } from 'commander';
import { reportCases } from '../rules/case-report.ts';
import { runCases } from '../rules/cases.ts';
import { loadFor, printJson } from './loading.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';

export function addCaseTest(program: Command, setExitCode: SetExitCode): void {
  program
    .command('test')
    .description('run the cases beside the routes: events, and what must follow from each')
    .action((_options: unknown, command: Command) => {
      const active = loadFor(command);
      if (active === null) {
        setExitCode(exitCodes.faults);
        return;
      }
      const report = runCases(active.config, active.rules);
      if (commonOptions(command).json) printJson(report);
      else process.stdout.write(`${reportCases(report)}\n`);
      setExitCode(report.ok ? exitCodes.good : exitCodes.faults);
    });
}
