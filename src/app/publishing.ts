import { sleep, type Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Loop } from '../base/loop.ts';
import { RecordsRejectedError, type RejectedRecord } from '../kafka/errors.ts';
import type { Sink } from '../kafka/sink-types.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../model/metrics.ts';
import { createPublisher } from '../results/publisher.ts';
import { logPublished } from './notification-log.ts';
import { countPublished } from './observation.ts';
import type { Output } from './output.ts';
import { tracedPublish } from './traced.ts';

export interface PublishingParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly sink: Sink;
  readonly output: Output;
}

/** The results loop with everything around it: Kafka, metrics, log, traces. */
export interface Publishing {
  readonly loop: Loop;
  /** Resolves when nothing is left to be published, or at the deadline (ms since the epoch). */
  drain(deadline: number): Promise<void>;
}

const drainLookMs = 20;

export function createPublishing(parts: PublishingParts): Publishing {
  const { ledger, clock, logger, metrics, sink, output } = parts;
  const count = countPublished(metrics);
  const tell = logPublished(logger);
  const loop = createPublisher({
    ledger,
    clock,
    logger,
    publish: tracedPublish((records) => publishTo(sink, records)),
    encode: (row) => output.encode(row),
    onPublished: (rows, refused) => {
      count(rows, refused);
      tell(rows);
    },
    onFailed: () => {
      metrics.publishFailed();
    },
  });
  return {
    loop,
    // Results of the last answers should still go out; what does not is published after the next start.
    async drain(deadline) {
      while (clock.now() < deadline && (await ledger.read((tx) => tx.unpublishedCount())) > 0) {
        await sleep(clock, drainLookMs);
      }
    },
  };
}

/** What the broker will never take is named; everything else is there, or it throws. */
async function publishTo(
  sink: Sink,
  records: Parameters<Sink['publish']>[0],
): Promise<readonly RejectedRecord[]> {
  try {
    await sink.publish(records);
    return [];
  } catch (thrown) {
    if (thrown instanceof RecordsRejectedError) return thrown.rejected;
    throw thrown;
  }
}
