import type { logCreator } from 'kafkajs';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { kafkajs } from './kafkajs.ts';

/** The same complaint of the library is logged once in this time, ms: an outage must not flood the log. */
const quietMs = 60_000;
/** No more different complaints than this are remembered. */
const remembered = 200;
/** What may pass from the library's lines into ours. Everything else may hold payloads or configuration. */
const fields = ['broker', 'topic', 'partition', 'memberId', 'retryCount', 'error'] as const;

/** What a socket is told that we cut ourselves; the library then reports it as an error. */
export const connectionGivenUp = 'the connection was given up';

/** What was said lately, by logger: a new connection is no reason to say it again. */
const seenBy = new WeakMap<Logger, Map<string, number>>();

/**
 * Turns the library's log into ours. What it calls an error is mostly one attempt of many, hence at most a warning
 * here; the source and the sink say themselves when something is really wrong.
 */
export function bridgeLog(logger: Logger, clock: Clock): logCreator {
  const seen = seenBy.get(logger) ?? new Map<string, number>();
  seenBy.set(logger, seen);
  const { ERROR } = kafkajs.logLevel;
  return () => (entry) => {
    const { message } = entry.log;
    const ours = message.includes(connectionGivenUp);
    const level = entry.level === ERROR && !ours ? 'warn' : 'debug';
    if (!logger.isLevelEnabled(level)) return;
    const now = clock.now();
    const last = seen.get(message);
    if (last !== undefined && now - last < quietMs) return;
    if (seen.size >= remembered) seen.clear();
    seen.set(message, now);
    const line: Record<string, unknown> = { detail: message, from: entry.namespace };
    for (const field of fields) if (isPlain(entry.log[field])) line[field] = entry.log[field];
    logger[level](line, 'Kafka client');
  };
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
