import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { SourceHandler } from './source-types.ts';

/** The same handler, whose faults in taking news are logged: they are its own and must not disturb the group. */
export function sturdyHandler(handler: SourceHandler, logger: Logger): SourceHandler {
  const tell = (news: () => void): void => {
    try {
      news();
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'The handler failed to take news from Kafka');
    }
  };
  return {
    // Async, so that a throw before the first await is a rejection like every other.
    onBatch: async (batch) => handler.onBatch(batch),
    onAssigned: async (partitions) => (await handler.onAssigned?.(partitions)) ?? [],
    onJoined: (memberId) => tell(() => handler.onJoined?.(memberId)),
    onRevoked: (partitions) => tell(() => handler.onRevoked?.(partitions)),
    beforeCommit: async (positions) => handler.beforeCommit?.(positions),
    onCommitted: (positions) => tell(() => handler.onCommitted?.(positions)),
  };
}
