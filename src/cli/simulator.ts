import type { Command } from 'commander';
import { createLogger } from '../base/logger.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { prettyStream } from './pretty.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';

interface SimulatorCommandOptions {
  readonly host: string;
  readonly port: string;
  readonly directory?: string;
  readonly generate: string;
  readonly limits: 'documented' | 'off';
  readonly snapshot?: string;
  readonly seed?: string;
}

export function addSimulator(program: Command, setExitCode: SetExitCode): void {
  program
    .command('simulator')
    .description('run the DingTalk stand-in: strict limits, named faults, and a page with every inbox')
    .option('--host <address>', 'address to listen on; its control API has no password', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes a free one', '8090')
    .option(
      '--directory <file>',
      'people, departments and apps (JSON or YAML); a built-in company without it',
    )
    .option('--generate <count>', 'add this many made-up people, for load tests', '0')
    .option('--limits <which>', 'documented, or off for load tests', 'documented')
    .option('--snapshot <file>', 'keep the state in this file from one run to the next')
    .option('--seed <text>', 'fixes tokens, readers and dice')
    .action(async (options: SimulatorCommandOptions, command: Command) => {
      if (!['documented', 'off'].includes(options.limits)) {
        command.error(`error: --limits is "documented" or "off", not "${options.limits}"`, {
          exitCode: exitCodes.usage,
        });
      }
      const { json } = commonOptions(command);
      const simulator = await startSimulator({
        host: options.host,
        port: wholeNumber(command, '--port', options.port),
        generate: wholeNumber(command, '--generate', options.generate),
        directory: options.directory ?? null,
        snapshot: options.snapshot ?? null,
        ...(options.limits === 'off' ? { limits: 'off' as const } : {}),
        ...(options.seed === undefined ? {} : { seed: options.seed }),
        log: createLogger({ level: 'info', destination: json ? process.stderr : prettyStream() }),
      });
      process.stdout.write(
        json ? `${JSON.stringify({ url: simulator.url })}\n` : `DingTalk simulator: ${simulator.url}\n`,
      );
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
      });
      await simulator.stop();
      setExitCode(exitCodes.good);
    });
}

function wholeNumber(command: Command, option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) {
    command.error(`error: ${option} takes a whole number, not "${text}"`, { exitCode: exitCodes.usage });
  }
  return value;
}
