import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { DigestWindow, Ledger, LedgerTx } from '../ledger/ledger.ts';
import { failPlanning, newNotification } from '../ledger/lifecycle/admit.ts';
import { quietly, type Step } from '../ledger/lifecycle/tell.ts';
import { referenceOf, type Event } from '../model/event.ts';
import type { PlannedNotification } from '../model/plan.ts';
import type { RawRecord } from '../model/record.ts';
import { admitQuiet, refuseAudience } from './admission.ts';
import { identityOf, insertSteps } from './admit-batch.ts';

export interface DigestOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Renders a digest under the rules in force; null when the route is gone. */
  readonly planDigest: (
    route: string,
    key: string,
    members: readonly Event[],
    now: number,
  ) => { readonly planned: PlannedNotification; readonly configHash: string } | null;
}

const batch = 20;
const lookEveryMs = 30_000;

/** Closes digest windows when their time has come and makes each one notification of all its members. */
export function createDigestLoop({ ledger, clock, logger, planDigest }: DigestOptions): Loop {
  const close = async (tx: LedgerTx, window: DigestWindow, members: readonly Event[]): Promise<void> => {
    const [first] = members;
    if (first === undefined) return;
    const now = clock.now();
    const found = planDigest(window.route, window.key, members, now);
    if (found === null) {
      logger.error({ route: window.route, digest: window.id }, 'the route of an open digest is gone');
      return;
    }
    const step = digestStep(found, window, members, first, now);
    await insertSteps(tx, [{ step, identity: identityOf(first) }]);
  };

  return createLoop({
    name: 'digests',
    clock,
    logger,
    turn: async () => {
      const taken = await ledger.write(async (tx) => {
        const windows = await tx.takeClosedDigests(clock.now(), batch);
        for (const { window, members } of windows) await close(tx, window, members);
        return windows.length;
      });
      const next = taken === batch ? clock.now() : await ledger.read((tx) => tx.nextDigest());
      return { wakeAt: Math.min(next ?? Number.POSITIVE_INFINITY, clock.now() + lookEveryMs) };
    },
  });
}

function digestStep(
  { planned, configHash }: { planned: PlannedNotification; configHash: string },
  window: DigestWindow,
  members: readonly Event[],
  first: Event,
  now: number,
): Step {
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
  const notification = {
    ...newNotification(planned, origin, now),
    id: window.id,
    digestSize: members.length,
  };
  if (planned.failure !== null) return failPlanning(notification, planned.failure, record, now);
  const refused = refuseAudience(planned, notification, now);
  if (refused !== null) return refused;
  return planned.policies.quiet === null ? quietly(notification) : admitQuiet(notification, now);
}
