import type { Command } from 'commander';
import { environment } from '../app/environment.ts';
import { loadActive } from '../app/configuration.ts';
import { systemClock } from '../base/clock.ts';
import { printFaults } from './faults.ts';
import { commonOptions, type SetExitCode } from './program.ts';
import { exitCodes } from './exit-codes.ts';

export function addLint(program: Command, setExitCode: SetExitCode): void {
  program
    .command('lint')
    .description('report every fault of every configuration file')
    .action((_options: unknown, command: Command) => {
      const { config, json } = commonOptions(command);
      const loaded = loadActive({ path: config, env: environment() }, systemClock.now());
      const faults = loaded.ok ? loaded.active.warnings : loaded.faults;
      const lines = loaded.ok ? loaded.active.config.sources : loaded.lines;
      if (json) process.stdout.write(`${JSON.stringify({ ok: loaded.ok, faults })}\n`);
      else printFaults(faults, lines);
      if (loaded.ok && !json) {
        const { routes, templates, hash } = loaded.active.config;
        process.stdout.write(
          `good: ${routes.length} routes, ${templates.size} templates, configuration ${hash}\n`,
        );
      }
      setExitCode(loaded.ok ? exitCodes.good : exitCodes.faults);
    });
}
