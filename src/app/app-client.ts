import type { Clock } from '../base/clock.ts';
import { DingbusError } from '../base/errors.ts';
import type { DingTalkConfig } from '../config/config.ts';
import type { AddressLimits } from '../dingtalk/address-limits.ts';
import type { ClientObserver } from '../dingtalk/client-events.ts';
import type { DingTalkClient } from '../dingtalk/client-types.ts';
import { createDingTalkClient } from '../dingtalk/client.ts';
import type { Holds } from '../dingtalk/holds.ts';
import type { PermitSource } from '../dingtalk/permits.ts';

export class UnknownAppError extends DingbusError {
  readonly code = 'unknown_app';
}

export interface AppClientParts {
  readonly clock: Clock;
  /** Shared by all clients of a process; a client of its own has its own. */
  readonly address: AddressLimits | null;
  /** Where stops of the app's calls are kept, when others are to know of them. */
  readonly holds?: Holds;
  /** Where other processes call for the app, too. */
  readonly permits?: PermitSource;
  readonly observe: ClientObserver;
}

/** A client for an app of the configuration. It knows of no calls but its own. */
export function createAppClient(
  name: string,
  dingtalk: DingTalkConfig,
  parts: AppClientParts,
): DingTalkClient {
  const app = dingtalk.apps.get(name);
  if (app === undefined) {
    const known = [...dingtalk.apps.keys()].join(', ');
    throw new UnknownAppError(`the configuration has no app "${name}"; it has ${known}`);
  }
  return createDingTalkClient({
    baseUrl: dingtalk.baseUrl,
    apiBaseUrl: dingtalk.apiBaseUrl,
    app,
    clock: parts.clock,
    limits: app.limits,
    ...(parts.holds === undefined ? {} : { holds: parts.holds }),
    ...(parts.permits === undefined ? {} : { permits: parts.permits }),
    ...(parts.address === null ? {} : { address: parts.address }),
    timeoutMs: dingtalk.timeoutMs,
    banHoldMs: dingtalk.banHoldMs,
    lookupApi: dingtalk.lookupApi,
    tokenApi: dingtalk.tokenApi,
    observe: parts.observe,
  });
}
