import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Feed } from './feed.ts';
import type { ConsumerGroup } from './group-hooks.ts';
import { Lane, type LanePort } from './lane.ts';
import { laneKey, Session } from './session.ts';
import type { SourceHandler, TopicPartition } from './source-types.ts';
import { heartbeatMs } from './timing.ts';

export interface OpenSessionOptions {
  readonly handler: SourceHandler;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly sessionTimeoutMs: number;
  readonly maxBatch: number;
  /** Whether delivery of a partition is stopped from outside. */
  readonly held: (where: TopicPartition) => boolean;
}

/** Makes the session of the assignment that the group has just got; its partitions wait for their positions. */
export function openSession(group: ConsumerGroup, feed: Feed, options: OpenSessionOptions): Session {
  const { handler, logger } = options;
  const lanes = new Map<string, Lane>();
  const port = (where: TopicPartition): LanePort => ({
    deliver: (batch) => handler.onBatch(batch),
    flow: (open) => feed.flow(group, where, open),
    advanced: () => session.commitSoon(),
    failed: (error, attempt, offset) => {
      const fields = { ...where, offset: String(offset), attempt, error: messageOf(error) };
      logger.warn(fields, 'A batch could not be processed; its partition waits and tries again');
    },
  });
  for (const { topic, partitions } of group.assigned()) {
    group.pause([{ topic, partitions }]);
    for (const partition of partitions) {
      const where = { topic, partition };
      lanes.set(laneKey(where), new Lane(where, options.held(where), port(where), options));
    }
  }
  const session: Session = new Session(group, lanes, {
    ...options,
    heartbeatMs: heartbeatMs(options.sessionTimeoutMs),
    beforeCommit: async (positions) => handler.beforeCommit?.(positions),
    onCommitted: (positions) => handler.onCommitted?.(positions),
  });
  logger.info({ partitions: [...lanes.keys()], generation: group.generationId }, 'Partitions assigned');
  return session;
}
