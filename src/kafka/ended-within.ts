import { sleep, type Clock } from '../base/clock.ts';

/**
 * Waits until `task` has ended, well or badly, but no longer than `ms`; says whether it has. What it ended with is
 * for whoever holds the promise.
 */
export async function endedWithin(clock: Clock, ms: number, task: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  let ended = false;
  const end = task.then(
    () => (ended = true),
    () => (ended = true),
  );
  await Promise.race([end, sleep(clock, ms, timer.signal)]);
  timer.abort();
  return ended;
}
