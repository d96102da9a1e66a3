import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/backoff.ts';
import type { Logger } from '../base/logger.ts';
import type { DingTalkApp } from '../config/config.ts';
import type { DingTalkClient } from '../dingtalk/client-types.ts';
import { createSender, type Sender } from '../delivery/sender.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../model/metrics.ts';
import type { Current } from './current.ts';
import { openClient } from './dingtalk-client.ts';
import type { Pauses } from './pauses.ts';
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

interface AppRuntimeOptions {
  readonly name: string;
  readonly client: DingTalkClient;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly mediaFolder: string;
  /** The app's configuration in force; undefined once a reload has removed it: its work waits. */
  readonly settings: () => DingTalkApp | undefined;
  /** A person has stopped this app, or everything. */
  readonly paused: () => boolean;
}

function createAppRuntime(options: AppRuntimeOptions): AppRuntime {
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
    mediaFolder: options.mediaFolder,
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

/** All DingTalk apps of the configuration. */
export interface Apps {
  list(): readonly AppRuntime[];
  start(): void;
  /** A reload may have brought apps, changed limits or mended what held one. */
  reconfigured(): void;
  wake(): void;
  stop(): Promise<void>;
}

export interface AppsOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly current: Current;
  readonly pauses: Pauses;
}

/** Makes each app's client and loops. An app that a reload removes keeps its runtime, idle, for work in flight. */
export async function createApps(options: AppsOptions): Promise<Apps> {
  const { current, pauses, logger } = options;
  const runtimes = new Map<string, AppRuntime>();
  let started = false;

  const open = async (name: string): Promise<void> => {
    const client = await openClient(name, options);
    const runtime = createAppRuntime({
      ...options,
      name,
      client,
      mediaFolder: current.active.config.baseDir,
      settings: () => current.active.config.dingtalk.apps.get(name),
      paused: () => pauses.stops(name),
    });
    runtimes.set(name, runtime);
    if (started) runtime.start();
  };
  for (const name of current.active.config.dingtalk.apps.keys()) await open(name);

  const apps: Apps = {
    list: () => [...runtimes.values()],
    start() {
      started = true;
      for (const runtime of runtimes.values()) runtime.start();
    },
    reconfigured() {
      for (const name of current.active.config.dingtalk.apps.keys()) {
        if (runtimes.has(name)) continue;
        open(name).catch((thrown: unknown) => {
          logger.error({ app: name, err: thrown }, 'an app that a reload brought could not be started');
        });
      }
      // Whoever reloads says that the cause of a hold is mended; if not, the next call holds the app again.
      for (const runtime of runtimes.values()) runtime.client.release();
      apps.wake();
    },
    wake() {
      for (const runtime of runtimes.values()) runtime.wake();
    },
    async stop() {
      await Promise.all([...runtimes.values()].map((runtime) => runtime.stop()));
    },
  };
  return apps;
}
