import { sleep, type Clock } from '../base/clock.ts';
import type { IncomingBatch, Intake } from './intake-types.ts';

export interface GiveWayOptions {
  readonly clock: Clock;
  /** As many calls are under way as may be, and more is due. */
  readonly pressed: () => boolean;
}

/** How long one batch gives way at most: reading must go on whatever becomes of sending. */
const longestMs = 1_000;
/** So often a batch that gives way looks whether it still has to. */
const lookMs = 4;
/** A process that spends more than this share of the time waiting, and more than a moment, has time to read as well. */
const idleShare = 0.25;
const idleMomentMs = 3;

/**
 * Reading gives way to sending while the process is busy from end to end and more is due than it can send: what it
 * read now would only wait, in the ledger and in memory instead of in Kafka, and cost more the longer it lies there
 * (rows are written back to pages that have left every cache, and objects outlive two collections of garbage). Where sending
 * waits for DingTalk, its limits or a database, the process has time to spare and reads on, up to `intake.max_pending`.
 *
 * Of several batches that have given way one goes on at a time, so that the next sees what the one before has brought; not longer,
 * though, than the process is busy: what one of them waits for must not keep the others.
 */
export function givingWay(
  process: Intake['process'],
  { clock, pressed }: GiveWayOptions,
): (batch: IncomingBatch & { readonly signal: AbortSignal }) => ReturnType<Intake['process']> {
  /** Batches at work that had given way. */
  let passing = 0;

  const isBusy = (since: number, idleSince: number): boolean => {
    const passed = clock.monotonic() - since;
    const idle = clock.idle() - idleSince;
    return passed < longestMs && idle <= idleMomentMs + passed * idleShare;
  };

  const giveWay = async (signal: AbortSignal): Promise<void> => {
    const [since, idleSince] = [clock.monotonic(), clock.idle()];
    while ((pressed() || passing > 0) && isBusy(since, idleSince) && !signal.aborted)
      await sleep(clock, lookMs, signal);
  };

  return async (batch) => {
    if (!pressed()) return process(batch);
    await giveWay(batch.signal);
    passing += 1;
    try {
      return await process(batch);
    } finally {
      passing -= 1;
    }
  };
}
