/**
 * What carrying out a recall or a status bar makes of an accepted call. A notification may have several tasks; each is
 * dealt with by itself, and a wish stays until all of them are. Pure, like `answers.ts`.
 */
import type { Call } from '../../model/call.ts';
import type { Notification } from '../../model/notification.ts';
import type { ResultError } from '../../model/result.ts';
import { membersAfter, stepsOf, type CallStep, type Members } from './answers.ts';
import { deliveryOf, updateDelivery } from './deliveries.ts';
import { settleWhenDone } from './settle.ts';
import { isWished, wantsRecall } from './signals.ts';
import { andThen, quietly, tellAmendment, type Step } from './tell.ts';

export interface StatusBarWish {
  readonly kind: 'status_bar';
  readonly value: string;
  readonly background: string | null;
}

/** What tracking carries out for a later event. */
export type Wish = { readonly kind: 'recall' } | StatusBarWish;

/** The task was taken back, for everyone in it. */
export function recalled(call: Call, members: Members, now: number): CallStep {
  const steps = stepsOf(call, members, (notification, member) => {
    // Two instances may both have carried it out; it is told once.
    if (deliveryOf(notification, member.part).status === 'recalled') return quietly(notification);
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
  shown: StatusBarWish,
  nextAt: number | null,
  now: number,
): CallStep {
  const steps = stepsOf(call, members, (notification, { part }) =>
    quietly(statusBarDone(notification, part, shown)),
  );
  return resumed(call, steps, nextAt, now);
}

/** DingTalk refused a recall or a status bar for good; the notification itself is as it was. */
export function wishDropped(
  call: Call,
  members: Members,
  wish: Wish,
  error: ResultError,
  now: number,
): CallStep {
  const { code, message } = error;
  const steps = stepsOf(call, members, (notification, { part }) => {
    const told = { ...notification, error: { code, message, class: error.class } };
    if (wish.kind === 'status_bar') return quietly(statusBarDone(told, part, wish));
    return tellRecalled(notification, recallDone(told, part), now);
  });
  return resumed(call, steps, now, now);
}

/**
 * DingTalk tells no more of a task and takes no recall for it either: for the notification's other tasks that counts as
 * done. What had been taken back before the end is in the final result.
 */
export function recallLapsed(step: CallStep, members: Members, now: number): CallStep {
  const after = membersAfter(step, members);
  if (!isWished(step.call, after)) return step;
  const steps = stepsOf(step.call, after, (notification, { part }) => {
    if (!wantsRecall(notification, part)) return quietly(notification);
    return tellRecalled(members.get(notification.id) ?? notification, recallDone(notification, part), now);
  });
  return { ...step, steps: [...step.steps, ...steps] };
}

/** A newer wish that came in meanwhile stays. */
function statusBarDone(notification: Notification, part: number, done: StatusBarWish): Notification {
  const { signals } = notification;
  const { value, background } = signals.statusBar ?? {};
  if (value !== done.value || background !== done.background) return notification;
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
