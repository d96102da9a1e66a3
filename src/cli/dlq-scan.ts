import { Option, type Command } from 'commander';
import type { Active } from '../app/configuration.ts';
import { storedDeadLetters, type StoredDeadLetter } from '../app/dead-letter-topic.ts';
import { kafkaConnection } from '../app/kafka-connection.ts';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { createAdmin } from '../kafka/admin.ts';
import { stages } from '../server/api/schemas.ts';
import { readMoment } from './option-values.ts';

/** Which dead letters a command is about. */
export interface Filters {
  readonly route?: string;
  readonly stage?: string;
  readonly reason?: string;
  readonly topic?: string;
  readonly since?: number;
  readonly until?: number;
}

export function filtered(command: Command): Command {
  return command
    .option('--route <name>', 'of this route only')
    .addOption(new Option('--stage <stage>', 'that ended there').choices([...stages]))
    .option('--reason <word>', 'for this reason')
    .option('--topic <name>', 'of records of this topic')
    .option('--since <when>', 'written since: 2h ago, or an ISO 8601 instant', readMoment)
    .option('--until <when>', 'written before', readMoment);
}

export function hasFilter(filters: Filters): boolean {
  const { route, stage, reason, topic, since, until } = filters;
  return [route, stage, reason, topic, since, until].some((filter) => filter !== undefined);
}

function fits({ deadLetter, at }: StoredDeadLetter, filters: Filters): boolean {
  const { route, stage, reason, topic, until } = filters;
  return (
    (route === undefined || deadLetter.route === route) &&
    (stage === undefined || deadLetter.stage === stage) &&
    (reason === undefined || deadLetter.reason === reason) &&
    (topic === undefined || deadLetter.record.topic === topic) &&
    (until === undefined || at < until)
  );
}

/** Goes through the topic; `each` ends it by giving false. */
export async function scan(
  { config }: Active,
  filters: Filters,
  each: (stored: StoredDeadLetter) => boolean,
): Promise<void> {
  const admin = createAdmin({
    connection: kafkaConnection(config.kafka, systemClock),
    clock: systemClock,
    logger: silentLogger,
  });
  try {
    const range = { since: filters.since ?? null, newest: null };
    for await (const stored of storedDeadLetters(admin, config.results.deadLetterTopic, range))
      if (fits(stored, filters) && !each(stored)) return;
  } finally {
    await admin.close();
  }
}
