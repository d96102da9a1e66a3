import { DingbusError } from '../base/errors.ts';
import type { SimulatorOptions } from './options.ts';

/** A wrong option of the command line; the message says which and why. */
export class SimulatorUsageError extends DingbusError {
  readonly code = 'simulator_usage';
}

/** What `dingbus simulator` takes, as texts of the command line; absent = default. */
export interface SimulatorArguments {
  readonly port?: string;
  readonly host?: string;
  readonly directory?: string;
  readonly generate?: string;
  readonly snapshot?: string;
  /** `documented` or `off`. */
  readonly limits?: string;
  readonly seed?: string;
}

/** The options of the command, for its help. */
export const simulatorOptionHelp = [
  { flags: '--port <port>', help: 'port to listen on; 0 takes a free one', fallback: '8090' },
  { flags: '--host <address>', help: 'address to listen on', fallback: '127.0.0.1' },
  { flags: '--directory <file>', help: 'people, departments and apps as JSON or YAML', fallback: null },
  { flags: '--generate <count>', help: 'adds so many made-up people for load tests', fallback: null },
  {
    flags: '--snapshot <file>',
    help: 'keeps tokens, tasks, inboxes and counts over restarts',
    fallback: null,
  },
  { flags: '--limits <set>', help: 'documented, or off: no rates and quotas', fallback: 'documented' },
  { flags: '--seed <text>', help: 'fixes who reads what and when, tokens and dice', fallback: null },
] as const;

/** Turns the command line's texts into options for `startSimulator`; throws `SimulatorUsageError`. */
export function simulatorOptions(given: SimulatorArguments): SimulatorOptions {
  const limits = given.limits ?? 'documented';
  if (limits !== 'documented' && limits !== 'off') {
    throw new SimulatorUsageError(`--limits is "documented" or "off", not "${limits}"`);
  }
  return {
    port: whole('--port', given.port ?? '8090', 65_535),
    host: given.host ?? '127.0.0.1',
    directory: given.directory ?? null,
    generate: whole('--generate', given.generate ?? '0', 10_000_000),
    snapshot: given.snapshot ?? null,
    limits: limits === 'off' ? 'off' : {},
    ...(given.seed === undefined ? {} : { seed: given.seed }),
  };
}

function whole(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) {
    throw new SimulatorUsageError(`${flag} is a whole number from 0 to ${max}, not "${text}"`);
  }
  return value;
}
