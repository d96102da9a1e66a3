import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { ClosedDigest, DigestWindow, Ledger, LedgerTx } from '../ledger/ledger.ts';
import { failDigest, newNotification, type RuleFailure } from '../ledger/lifecycle/admit.ts';
import { recordsOf } from '../ledger/lifecycle/save.ts';
import { quietly, type Step } from '../ledger/lifecycle/tell.ts';
import { referenceOf, type Event } from '../model/event.ts';
import type { Notification } from '../model/notification.ts';
import type { PlannedNotification } from '../model/plan.ts';
import type { RawRecord } from '../model/record.ts';
import { admitQuiet, refuseAudience } from './admission.ts';
import { insertSteps } from './admit-batch.ts';
import { identityOf } from './planned-event.ts';
import { plannedFromMembers } from './gone-digest.ts';

export interface DigestOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Renders a digest under the rules in force; `planned` is null when they have no such digest any more. */
  readonly planDigest: (
    route: string,
    key: string,
    members: readonly Event[],
    now: number,
  ) => { readonly planned: PlannedNotification | null; readonly configHash: string };
  /** Told of each new notification. */
  readonly onPlanned: (route: string, app: string) => void;
}

const batch = 20;
const lookEveryMs = 30_000;

/** Closes digest windows when their time has come and makes each one notification of all its members. */
export function createDigestLoop(options: DigestOptions): Loop {
  const { ledger, clock, logger, planDigest } = options;

  const close = async (tx: LedgerTx, closed: ClosedDigest): Promise<readonly Notification[]> => {
    const { window, members } = closed;
    const events = members.map(({ event }) => event);
    const [first] = events;
    if (first === undefined) return [];
    const now = clock.now();
    const { planned, configHash } = planDigest(window.route, window.key, events, now);
    const whole = planned ?? plannedFromMembers(window, await tx.notifications(members.map(({ id }) => id)));
    const notification = digestNotification(whole, configHash, closed, first, now);
    const failure = planned === null ? routeGone(window) : planned.failure;
    const step =
      failure === null
        ? admitDigest(whole, notification, now)
        : await fail(tx, closed, notification, failure, now);
    // What reaches nobody must not keep later events from being sent.
    if (step.notification.state === 'final') await tx.releasePolicyClaims(members.map(({ id }) => id));
    return insertSteps(tx, [{ step, identity: identityOf(first) }]);
  };

  const fail = async (
    tx: LedgerTx,
    { window, members }: ClosedDigest,
    notification: Notification,
    failure: RuleFailure,
    now: number,
  ): Promise<Step> => {
    const { reason, message } = failure;
    logger.error({ route: window.route, digest: window.id, reason, error: message }, 'a digest failed');
    const records = await recordsOf(
      tx,
      members.map(({ id }) => id),
    );
    return failDigest(notification, failure, records, now);
  };

  const loop = createLoop({
    name: 'digests',
    clock,
    logger,
    turn: async () => {
      const { taken, made } = await ledger.write(async (tx) => {
        const windows = await tx.takeClosedDigests(clock.now(), batch);
        const notifications: Notification[] = [];
        for (const closed of windows) notifications.push(...(await close(tx, closed)));
        return { taken: windows.length, made: notifications };
      });
      for (const { route, app } of made) options.onPlanned(route, app);
      const next = taken === batch ? clock.now() : await ledger.read((tx) => tx.nextDigest());
      return { wakeAt: Math.min(next ?? Number.POSITIVE_INFINITY, clock.now() + lookEveryMs) };
    },
  });
  let unsubscribe: (() => void) | null = null;
  return {
    ...loop,
    start() {
      // A window that opens may end before the loop would look again, and a full one is due at once.
      unsubscribe = ledger.onWake('digests', () => {
        loop.wake();
      });
      loop.start();
    },
    async stop() {
      unsubscribe?.();
      await loop.stop();
    },
  };
}

/** A reload has taken away the route, or its digest, while the window was open. */
function routeGone({ route }: DigestWindow): RuleFailure {
  const message = `the configuration has no route ${route} with a digest any more`;
  return { reason: 'configuration', stage: 'match', message };
}

function digestNotification(
  planned: PlannedNotification,
  configHash: string,
  { window, members }: ClosedDigest,
  first: Event,
  now: number,
): Notification {
  const { meta } = first;
  // Stands in for the first member's record, whose key the digest's results carry.
  const record: RawRecord = {
    topic: meta.topic,
    partition: meta.partition,
    offset: meta.offset,
    timestamp: meta.time?.getTime() ?? now,
    key: meta.key === null ? null : Buffer.from(meta.key),
    value: null,
    headers: [],
  };
  const origin = {
    event: referenceOf(meta),
    record,
    traceparent: meta.traceparent,
    receivedAt: window.openedAt,
    configHash,
    redrive: null,
  };
  return { ...newNotification(planned, origin, now), id: window.id, digestSize: members.length };
}

function admitDigest(planned: PlannedNotification, notification: Notification, now: number): Step {
  const refused = refuseAudience(planned, notification, now);
  if (refused !== null) return refused;
  return planned.policies.quiet === null ? quietly(notification) : admitQuiet(notification, now);
}
