import type { Holds } from './holds.ts';
import { rateLimits } from './limits.ts';
import { SlidingWindow } from './window.ts';

/** What all apps behind one public IP address share. */
export interface AddressLimits {
  readonly holds: Holds;
  readonly calls: SlidingWindow;
}

/** The limits of one public IP address; all clients of a process share one. `callsLimit` 0 = none. */
export function createAddressLimits(
  holds: Holds,
  callsLimit: number = rateLimits.callsPerIp.value,
): AddressLimits {
  return { holds, calls: new SlidingWindow(callsLimit) };
}
