import type { Call } from '../model/call.ts';
import type { Notification } from '../model/notification.ts';

/** What to do next about an accepted call. */
export type Question =
  | { readonly kind: 'recall' }
  | { readonly kind: 'status_bar'; readonly value: string; readonly background: string | null }
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
  const notifications = call.members.flatMap((member) => members.get(member.notificationId) ?? []);
  if (notifications.some((each) => each.signals.recall) && age < windows.recallMs) return { kind: 'recall' };
  const statusBar = notifications.find((each) => each.signals.statusBar !== null)?.signals.statusBar;
  if (statusBar !== undefined && statusBar !== null && age < windows.statusBarMs) {
    return { kind: 'status_bar', value: statusBar.value, background: statusBar.background };
  }
  if (!notifications.some((each) => isOpen(call, each))) return { kind: 'done' };
  if (call.kind === 'everyone') return age < windows.progressMs ? { kind: 'progress' } : { kind: 'give_up' };
  if (age >= windows.resultMs) return { kind: 'give_up' };
  if (call.kind === 'departments' && !call.progressDone) return { kind: 'progress' };
  return { kind: 'result' };
}

/** Is anything of this notification in this call still to be learned? */
function isOpen(call: Call, notification: Notification): boolean {
  return call.members.some((member) => {
    if (member.notificationId !== notification.id) return false;
    const delivery = notification.deliveries.find((each) => each.part === member.part);
    if (delivery?.state === 'accepted') return true;
    if (notification.policies.track !== 'read') return false;
    return notification.persons.some((person) => person.part === member.part && person.status === 'unread');
  });
}
