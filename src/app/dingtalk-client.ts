import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createAddressLimits, type AddressLimits } from '../dingtalk/address-limits.ts';
import type { ClientEvent } from '../dingtalk/client-events.ts';
import type { DingTalkClient } from '../dingtalk/client-types.ts';
import { Holds } from '../dingtalk/holds.ts';
import { spans } from '../dingtalk/limits.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../model/metrics.ts';
import { createAppClient } from './app-client.ts';
import type { Current } from './current.ts';

export interface ClientParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly current: Current;
}

/** All clients of a process call from one public address and share its limits and bans. */
const address = new WeakMap<Ledger, AddressLimits>();

/** A client for an app of the configuration, which knows what an earlier life of this process has called lately. */
export async function openClient(name: string, parts: ClientParts): Promise<DingTalkClient> {
  const { clock, ledger, logger, metrics, current } = parts;
  const shared = address.get(ledger) ?? createAddressLimits(new Holds(clock));
  address.set(ledger, shared);
  const client = createAppClient(name, current.active.config.dingtalk, {
    clock,
    address: shared,
    observe: (event) => {
      observe(name, event, logger, metrics);
    },
  });
  const recent = await ledger.read((tx) =>
    tx.recentIntents(name, clock.now() - spans.recipientsPerMinuteWindow.value),
  );
  client.limiter.seed(recent.map(({ at, people }) => ({ api: 'send', at, recipients: people })));
  return client;
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
