import type { Logger } from '../base/logger.ts';
import { messageOf } from '../base/errors.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** The name under which Kafka's group knows this process, kept for the process that comes after a crash. */
export interface FormerMember {
  /** Of the process before; null when it left in order, or when others may have the ledger open: it could live. */
  readonly id: string | null;
  joined(memberId: string): void;
  /** This process has left the group. */
  left(): Promise<void>;
}

/**
 * A broker waits for a dead member until its session ends. Only one process has a SQLite ledger open, so the one
 * that had it before is surely gone, and whoever takes over its name takes over its partitions at once.
 */
export async function formerMember(ledger: Ledger, group: string, logger: Logger): Promise<FormerMember> {
  if (ledger.documents !== null) {
    return { id: null, joined: () => undefined, left: () => Promise.resolve() };
  }
  return {
    id: await ledger.read((tx) => tx.consumerMember(group)),
    joined(memberId) {
      ledger
        .write((tx) => tx.saveConsumerMember(group, memberId))
        .catch((thrown: unknown) => {
          // It only costs time: after a crash the group waits for the end of the session.
          logger.debug({ err: messageOf(thrown) }, 'the name in the group could not be kept');
        });
    },
    left: () => ledger.write((tx) => tx.saveConsumerMember(group, null)),
  };
}
