/**
 * The results loop: outbox rows → Kafka, in order, then marked as published. A crash between the two publishes them
 * again with the same ids, so consumers see each at least once. Nothing is composed here: what a row says was
 * settled in the transaction that wrote it.
 */
import type { Clock } from '../base/clock.ts';
import { failpoint } from '../base/failpoints.ts';
import type { Logger } from '../base/logger.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { RecordHeader } from '../model/record.ts';
import type { Ledger, OutboxRow } from '../ledger/ledger.ts';

/** A Kafka record as the publisher hands it over. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export interface PublisherPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Resolves when all in-sync replicas have every record; order is kept. Throws when that is not certain. */
  readonly publish: (records: readonly OutgoingRecord[]) => Promise<void>;
  /** Result event or dead letter → record. */
  readonly encode: (row: OutboxRow) => Promise<OutgoingRecord>;
  /** Rows a turn; more make larger requests. */
  readonly batch?: number;
  /** Told after each published batch. */
  readonly onPublished?: (rows: readonly OutboxRow[]) => void;
}

const defaultBatch = 500;
/** Without wake-ups (another instance wrote the rows and died) the outbox is looked at this often. */
const lookEveryMs = 5_000;

export function createPublisher(ports: PublisherPorts): Loop {
  const { ledger, clock, logger } = ports;
  const limit = ports.batch ?? defaultBatch;

  async function turn(): Promise<{ wakeAt: number }> {
    const rows = await ledger.write((tx) => tx.takeOutbox(limit));
    if (rows.length === 0) return { wakeAt: clock.now() + lookEveryMs };
    const records = await Promise.all(rows.map((row) => ports.encode(row)));
    await ports.publish(records);
    failpoint('results.after_publish');
    const ids = rows.map((row) => row.id);
    await ledger.write((tx) => tx.markPublished(ids, clock.now()));
    ports.onPublished?.(rows);
    return { wakeAt: rows.length === limit ? clock.now() : clock.now() + lookEveryMs };
  }

  const loop = createLoop({ name: 'results', clock, logger, turn });
  let unsubscribe: (() => void) | null = null;
  return {
    start() {
      unsubscribe = ledger.onWake('outbox', () => {
        loop.wake();
      });
      loop.start();
    },
    wake: () => {
      loop.wake();
    },
    async stop() {
      unsubscribe?.();
      await loop.stop();
    },
  };
}
