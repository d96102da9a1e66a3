/**
 * What a limiter needs to know of others that use the same limits. A process of its own has the whole of each limit;
 * several processes have a part each, and the parts together are never more than the whole.
 */
import { SlidingWindow, type Allowance } from './window.ts';

/** One limit of which parts are given out. */
export interface SharedLimit {
  /** Tells it from the other limits of the same source. */
  readonly name: string;
  /** Units in a window. */
  readonly whole: number;
  /** How long a unit counts after its use; when its user is gone, it is free for others after that. Milliseconds. */
  readonly windowMs: number;
  /** Units of ours that are in use now, or still count. */
  readonly used: () => number;
  /** The part has become larger. */
  readonly grown: () => void;
}

/** Our part of a limit. */
export interface Part extends Allowance {
  /** Somebody waits until so many units are free at once. */
  wish(units: number): void;
}

export interface PermitSource {
  open(limit: SharedLimit): Part;
}

/** For a process that is alone. */
export const wholeLimits: PermitSource = {
  open: ({ whole }) => ({ units: () => whole, held: () => whole, wish: () => undefined }),
};

/** A window of a limit and our part of it. */
export interface PartWindow {
  readonly window: SlidingWindow;
  readonly part: Part;
}

/** `whole`: 0 or Infinity means that nothing is limited, and so nothing shared. */
export function openWindow(
  permits: PermitSource,
  clock: { monotonic(): number },
  limit: Omit<SharedLimit, 'used'>,
): PartWindow {
  const source = limit.whole === 0 || limit.whole === Infinity ? wholeLimits : permits;
  const window: SlidingWindow = new SlidingWindow(limit.whole, () => part);
  const part: Part = source.open({ ...limit, used: () => window.used(clock.monotonic()) });
  return { window, part };
}
