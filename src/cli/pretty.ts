import pinoPretty from 'pino-pretty';
import type { DestinationStream } from 'pino';

/** Log lines as people like to read them. */
export function prettyStream(): DestinationStream {
  return pinoPretty({
    colorize: process.stdout.isTTY,
    ignore: 'pid,hostname',
    translateTime: 'HH:MM:ss.l',
    sync: true,
  });
}
