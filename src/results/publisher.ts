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

/** A record that the broker will not take until somebody changes its topic's settings. */
export interface RefusedRecord {
  /** Index of the record in the call to `publish`. */
  readonly index: number;
  readonly topic: string;
  readonly reason: string;
  /** About its size on the wire, in bytes. */
  readonly bytes: number;
}

export interface PublisherPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Resolves when all in-sync replicas have every record but those that it names, which the broker will never take as
   * they are; order is kept. Throws when that is not certain.
   */
  readonly publish: (records: readonly OutgoingRecord[]) => Promise<readonly RefusedRecord[]>;
  /** Result event or dead letter → record. */
  readonly encode: (row: OutboxRow) => Promise<OutgoingRecord>;
  /** Rows a turn; more make larger requests. */
  readonly batch?: number;
  /** Told after each batch: what is published, and how many records were refused. */
  readonly onPublished?: (rows: readonly OutboxRow[], refused: number) => void;
  /** Told when nobody knows whether a batch arrived; it is published again. */
  readonly onFailed?: () => void;
}

const defaultBatch = 1_000;
/** Requests follow each other no closer than this under load, so that each carries what came meanwhile. */
const gapMs = 50;
/** Without wake-ups (another instance wrote the rows and died) the outbox is looked at this often. */
const lookEveryMs = 5_000;
/**
 * Where several instances share the outbox, one that cannot publish (its way to Kafka or the registry is cut) stays away
 * from it for longer than the others take to look.
 */
const awayMs = 2 * lookEveryMs;
/** Somebody has to raise a limit of the topic first; the record is offered again this often. */
const refusedRetryMs = 5 * 60_000;

export function createPublisher(ports: PublisherPorts): Loop {
  const { ledger, clock, logger } = ports;
  const limit = ports.batch ?? defaultBatch;

  /** By the clock that nobody sets: one that was set back must not hold results up. */
  let notBefore = Number.NEGATIVE_INFINITY;

  async function turn(): Promise<{ wakeAt: number }> {
    const wait = notBefore - clock.monotonic();
    if (wait > 0) return { wakeAt: clock.now() + wait };
    const rows = await ledger.write((tx) => tx.takeOutbox(limit));
    if (rows.length === 0) return { wakeAt: clock.now() + lookEveryMs };
    const refused = await publish(rows).catch(async (thrown: unknown) => {
      await giveWay();
      throw thrown;
    });
    failpoint('results.after_publish');
    const refusedRows = refused.flatMap(({ index }) => rows[index] ?? []);
    const published = settledRows(rows, refusedRows);
    await ledger.write(async (tx) => {
      const now = clock.now();
      await tx.postponeOutbox(
        refusedRows.map(({ id }) => id),
        now + refusedRetryMs,
      );
      await tx.markPublished(
        published.map(({ id }) => id),
        now,
      );
    });
    for (const record of refused) logger.error({ ...record, ...idOf(rows[record.index]) }, refusedMessage);
    ports.onPublished?.(published, refused.length);
    // A full batch says that there is more, and more of it gains nothing by waiting.
    if (rows.length < limit) notBefore = clock.monotonic() + gapMs;
    return { wakeAt: rows.length === limit ? clock.now() : clock.now() + lookEveryMs };
  }

  async function publish(rows: readonly OutboxRow[]): Promise<readonly RefusedRecord[]> {
    const records = await Promise.all(rows.map((row) => ports.encode(row)));
    return ports.publish(records).catch((thrown: unknown) => {
      ports.onFailed?.();
      throw thrown;
    });
  }

  /** Leaves the outbox to another instance, which may be able to publish what this one is not. */
  async function giveWay(): Promise<void> {
    if (ledger.documents === null) return;
    notBefore = clock.monotonic() + awayMs;
    // Without the ledger the lease runs out by itself.
    await ledger.write((tx) => tx.markPublished([], clock.now())).catch(() => undefined);
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
    state: () => loop.state(),
  };
}

/** What need not be published again: neither the refused rows nor, for the order, later results of their notifications. */
function settledRows(rows: readonly OutboxRow[], refused: readonly OutboxRow[]): readonly OutboxRow[] {
  const left = new Set(refused);
  const stuck = new Set<string>();
  return rows.filter((row) => {
    const notification = row.kind === 'result' ? row.result.notificationId : null;
    if (left.has(row) && notification !== null) stuck.add(notification);
    return !left.has(row) && (notification === null || !stuck.has(notification));
  });
}

const refusedMessage =
  'Kafka refuses a record for good; it waits in the ledger and is tried again: raise max.message.bytes of its topic';

function idOf(row: OutboxRow | undefined): { readonly id: string | undefined } {
  return { id: row?.kind === 'result' ? row.result.resultId : row?.deadLetter.id };
}
