import type { Call } from '../../model/call.ts';
import type { Notification } from '../../model/notification.ts';
import type { Signal } from '../../model/plan.ts';
import { suppress } from './admit.ts';
import { quietly, type Step } from './tell.ts';

/**
 * A later event takes a notification back or changes its status bar. Before the send a recall cancels; afterwards
 * the wish is kept on the notification, and its calls are due at once so that tracking carries it out.
 */
export function signalled(
  notification: Notification,
  calls: readonly Call[],
  signal: Pick<Signal, 'kind' | 'statusValue' | 'statusBg'>,
  now: number,
): { readonly step: Step; readonly calls: readonly Call[] } {
  if (signal.kind === 'recall' && notification.state === 'waiting') {
    return { step: suppress(notification, 'cancelled', null, now), calls: [] };
  }
  const nothingSent = notification.state === 'final' && notification.deliveries.length === 0;
  if (nothingSent || (signal.kind === 'recall' && isRecalled(notification))) {
    return { step: quietly(notification), calls: [] };
  }
  const signals =
    signal.kind === 'recall'
      ? { ...notification.signals, recall: true }
      : {
          ...notification.signals,
          statusBar: { value: signal.statusValue ?? '', background: signal.statusBg },
        };
  return { step: quietly({ ...notification, signals }), calls: calls.map((call) => dueNow(call, now)) };
}

/** Has all of it been taken back already? A second recall would only tell the same amendment again. */
export function isRecalled({ deliveries }: Notification): boolean {
  return deliveries.length > 0 && deliveries.every((delivery) => delivery.status === 'recalled');
}

/** A call that has its task is looked at now, even if it was done with; one still to be made keeps its time. */
function dueNow(call: Call, now: number): Call {
  if (call.taskId === null || call.state === 'sending') return call;
  return { ...call, state: 'accepted', nextAt: now };
}
