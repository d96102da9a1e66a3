import type { Command } from 'commander';
import { environment } from '../app/environment.ts';
import { isError, reportFaults } from '../config/fault-report.ts';
import { lint } from '../rules/lint.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';

export function addLint(program: Command, setExitCode: SetExitCode): void {
  program
    .command('lint')
    .argument('[paths...]', 'dingbus.yaml or its folder, or several of them, instead of --config')
    .description('report every fault of every configuration file: file:line:col severity code message')
    .option('--github', 'print annotations for GitHub Actions', false)
    .action((paths: readonly string[], options: { github: boolean }, command: Command) => {
      const { config, json } = commonOptions(command);
      const named = paths.length === 0 ? [config] : paths;
      const reports = named.map((path) => lint({ path, env: environment() }));
      const faults = reports.flatMap((report) => report.faults);
      const lines = {
        line: (file: string, line: number): string | null =>
          reports.map((report) => report.lines.line(file, line)).find((text) => text !== null) ?? null,
      };
      const format = json ? 'json' : options.github ? 'github' : 'human';
      if (json || faults.length > 0) process.stdout.write(`${reportFaults(faults, lines, format)}\n`);
      if (format === 'human') {
        for (const [index, report] of reports.entries()) {
          const name = reports.length > 1 ? `${named[index] ?? ''}: ` : '';
          process.stdout.write(`${name}${summary(report)}\n`);
        }
      }
      setExitCode(reports.every((report) => report.ok) ? exitCodes.good : exitCodes.faults);
    });
}

function summary({ faults, compiled }: ReturnType<typeof lint>): string {
  const errors = faults.filter(isError).length;
  const warnings = faults.length - errors;
  const counts = [plural(errors, 'fault'), plural(warnings, 'warning')].join(', ');
  if (compiled === null) return `${counts}; the configuration cannot run`;
  const { routes, templates, hash } = compiled.config;
  return `${counts}; ${plural(routes.length, 'route')}, ${plural(templates.size, 'template')}, configuration ${hash}`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
