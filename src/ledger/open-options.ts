import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';

/** How a ledger is opened. */
export interface OpenLedgerOptions {
  /** `sqlite:<path>` (relative to the working directory) or `postgres://…`. */
  readonly store: string;
  /** Names this process start. A restart must bring a new one: that is how calls in flight are known as orphans. */
  readonly instance: string;
  /** For people, as `process 4711 on host-a`: named when another process finds the ledger in use. */
  readonly description: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * PostgreSQL: an instance that was not heard of for so long is taken for dead and its work is given away.
   * `heartbeat` must be called several times within it. Milliseconds; 15,000 when null.
   */
  readonly leaseMs: number | null;
  /** For commands that only look: no lock, no change, and `write` throws. They work beside a running service. */
  readonly readOnly: boolean;
}
