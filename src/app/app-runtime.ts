import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/backoff.ts';
import type { LoopState } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';
import type { DingTalkApp } from '../config/config.ts';
import type { DingTalkClient } from '../dingtalk/client-types.ts';
import { createSender, type Sender } from '../delivery/sender.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../model/metrics.ts';
import { createTracker, type Tracker } from '../tracking/tracker.ts';

/** One DingTalk app at work: its client and the two loops that call it. */
export interface AppRuntime {
  readonly name: string;
  readonly client: DingTalkClient;
  readonly sender: Sender;
  readonly tracker: Tracker;
  start(): void;
  wake(): void;
  /** A reload has come that left its client as it is. */
  reconfigured(): void;
  /** Finishes the calls under way and writes their answers; to be called again when that failed. */
  stop(): Promise<void>;
  /** Its loops, for whoever watches them. */
  states(): readonly LoopState[];
}

export interface AppRuntimeOptions {
  readonly name: string;
  readonly client: DingTalkClient;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly mediaFolder: string;
  /** The app's configuration in force; undefined once a reload has removed it: then nothing is sent. */
  readonly settings: () => DingTalkApp | undefined;
}

export function createAppRuntime(options: AppRuntimeOptions): AppRuntime {
  const { name, client, ledger, clock, random, metrics, settings } = options;
  const logger = options.logger.child({ app: name });
  let last = settings();
  /** Questions about what was sent go on after the app's removal, under the limits and times that it had. */
  const lasting = (): DingTalkApp | undefined => {
    last = settings() ?? last;
    return last;
  };
  const limits = (): DingTalkApp['limits'] | undefined => lasting()?.limits;
  const sender = createSender({
    app: name,
    client,
    ledger,
    clock,
    random,
    logger,
    mediaFolder: options.mediaFolder,
    onWait: (waitedMs) => {
      metrics.limiterWait(name, 'send', waitedMs / 1000);
    },
    settings: () => ({
      quotas: {
        perUserPerDay: limits()?.perUserPerDay ?? 0,
        broadcastsPerDay: limits()?.broadcastsPerDay ?? 0,
        callsPerMonth: limits()?.callsPerMonth ?? null,
      },
      departmentSize: (deptId) =>
        settings()?.departmentSizes.get(deptId) ?? settings()?.defaultDepartmentSize ?? 0,
      companySize: settings()?.companySize ?? 0,
      firstCheckMs: lasting()?.resultChecksMs[0] ?? 0,
      running: settings() !== undefined,
    }),
  });
  const tracker = createTracker({
    app: name,
    client,
    ledger,
    clock,
    random,
    logger,
    settings: () => ({
      checks: lasting()?.resultChecksMs ?? [],
      callsPerMonth: limits()?.callsPerMonth ?? null,
    }),
  });
  return {
    name,
    client,
    sender,
    tracker,
    start() {
      sender.start();
      tracker.start();
    },
    wake() {
      sender.wake();
      tracker.wake();
    },
    reconfigured() {
      // Whoever reloads says that the cause of a hold is mended; if not, the next call holds the app again.
      client.release();
      sender.reconfigured();
      tracker.wake();
    },
    async stop() {
      await Promise.all([sender.stop(), tracker.stop()]);
      await client.close();
    },
    states: () => [...sender.states(), ...tracker.states()],
  };
}
