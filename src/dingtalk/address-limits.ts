import type { Clock } from '../base/clock.ts';
import type { Holds } from './holds.ts';
import { rateLimits, spans } from './limits.ts';
import { openWindow, wholeLimits, type PartWindow, type PermitSource } from './permits.ts';

/** What all apps behind one public IP address share. */
export interface AddressLimits {
  readonly holds: Holds;
  readonly calls: PartWindow;
  /** Calls `listener` when a larger part of the limit is ours. */
  onGrown(listener: () => void): void;
}

/** The limits of one public IP address; all clients of a process share one. `callsLimit` 0 = none. */
export function createAddressLimits(
  holds: Holds,
  clock: Clock,
  callsLimit: number = rateLimits.callsPerIp.value,
  permits: PermitSource = wholeLimits,
): AddressLimits {
  const listeners: (() => void)[] = [];
  const calls = openWindow(permits, clock, {
    name: 'calls',
    whole: callsLimit,
    windowMs: spans.callsPerIpWindow.value,
    grown: () => {
      for (const listener of listeners) listener();
    },
  });
  return {
    holds,
    calls,
    onGrown: (listener) => {
      listeners.push(listener);
    },
  };
}
