import { backoffMs, type BackoffOptions, type Random } from './backoff.ts';
import type { Clock } from './clock.ts';
import { messageOf } from './errors.ts';
import type { Logger } from './logger.ts';

/** What a turn says about the next one. */
export interface TurnResult {
  /** When to look again though nobody wakes the loop, ms since the epoch; null = only when woken. */
  readonly wakeAt: number | null;
}

export interface LoopOptions {
  /** For logs: which loop this is. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: Random;
  /** One turn; never runs twice at once. A throw is logged and tried again with backoff. */
  readonly turn: () => Promise<TurnResult>;
  readonly backoff?: BackoffOptions;
}

/** What a loop is at, for whoever watches it. */
export interface LoopState {
  readonly name: string;
  /** When the turn under way began, ms since the epoch; null between turns. */
  readonly busySince: number | null;
}

/** Work that is done when it is due: woken by others, by its own clock time, and after a fault with backoff. */
export interface Loop {
  start(): void;
  /** Makes a turn soon; cheap, may be called at any time from anywhere. */
  wake(): void;
  /** Ends after the turn under way; resolves when nothing runs any more. */
  stop(): Promise<void>;
  state(): LoopState;
}

const defaultBackoff: BackoffOptions = { firstMs: 100, maxMs: 5_000 };

export function createLoop(options: LoopOptions): Loop {
  const { clock, logger, name } = options;
  let state: 'new' | 'idle' | 'running' | 'stopped' = 'new';
  let woken = false;
  let failures = 0;
  let busySince: number | null = null;
  let cancelTimer: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();

  const clearTimer = (): void => {
    cancelTimer?.();
    cancelTimer = null;
  };

  const run = (): void => {
    clearTimer();
    state = 'running';
    woken = false;
    busySince = clock.now();
    running = turnOnce();
  };

  const turnOnce = async (): Promise<void> => {
    let wakeAt: number | null;
    try {
      ({ wakeAt } = await options.turn());
      failures = 0;
    } catch (thrown) {
      failures += 1;
      const delay = backoffMs(failures, options.backoff ?? defaultBackoff, options.random);
      logger.warn({ loop: name, failures, retryInMs: delay, error: messageOf(thrown) }, 'loop turn failed');
      wakeAt = clock.now() + delay;
      // A wake-up must not turn the backoff into a busy loop.
      woken = false;
    }
    busySince = null;
    if (state === 'stopped') return;
    state = 'idle';
    if (woken) run();
    else if (wakeAt !== null) arm(wakeAt);
  };

  const arm = (at: number): void => {
    clearTimer();
    cancelTimer = clock.schedule(at - clock.now(), () => {
      cancelTimer = null;
      if (state === 'idle') run();
    });
  };

  return {
    start() {
      if (state === 'new') run();
    },
    wake() {
      woken = true;
      if (state === 'idle' && failures === 0) run();
    },
    async stop() {
      state = 'stopped';
      clearTimer();
      await running;
    },
    state: () => ({ name, busySince }),
  };
}
