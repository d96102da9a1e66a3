/**
 * What carrying out a recall or a status bar makes of an accepted call. A notification may have several tasks; each is
 * dealt with by itself, and a wish stays until all of them are. Pure, like `answers.ts`.
 */
import type { Call } from '../../model/call.ts';
import type { Notification } from '../../model/notification.ts';
import type { ResultError } from '../../model/result.ts';
import { stepsOf, type CallStep, type Members } from './answers.ts';
import { updateDelivery } from './deliveries.ts';
import { settleWhenDone } from './settle.ts';
import { wantsRecall } from './signals.ts';
import { andThen, quietly, tellAmendment, type Step } from './tell.ts';

/** The task was taken back, for everyone in it. */
export function recalled(call: Call, members: Members, now: number): CallStep {
  const steps = stepsOf(call, members, (notification, member) => {
    const done = recallDone(notification, member.part);
    const updated = updateDelivery(done, member.part, { state: 'settled', status: 'recalled' });
    return andThen(settleWhenDone(updated, now), (settled) => tellRecalled(notification, settled, now));
  });
  return { call: { ...call, state: 'closed' }, newCalls: [], steps, released: [] };
}

function recallDone(notification: Notification, part: number): Notification {
  const { signals } = notification;
  return { ...notification, signals: { ...signals, recallDone: [...signals.recallDone, part] } };
}

/** After the end a recall is told once, when no task of the notification is still to be taken back. */
function tellRecalled(before: Notification, after: Notification, now: number): Step {
  const { deliveries } = after;
  const open = deliveries.some(({ taskId, part }) => taskId !== null && wantsRecall(after, part));
  const some = deliveries.some((delivery) => delivery.status === 'recalled');
  if (before.state !== 'final' || open || !some) return quietly(after);
  return tellAmendment(after, { status: 'recalled' }, now);
}

/** The status bar of an OA message now shows what the later event asked for. */
export function statusBarShown(
  call: Call,
  members: Members,
  value: string,
  nextAt: number | null,
  now: number,
): CallStep {
  const steps = stepsOf(call, members, (notification, member) => {
    // A newer wish that came in meanwhile stays.
    if (notification.signals.statusBar?.value !== value) return quietly(notification);
    return quietly(statusBarDone(notification, member.part));
  });
  return resumed(call, steps, nextAt, now);
}

/** DingTalk refused a recall or a status bar for good; the notification itself is as it was. */
export function wishDropped(
  call: Call,
  members: Members,
  wish: 'recall' | 'status_bar',
  error: ResultError,
  now: number,
): CallStep {
  const { code, message } = error;
  const steps = stepsOf(call, members, (notification, { part }) => {
    const told = { ...notification, error: { code, message, class: error.class } };
    if (wish === 'status_bar') return quietly(statusBarDone(told, part));
    return tellRecalled(notification, recallDone(told, part), now);
  });
  return resumed(call, steps, now, now);
}

function statusBarDone(notification: Notification, part: number): Notification {
  const { signals } = notification;
  return { ...notification, signals: { ...signals, statusBarDone: [...signals.statusBarDone, part] } };
}

/** Back to ordinary tracking; the next turn finds out whether anything is still open. */
function resumed(call: Call, steps: readonly Step[], nextAt: number | null, now: number): CallStep {
  return {
    call: { ...call, state: 'accepted', nextAt: nextAt ?? now },
    newCalls: [],
    steps,
    released: [],
  };
}
