import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';

/** A real SQLite ledger in a folder of its own, to be closed and opened again as a restart would. */
export class TempLedger {
  readonly folder = mkdtempSync(join(tmpdir(), 'dingbus-ledger-'));
  readonly #clock: Clock;
  #opened = 0;
  #ledger: Ledger | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async open(): Promise<Ledger> {
    await this.close();
    this.#opened += 1;
    this.#ledger = await openLedger({
      store: `sqlite:${join(this.folder, 'ledger.db')}`,
      instance: `life-${this.#opened}`,
      description: 'a test',
      clock: this.#clock,
      logger: silentLogger,
      leaseMs: null,
      readOnly: false,
    });
    return this.#ledger;
  }

  /** Ends this life; the next `open` finds what was durable. */
  async close(): Promise<void> {
    await this.#ledger?.close();
    this.#ledger = null;
  }

  async dispose(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
