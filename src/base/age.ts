import type { Clock } from './clock.ts';

/** How long ago an instant was, for what must not be believed for too long. */
export interface Age {
  /** Milliseconds, rather too many than too few. */
  ms(): number;
}

/**
 * The age of this instant. A clock that is set back must not make things younger, and the monotonic one stands still
 * while a machine sleeps, so the longer of the two spans counts.
 */
export function ageFromNow(clock: Clock): Age {
  const wall = clock.now();
  const monotonic = clock.monotonic();
  return { ms: () => Math.max(clock.now() - wall, clock.monotonic() - monotonic) };
}
