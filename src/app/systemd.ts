import type { Clock } from '../base/clock.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';

/** Tells the service manager how it goes; nobody listens when the process was not started by one that wants to know. */
export interface ServiceManager {
  ready(status: string): void;
  /** A reload begins; `ready` ends it. */
  reloading(): void;
  stopping(): void;
  /** Pings for as long as `live` says so, when the unit has a watchdog; null when it has none. */
  watch(live: () => boolean): Loop | null;
}

export interface ServiceManagerParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** CLOCK_MONOTONIC in microseconds. */
  readonly monotonicUs: () => bigint;
  /** Runs `systemd-notify` with these arguments; rejects when that fails. */
  readonly notify: (args: readonly string[]) => Promise<void>;
}

/**
 * The protocol of sd_notify(3) by means of systemd's own `systemd-notify`: it speaks datagrams on a Unix socket, which
 * Node.js cannot without a native addon.
 */
export function createServiceManager(parts: ServiceManagerParts): ServiceManager {
  const { env, clock, logger, notify } = parts;
  const listening = (env['NOTIFY_SOCKET'] ?? '') !== '';
  let failed = false;
  let last: Promise<void> = Promise.resolve();

  /** One after the other, because the order is the meaning. */
  const tell = (...args: readonly string[]): Promise<void> => {
    if (!listening) return Promise.resolve();
    last = last
      .then(() => notify(args))
      .catch((thrown: unknown) => {
        // The manager then does what its timeouts say; once is enough to tell.
        if (!failed) logger.warn({ err: thrown }, 'systemd-notify failed');
        failed = true;
      });
    return last;
  };

  return {
    ready: (status) => void tell('READY=1', `STATUS=${status}`),
    reloading: () => void tell('RELOADING=1', `MONOTONIC_USEC=${parts.monotonicUs()}`, 'STATUS=reloading'),
    stopping: () => void tell('STOPPING=1', 'STATUS=stopping'),
    watch(live) {
      const everyMs = Number(env['WATCHDOG_USEC'] ?? '0') / 1000;
      if (!listening || !(everyMs > 0)) return null;
      return createLoop({
        name: 'service manager',
        clock,
        logger,
        turn: async () => {
          // Without a ping the manager restarts the process: that is what the watchdog is for.
          if (live()) await tell('WATCHDOG=1');
          return { wakeAt: clock.now() + everyMs / 3 };
        },
      });
    },
  };
}
