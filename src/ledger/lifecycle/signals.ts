import type { Call } from '../../model/call.ts';
import type { Notification, PendingSignals } from '../../model/notification.ts';
import type { Signal } from '../../model/plan.ts';
import { suppress } from './admit.ts';
import { quietly, type Step } from './tell.ts';

export interface Signalled {
  readonly step: Step;
  readonly calls: readonly Call[];
  /** False when the notification ended without anything being sent: the wish is not about this one. */
  readonly concerned: boolean;
}

/**
 * A later event takes a notification back or changes its status bar. Before the send a recall cancels; afterwards
 * the wish is kept on the notification, and its calls are due at once so that tracking carries it out.
 */
export function signalled(
  notification: Notification,
  calls: readonly Call[],
  signal: Pick<Signal, 'kind' | 'statusValue' | 'statusBg'>,
  now: number,
): Signalled {
  if (signal.kind === 'recall' && notification.state === 'waiting') {
    return { step: suppress(notification, 'cancelled', null, now), calls: [], concerned: true };
  }
  const nothingSent = notification.state === 'final' && !calls.some((call) => mayStillAct(call));
  if (nothingSent || (signal.kind === 'recall' && isRecalled(notification))) {
    return { step: quietly(notification), calls: [], concerned: !nothingSent };
  }
  const signals = withSignal(notification.signals, signal, recalledParts(notification));
  return {
    step: quietly({ ...notification, signals }),
    calls: calls.map((call) => dueNow(call, signal.kind === 'recall', now)),
    concerned: true,
  };
}

/** A call with a task, or one that may still get one. */
function mayStillAct({ taskId, state }: Call): boolean {
  return taskId !== null || state !== 'closed';
}

/** A wish joins those that a notification has; one that was refused before is tried anew. */
export function withSignal(
  signals: PendingSignals,
  signal: Pick<Signal, 'kind' | 'statusValue' | 'statusBg'>,
  recalledParts: readonly number[] = [],
): PendingSignals {
  if (signal.kind === 'recall') return { ...signals, recall: true, recallDone: recalledParts };
  const statusBar = { value: signal.statusValue ?? '', background: signal.statusBg };
  return { ...signals, statusBar, statusBarDone: [] };
}

/** Is this delivery's task still to be taken back? */
export function wantsRecall({ signals }: Notification, part: number): boolean {
  return signals.recall && !signals.recallDone.includes(part);
}

/** The status bar that this delivery's task is still to get; null = none. One that was taken back has none to show. */
export function wantedStatusBar(notification: Notification, part: number): PendingSignals['statusBar'] {
  const { signals } = notification;
  return signals.statusBarDone.includes(part) || recalledParts(notification).includes(part)
    ? null
    : signals.statusBar;
}

/** Does any notification of this call wish for something that its task has not had yet? */
export function isWished(call: Call, members: ReadonlyMap<string, Notification>): boolean {
  return call.members.some(({ notificationId, part }) => {
    const notification = members.get(notificationId);
    if (notification === undefined) return false;
    return wantsRecall(notification, part) || wantedStatusBar(notification, part) !== null;
  });
}

function recalledParts({ deliveries }: Notification): readonly number[] {
  return deliveries.filter((delivery) => delivery.status === 'recalled').map((delivery) => delivery.part);
}

/** Has all of it been taken back already? A second recall would only tell the same amendment again. */
export function isRecalled({ deliveries }: Notification): boolean {
  return deliveries.length > 0 && deliveries.every((delivery) => delivery.status === 'recalled');
}

/**
 * A call that has its task is looked at now, even if it was done with. One still to be made keeps its time, unless it
 * is cancelled: then there is nothing to wait for.
 */
function dueNow(call: Call, cancelled: boolean, now: number): Call {
  if (call.state === 'ready') return cancelled ? { ...call, nextAt: Math.min(call.nextAt, now) } : call;
  if (call.taskId === null || call.state === 'sending') return call;
  return { ...call, state: 'accepted', nextAt: now };
}
