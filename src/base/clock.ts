/** Time as the program sees it; tests turn a fake one, so no room reads `Date.now()` or sets a timer itself. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  now(): number;
  /** Milliseconds from some start, which nobody who sets the time moves. */
  monotonic(): number;
  /**
   * Milliseconds that this thread has spent waiting for something to happen, since some start. What is left of a span
   * of `monotonic` is time in which it did, or owed, something itself.
   */
  idle(): number;
  /** Runs `task` once after `delayMs` (clamped to ≥ 0) and returns a function that cancels it. */
  schedule(delayMs: number, task: () => void): () => void;
}

/** The longest delay that Node's timers take; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  idle: () => performance.eventLoopUtilization().idle,
  schedule(delayMs, task) {
    const timer = setTimeout(task, Math.min(Math.max(delayMs, 0), longestTimerMs));
    return () => {
      clearTimeout(timer);
    };
  },
};

/**
 * Resolves after `delayMs`, or at once when `signal` aborts. It never rejects: whoever waits looks at the
 * signal itself, so that stopping a loop needs no exception.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const stop = (): void => {
      cancel();
      resolve();
    };
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}
