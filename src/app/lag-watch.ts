import type { Clock } from '../base/clock.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';
import type { PartitionStats } from '../kafka/source-types.ts';

const lookEveryMs = 15_000;
/** So many looks in a row a topic has to have more unread records than at the look before: a minute. */
const rises = 4;
/** Fewer unread records than this are a busy moment. */
const fewRecords = 1_000;

interface TopicLag {
  records: bigint;
  rises: number;
  /** It was told, and is told again only after it has been caught up with. */
  told: boolean;
}

/** Tells once of each topic that is written faster than it is read, and once more when that is over. */
export function createLagWatch(parts: {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Partitions of this instance. */
  readonly partitions: () => readonly PartitionStats[];
}): Loop {
  const { clock, logger } = parts;
  const topics = new Map<string, TopicLag>();
  return createLoop({
    name: 'lag',
    clock,
    logger,
    turn: () => {
      const now = lagByTopic(parts.partitions());
      // A topic whose partitions all went to others is theirs to tell of.
      for (const topic of topics.keys()) if (!now.has(topic)) topics.delete(topic);
      for (const [topic, records] of now) {
        const known = topics.get(topic) ?? { records, rises: 0, told: false };
        known.rises = records > known.records ? known.rises + 1 : 0;
        known.records = records;
        topics.set(topic, known);
        if (!known.told && known.rises >= rises && records >= fewRecords) {
          known.told = true;
          logger.warn({ topic, lag: Number(records) }, 'reading falls behind: the topic is written faster');
        } else if (known.told && records < fewRecords) {
          known.told = false;
          logger.info({ topic, lag: Number(records) }, 'reading has caught up');
        }
      }
      return Promise.resolve({ wakeAt: clock.now() + lookEveryMs });
    },
  });
}

function lagByTopic(partitions: readonly PartitionStats[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { topic, lag } of partitions) {
    if (lag !== null) sums.set(topic, (sums.get(topic) ?? 0n) + lag);
  }
  return sums;
}
