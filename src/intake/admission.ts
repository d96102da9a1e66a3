/**
 * Decides, inside the ledger's transaction, what becomes of each planned notification: the policies in their fixed
 * order, the first that speaks gives the reason. What was suppressed never counts against a window.
 */
import type { DigestWindow, LedgerTx } from '../ledger/ledger.ts';
import { defer, failPlanning, newNotification, suppress, type Origin } from '../ledger/lifecycle/admit.ts';
import { withSignal } from '../ledger/lifecycle/signals.ts';
import { quietly, type Step } from '../ledger/lifecycle/tell.ts';
import { stableId } from '../base/ids.ts';
import type { Notification } from '../model/notification.ts';
import type { PlannedNotification } from '../model/plan.ts';
import { refusalOf } from '../rules/refusal.ts';

/** Runs the policies over one planned notification and gives its first step. */
export async function admit(
  tx: LedgerTx,
  planned: PlannedNotification,
  origin: Origin,
  now: number,
): Promise<Step> {
  const notification = newNotification(planned, origin, now);
  if (planned.failure !== null) return failPlanning(notification, planned.failure, origin.record, now);

  const unsendable = refuseAudience(planned, notification, now);
  if (unsendable !== null) return unsendable;

  const { policies } = planned;
  if (policies.dedupe !== null) {
    const { key, windowMs } = policies.dedupe;
    const claim = { route: planned.route, key, notificationId: notification.id, until: now + windowMs };
    const holder = await tx.claimDedupe(claim, now);
    if (holder !== notification.id) return suppress(notification, 'dedupe_window', holder, now);
  }
  if (policies.throttle !== null) {
    const claim = { route: planned.route, ...policies.throttle, notificationId: notification.id };
    const latest = await tx.claimThrottle(claim, now);
    if (latest !== null) {
      await giveClaimsBack(tx, notification);
      return suppress(notification, 'throttled', latest, now);
    }
  }
  if (policies.digest !== null && planned.digestItem !== null)
    return joinDigest(tx, planned, notification, now);
  if (policies.quiet?.action === 'drop') await giveClaimsBack(tx, notification);
  return admitQuiet(await withRememberedSignals(tx, notification, now), now);
}

/** What is suppressed by a later policy must not keep others from being sent. */
async function giveClaimsBack(tx: LedgerTx, { id, policies }: Notification): Promise<void> {
  if (policies.dedupe !== null || policies.throttle !== null) await tx.releasePolicyClaims([id]);
}

/** The last policy; also the only one that a closed digest still has to pass. */
export function admitQuiet(notification: Notification, now: number): Step {
  const { quiet } = notification.policies;
  if (quiet === null) return quietly(notification);
  if (quiet.action === 'drop') return suppress(notification, 'quiet_hours', null, now);
  return defer(notification, 'quiet_hours', quiet.until, now);
}

/** Expired, nobody to send to, or more people than the route may reach. */
export function refuseAudience(
  planned: PlannedNotification,
  notification: Notification,
  now: number,
): Step | null {
  const refusal = refusalOf(planned, now);
  return refusal === null ? null : suppress(notification, refusal, null, now);
}

async function joinDigest(
  tx: LedgerTx,
  planned: PlannedNotification,
  notification: Notification,
  now: number,
): Promise<Step> {
  const { digest } = planned.policies;
  if (digest === null || planned.digestItem === null) return quietly(notification);
  const fresh: DigestWindow = {
    id: stableId('ntf', 'digest', planned.route, digest.key, now),
    route: planned.route,
    key: digest.key,
    app: planned.app,
    openedAt: now,
    closesAt: now + digest.windowMs,
    count: 0,
  };
  const window = await tx.joinDigest(fresh, planned.digestItem, notification.id);
  if (window.count >= digest.max) await tx.closeDigest(window.id, now);
  return suppress(notification, 'digested', window.id, now);
}

/** A cancellation (or status) that overtook its notification is remembered for 24 h and applied now. */
async function withRememberedSignals(
  tx: LedgerTx,
  notification: Notification,
  now: number,
): Promise<Notification> {
  const { correlation } = notification.policies;
  if (correlation === null) return notification;
  const remembered = await tx.signalsFor(notification.route, correlation, now - rememberedMs);
  let signals = notification.signals;
  for (const signal of remembered) {
    if (signal.kind === 'recall' || signal.statusValue !== null) signals = withSignal(signals, signal);
  }
  return { ...notification, signals };
}

/** How long a recall or update that found nothing waits for its notification. */
export const rememberedMs = 24 * 3_600_000;
