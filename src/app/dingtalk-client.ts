import { randomUUID } from 'node:crypto';
import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { createAddressLimits } from '../dingtalk/address-limits.ts';
import type { ClientEvent } from '../dingtalk/client-events.ts';
import type { DingTalkClient } from '../dingtalk/client-types.ts';
import { Holds } from '../dingtalk/holds.ts';
import { rateLimits } from '../dingtalk/limits.ts';
import { wholeLimits } from '../dingtalk/permits.ts';
import { SharedPermits } from '../dingtalk/shared-permits.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../model/metrics.ts';
import { createAppClient } from './app-client.ts';
import type { Current } from './current.ts';
import { earlierCalls } from './earlier-calls.ts';

export interface ClientParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly current: Current;
}

/** The clients of a process: they call from one public address and share its limits and bans. */
export interface Clients {
  /**
   * A client for an app of the configuration, which knows what others, or an earlier life, have called lately. A second
   * one takes the place of the first, which must be closed by then.
   */
  open(name: string): Promise<DingTalkClient>;
  /** After all clients are closed. */
  close(): Promise<void>;
}

export function createClients(parts: ClientParts): Clients {
  const { clock, ledger, logger, metrics, current } = parts;
  const clients = new Map<string, DingTalkClient>();
  const shared = new Map<string, SharedPermits>();
  const lookAgain = (): void => {
    for (const client of clients.values()) client.lookAgain();
  };

  /** Null when there is no other instance that it could be shared with. */
  const share = (name: string, holds: Holds): SharedPermits | null => {
    if (ledger.documents === null) return null;
    const permits = new SharedPermits({
      store: ledger.documents,
      name,
      owner: randomUUID(),
      holds,
      clock,
      random: parts.random,
      onHolds: lookAgain,
      onTrouble: (thrown) => {
        logger.debug({ name, err: messageOf(thrown) }, 'parts of limits could not be renewed');
      },
    });
    shared.set(name, permits);
    return permits;
  };

  const addressHolds = new Holds(clock);
  const addressPermits = share('limits of the address', addressHolds) ?? wholeLimits;
  const address = createAddressLimits(addressHolds, clock, rateLimits.callsPerIp.value, addressPermits);

  return {
    async open(name) {
      const holds = new Holds(clock);
      const document = `limits of app ${name}`;
      await shared.get(document)?.close();
      const permits = share(document, holds);
      const client = createAppClient(name, current.active.config.dingtalk, {
        clock,
        address,
        holds,
        ...(permits === null ? {} : { permits }),
        observe: (event) => {
          observe(name, event, logger, metrics);
        },
      });
      clients.set(name, client);
      if (permits === null) {
        const { callsPerSecond } = client.limiter;
        client.limiter.seed(await earlierCalls(ledger, name, callsPerSecond, clock.now()));
      }
      return client;
    },
    async close() {
      await Promise.all([...shared.values()].map((each) => each.close()));
    },
  };
}

function observe(app: string, event: ClientEvent, logger: Logger, metrics: Metrics): void {
  switch (event.kind) {
    case 'call':
      logger.debug(
        {
          app,
          operation: event.operation,
          outcome: event.outcome,
          code: event.code,
          http: event.httpStatus,
          ms: event.ms,
        },
        'DingTalk answered',
      );
      metrics.call(app, event.operation, event.outcome, event.ms / 1000);
      return;
    case 'wait':
      metrics.limiterWait(app, event.operation, event.ms / 1000);
      return;
    case 'held': {
      const { scope, reason, code, message, until } = event.hold;
      const fields = { app, scope, reason, code, error: message, until };
      // A wrong secret or a missing permission waits for a person; a ban or a pause ends by itself.
      if (reason === 'configuration')
        logger.error(fields, 'calls are held: DingTalk says that the app is set up wrongly');
      else logger.warn(fields, 'calls are held');
      return;
    }
    case 'released':
      logger.info({ app, holds: event.holds.length }, 'holds released');
      return;
    case 'token':
      metrics.tokenRefresh(app, event.outcome === 'renewed');
      return;
    case 'legacy_lookup':
      logger.warn(
        { app },
        'the app lacks the permission of the current mobile lookup; the legacy one is used',
      );
      return;
    case 'rejected':
      return;
  }
}
