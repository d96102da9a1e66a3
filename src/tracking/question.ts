import type { Call } from '../model/call.ts';
import type { Notification } from '../model/notification.ts';
import { isFollowed } from '../ledger/lifecycle/outcomes.ts';
import { wantedStatusBar, wantsRecall } from '../ledger/lifecycle/signals.ts';
import type { Wish } from '../ledger/lifecycle/wishes.ts';

/** What to do next about an accepted call. */
export type Question =
  | Wish
  | { readonly kind: 'progress' }
  | { readonly kind: 'result' }
  /** DingTalk will not tell any more, or never does for such a task. */
  | { readonly kind: 'give_up' }
  /** Nothing is open. */
  | { readonly kind: 'done' };

/** How long after acceptance DingTalk takes a recall or a status bar; later wishes cannot be carried out. */
export interface QuestionWindows {
  readonly recallMs: number;
  readonly statusBarMs: number;
  readonly resultMs: number;
  readonly progressMs: number;
}

/**
 * Chooses the question that tells most for one metered call: people by name are asked for directly, progress only
 * where a result would come too early (departments) or never (everyone).
 */
export function questionFor(
  call: Call,
  members: ReadonlyMap<string, Notification>,
  windows: QuestionWindows,
  now: number,
): Question {
  const age = now - (call.acceptedAt ?? now);
  const carried = call.members.flatMap(({ notificationId, part }) => {
    const notification = members.get(notificationId);
    return notification === undefined ? [] : [{ notification, part }];
  });
  const recall = carried.some(({ notification, part }) => wantsRecall(notification, part));
  if (recall && age < windows.recallMs) return { kind: 'recall' };
  const statusBar = carried
    .map(({ notification, part }) => wantedStatusBar(notification, part))
    .find((wanted) => wanted !== null);
  if (statusBar !== undefined && age < windows.statusBarMs) {
    return { kind: 'status_bar', value: statusBar.value, background: statusBar.background };
  }
  if (!carried.some(({ notification, part }) => isFollowed(notification, part))) return { kind: 'done' };
  if (call.kind === 'everyone') return age < windows.progressMs ? { kind: 'progress' } : { kind: 'give_up' };
  if (age >= windows.resultMs) return { kind: 'give_up' };
  if (call.kind === 'departments' && !call.progressDone) return { kind: 'progress' };
  return { kind: 'result' };
}

export function isWish(question: Question): question is Wish {
  return question.kind === 'recall' || question.kind === 'status_bar';
}
