import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/backoff.ts';
import { createLoop, type Loop, type LoopState } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../model/metrics.ts';
import { createAppRuntime, type AppRuntime } from './app-runtime.ts';
import type { Current } from './current.ts';
import { createClients } from './dingtalk-client.ts';
import { fingerprint } from './fingerprint.ts';

/** An app that the configuration does not have (any more), though notifications wait for it. */
export interface MissingApp {
  readonly name: string;
  readonly waiting: number;
  /** When that was noticed, ms since the epoch. */
  readonly since: number;
}

/** All DingTalk apps of the configuration. */
export interface Apps {
  /** Those that the configuration has. */
  list(): readonly AppRuntime[];
  missing(): readonly MissingApp[];
  start(): void;
  /** A reload may have brought or removed apps, changed their settings or mended what held one. */
  reconfigured(): void;
  wake(): void;
  /** An app has more to send than may be under way at once. */
  pressed(): boolean;
  stop(): Promise<void>;
  /** All loops, those of removed apps included, for whoever watches them. */
  states(): readonly LoopState[];
}

export interface AppsOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly current: Current;
}

/** How often the ledger is looked through for work of apps that the configuration does not have. */
const lookEveryMs = 10_000;

interface Running {
  readonly runtime: AppRuntime;
  /** What its client was made with. */
  readonly made: string;
  /** `ends`: it takes no new work, and not all of its answers are written yet. */
  state: 'runs' | 'ends' | 'ended';
}

/**
 * Makes each app's client and loops, and anew when a reload changes what the client is made with (its secret, say):
 * calls under way finish first. An app that a reload removes goes on asking for what it has sent, and sends no more.
 */
export async function createApps(options: AppsOptions): Promise<Apps> {
  const { clock, current, ledger, logger } = options;
  const running = new Map<string, Running>();
  let missing: readonly MissingApp[] = [];
  const clients = createClients(options);
  let started = false;

  const settingsOf = (name: string): string => {
    const { apps, ...shared } = current.active.config.dingtalk;
    return fingerprint([shared, apps.get(name)]);
  };

  const open = async (name: string): Promise<AppRuntime> => {
    const made = settingsOf(name);
    const client = await clients.open(name);
    const runtime = createAppRuntime({
      ...options,
      name,
      client,
      mediaFolder: current.active.config.baseDir,
      settings: () => current.active.config.dingtalk.apps.get(name),
    });
    running.set(name, { runtime, made, state: 'runs' });
    if (started) runtime.start();
    return runtime;
  };

  /** Lets go of one whose client a reload has outdated, once its answers are written: nobody else has them. */
  const endOutdated = async (name: string, known: Running): Promise<void> => {
    const outdated = current.active.config.dingtalk.apps.has(name) && known.made !== settingsOf(name);
    if (known.state === 'runs' && outdated) known.state = 'ends';
    if (known.state !== 'ends') return;
    await known.runtime.stop();
    known.state = 'ended';
  };

  /** Brings what runs in line with the configuration in force; a fault leaves the rest for the next turn. */
  const adjust = async (): Promise<void> => {
    const { apps } = current.active.config.dingtalk;
    for (const name of new Set([...apps.keys(), ...running.keys()])) {
      const known = running.get(name);
      if (known !== undefined) await endOutdated(name, known);
      if (known?.state === 'runs' || !apps.has(name)) continue;
      const { client } = await open(name);
      // What holds all apps behind our address ends with a reload as well.
      client.release();
      logger.info({ app: name }, 'the app was set up as a reload wants it');
    }
  };

  const lookForMissing = async (): Promise<void> => {
    const pending = await ledger.read((tx) => tx.pendingByApp());
    const { apps } = current.active.config.dingtalk;
    const before = new Map(missing.map((each) => [each.name, each]));
    missing = pending
      .filter(({ app }) => !apps.has(app))
      .map(({ app, count }) => ({
        name: app,
        waiting: count,
        since: before.get(app)?.since ?? clock.now(),
      }));
    for (const { name, waiting } of missing) {
      if (before.has(name)) continue;
      logger.error({ app: name, waiting }, 'notifications wait for an app that the configuration lacks');
    }
  };

  const loop: Loop = createLoop({
    name: 'apps',
    clock,
    logger,
    turn: async () => {
      await adjust();
      await lookForMissing();
      return { wakeAt: clock.now() + lookEveryMs };
    },
  });
  for (const name of current.active.config.dingtalk.apps.keys()) await open(name);

  const configured = (): AppRuntime[] =>
    [...running.values()]
      .map(({ runtime }) => runtime)
      .filter(({ name }) => current.active.config.dingtalk.apps.has(name));
  const wake = (): void => {
    for (const { runtime } of running.values()) runtime.wake();
  };
  return {
    list: configured,
    missing: () => missing,
    start() {
      started = true;
      for (const { runtime } of running.values()) runtime.start();
      loop.start();
    },
    reconfigured() {
      for (const [name, { runtime, made }] of running) {
        // One that is to be made anew must not try its old settings once more.
        if (made === settingsOf(name)) runtime.reconfigured();
      }
      loop.wake();
    },
    wake,
    pressed: () => [...running.values()].some(({ runtime }) => runtime.sender.pressed()),
    // Its own loop is left out: it may wait for calls of an app that ends, which have their own limits.
    states: () => [...running.values()].flatMap(({ runtime }) => runtime.states()),
    async stop() {
      await loop.stop();
      await Promise.all(
        [...running.values()].filter(({ state }) => state !== 'ended').map(({ runtime }) => runtime.stop()),
      );
      await clients.close();
    },
  };
}
