import type { Operation } from './codes.ts';

/** A place under the limits for one call. Exactly one of a call or `giveBack` ends it. */
export interface Slot {
  readonly api: Operation;
  /** People that this call may reach; they count for the limit of recipients a minute. */
  readonly recipients: number;
  /** The call will not be made: the place is free again at once. */
  giveBack(): void;
}

export interface AcquireOptions {
  readonly recipients?: number;
  readonly priority?: 'high' | 'normal';
  readonly signal?: AbortSignal;
}

/** What a loop that persists before it calls needs of the limiter. */
export interface CallLimiter {
  /** How many calls of this API may start right now; 0 while the app is held, Infinity without a limit. */
  available(api: Operation): number;
  /** Takes a place now, or gives null when none is free. Waiting calls go first. */
  tryReserve(api: Operation, recipients: number): Slot | null;
  /** Milliseconds until `tryReserve` may succeed again; 0 = now, null = nobody knows (held until told). */
  waitMs(api: Operation, recipients: number): number | null;
}
