import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/backoff.ts';
import type { Logger } from '../base/logger.ts';
import type { DingTalkApp } from '../config/config.ts';
import type { DingTalkClient } from '../dingtalk/client-types.ts';
import { createSender, type Sender } from '../delivery/sender.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../model/metrics.ts';
import { createTracker, type Tracker } from '../tracking/tracker.ts';
import { defaultChecks } from '../tracking/schedule.ts';

/** One DingTalk app at work: its client and the two loops that call it. */
export interface AppRuntime {
  readonly name: string;
  readonly client: DingTalkClient;
  readonly sender: Sender;
  readonly tracker: Tracker;
  start(): void;
  wake(): void;
  stop(): Promise<void>;
}

export interface AppRuntimeOptions {
  readonly name: string;
  readonly client: DingTalkClient;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The app's configuration in force; undefined once a reload has removed it: its work waits. */
  readonly settings: () => DingTalkApp | undefined;
  /** A person has stopped this app, or everything. */
  readonly paused: () => boolean;
}

export function createAppRuntime(options: AppRuntimeOptions): AppRuntime {
  const { name, client, ledger, clock, random, settings, paused } = options;
  const logger = options.logger.child({ app: name });
  const running = (): boolean => settings() !== undefined && !paused();
  const limits = (): DingTalkApp['limits'] | undefined => settings()?.limits;
  const sender = createSender({
    app: name,
    client,
    ledger,
    clock,
    random,
    logger,
    settings: () => ({
      quotas: {
        perUserPerDay: limits()?.perUserPerDay ?? 0,
        broadcastsPerDay: limits()?.broadcastsPerDay ?? 0,
        callsPerMonth: limits()?.callsPerMonth ?? null,
      },
      departmentSize: (deptId) =>
        settings()?.departmentSizes.get(deptId) ?? settings()?.defaultDepartmentSize ?? 0,
      companySize: settings()?.companySize ?? 0,
      firstCheckMs: defaultChecks[0] ?? 0,
      running: running(),
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
      checks: defaultChecks,
      callsPerMonth: limits()?.callsPerMonth ?? null,
      running: running(),
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
    async stop() {
      await Promise.all([sender.stop(), tracker.stop()]);
      await client.close();
    },
  };
}
