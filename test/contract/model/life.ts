/**
 * One life of dingbus: its real loops over a real ledger, which can be cut off at any transaction, before or after it
 * is durable, as a kill would. What a dead life was waiting for never comes.
 */
import type { Clock } from '../../../src/base/clock.ts';
import { createClockWatch } from '../../../src/app/clock-watch.ts';
import type { Loop } from '../../../src/base/loop.ts';
import { createLoop } from '../../../src/base/loop.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createRecovery } from '../../../src/delivery/recovery.ts';
import { createSender, type Sender } from '../../../src/delivery/sender.ts';
import type { EventDecoder } from '../../../src/events/outcome.ts';
import { createDigestLoop } from '../../../src/intake/digests.ts';
import type { Intake, IntakeRules } from '../../../src/intake/intake-types.ts';
import { createIntake } from '../../../src/intake/intake.ts';
import type { Ledger, OutboxRow } from '../../../src/ledger/ledger.ts';
import type { PlannedNotification } from '../../../src/model/plan.ts';
import type { Event } from '../../../src/model/event.ts';
import { createPublisher, type OutgoingRecord } from '../../../src/results/publisher.ts';
import { createTracker, type Tracker } from '../../../src/tracking/tracker.ts';
import { dailyLimit, type DingTalkStand } from './dingtalk-stand.ts';

/** When outcomes are asked about, ms after acceptance: as far apart as in the defaults of the configuration. */
const checks = [2_000, 15_000, 60_000, 600_000, 3_600_000, 14_400_000, 43_200_000] as const;

export interface LifeParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly stand: DingTalkStand;
  readonly random: () => number;
  readonly decoder: EventDecoder;
  readonly rules: () => IntakeRules;
  readonly planDigest: (key: string, members: readonly Event[], now: number) => PlannedNotification;
  readonly running: () => boolean;
  readonly onPublished: (rows: readonly OutboxRow[]) => void;
}

/** Where a life is cut off: at which transaction from now, and on which side of its commit. */
export interface Cut {
  readonly in: number;
  readonly side: 'before' | 'after';
}

export class Life {
  readonly intake: Intake;
  readonly sender: Sender;
  readonly tracker: Tracker;
  readonly ledger: Ledger;
  readonly #loops: readonly Loop[];
  readonly #publisher: Loop;
  #alive = true;
  #cut: Cut | null = null;
  /** Transactions under way. */
  #open = 0;
  #died: () => void = () => undefined;
  /** Resolves when this life is cut off. */
  readonly death = new Promise<void>((resolve) => {
    this.#died = resolve;
  });

  constructor(parts: LifeParts) {
    const clock = this.#clockOf(parts.clock);
    const ledger = this.#ledgerOf(parts.ledger);
    this.ledger = ledger;
    const { random } = parts;
    const common = { app: 'default', ledger, clock, random, logger: silentLogger };
    const client = parts.stand.client(() => this.#alive);
    const quotas = { perUserPerDay: dailyLimit, broadcastsPerDay: dailyLimit, callsPerMonth: null };
    this.intake = createIntake({
      group: 'g',
      ledger,
      decoder: parts.decoder,
      rules: parts.rules,
      clock,
      logger: silentLogger,
      observer: { batch: () => undefined },
    });
    this.sender = createSender({
      ...common,
      client,
      mediaFolder: '.',
      settings: () => ({
        quotas,
        departmentSize: () => 3,
        companySize: 10,
        firstCheckMs: checks[0],
        running: parts.running(),
      }),
    });
    this.tracker = createTracker({
      ...common,
      client,
      settings: () => ({ checks, callsPerMonth: null, running: parts.running() }),
    });
    const rows = new WeakMap<OutgoingRecord, OutboxRow>();
    this.#publisher = createPublisher({
      ledger,
      clock,
      logger: silentLogger,
      encode: (row) => {
        const record = { topic: 'results', key: null, value: null, headers: [] };
        rows.set(record, row);
        return Promise.resolve(record);
      },
      publish: (records) => {
        parts.onPublished(records.map((record) => rows.get(record)).filter((row) => row !== undefined));
        return Promise.resolve([]);
      },
    });
    this.#loops = [
      createRecovery({ ledger, clock, random, logger: silentLogger }),
      createClockWatch({
        ledger,
        clock,
        logger: silentLogger,
        onSetBack: () => {
          this.wake();
        },
      }),
      createDigestLoop({
        ledger,
        clock,
        logger: silentLogger,
        planDigest: (_route, key, members, now) => ({
          planned: parts.planDigest(key, members, now),
          configHash: 'model',
        }),
        onPlanned: () => undefined,
      }),
      createLoop({
        name: 'heartbeat',
        clock,
        logger: silentLogger,
        turn: async () => {
          await ledger.heartbeat();
          return { wakeAt: clock.now() + 3_000 };
        },
      }),
      this.#publisher,
    ];
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** True while a transaction is under way. */
  get busy(): boolean {
    return this.#alive && this.#open > 0;
  }

  start(): void {
    for (const loop of this.#loops) loop.start();
    this.sender.start();
    this.tracker.start();
  }

  wake(): void {
    this.sender.wake();
    this.tracker.wake();
    for (const loop of this.#loops) loop.wake();
  }

  cutOff(cut: Cut): void {
    this.#cut = cut;
  }

  die(): void {
    this.#alive = false;
    this.#died();
  }

  #clockOf(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      idle: () => clock.idle(),
      schedule: (delayMs, task) =>
        clock.schedule(delayMs, () => {
          if (this.#alive) task();
        }),
    };
  }

  #ledgerOf(ledger: Ledger): Ledger {
    return {
      ...ledger,
      write: (work) => this.#through(() => ledger.write(work)),
      read: (work) => this.#through(() => ledger.read(work)),
      heartbeat: () => this.#through(() => ledger.heartbeat()),
      tenure: () => ledger.tenure(),
      onWake: (kind, listener) =>
        ledger.onWake(kind, () => {
          if (this.#alive) listener();
        }),
    };
  }

  async #through<T>(work: () => Promise<T>): Promise<T> {
    const struck = this.#strikes();
    if (struck === 'before') this.die();
    if (!this.#alive) return never();
    this.#open += 1;
    try {
      const value = await work();
      if (struck === 'after') this.die();
      return this.busy ? value : await never();
    } finally {
      this.#open -= 1;
    }
  }

  #strikes(): Cut['side'] | null {
    if (this.#cut === null) return null;
    if (this.#cut.in > 0) {
      this.#cut = { ...this.#cut, in: this.#cut.in - 1 };
      return null;
    }
    const { side } = this.#cut;
    this.#cut = null;
    return side;
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
