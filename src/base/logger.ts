import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

/** Constant message strings with fields; what may not be shown is a `Sensitive` and masks itself. */
export type Logger = Pick<
  PinoLogger,
  'debug' | 'info' | 'warn' | 'error' | 'child' | 'level' | 'isLevelEnabled'
>;

export interface LoggerOptions {
  readonly level: string;
  /** Where the JSON lines go; standard output when absent. */
  readonly destination?: DestinationStream;
}

export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: {},
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Lines that come while one is written go out together; the end of the process waits for them.
  const destination = options.destination ?? pino.destination({ dest: 1, sync: false });
  return pino(settings, destination);
}

/** Says nothing; for commands and tests that have no log. */
export const silentLogger: Logger = pino({ level: 'silent' });
