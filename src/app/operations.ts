import type { Clock } from '../base/clock.ts';
import type { Ledger, LedgerTx } from '../ledger/ledger.ts';
import { deliveryIdOf } from '../ledger/lifecycle/deliveries.ts';
import { resolveHeld } from '../ledger/lifecycle/resolve.ts';
import { saveCallSteps, saveSteps } from '../ledger/lifecycle/save.ts';
import { isRecalled, signalled } from '../ledger/lifecycle/signals.ts';
import { everything, routeOf } from '../ledger/stops.ts';
import { anyNotification, type Page } from '../ledger/views.ts';
import type { Call } from '../model/call.ts';
import { spans } from '../dingtalk/limits.ts';
import type { OperationOutcome, OperationsPort } from '../server/ports.ts';
import type { Apps } from './apps.ts';
import type { Current } from './current.ts';
import type { Pauses } from './pauses.ts';

export interface OperationsParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly apps: Apps;
  readonly pauses: Pauses;
  readonly current: Current;
  readonly redrive: OperationsPort['redrive'];
}

/** What people can do to a running service; the console, the API and the commands call the same functions. */
export function createOperations(parts: OperationsParts): OperationsPort {
  const { ledger, clock, apps, pauses } = parts;
  return {
    async pause(subject, note, until) {
      if (!isKnown(subject, parts)) {
        const message = 'there is no such app or route; name an app, route:<name>, or * for everything';
        return outcome(subject, false, 'not_found', message);
      }
      await pauses.pause(subject, note, until);
      return outcome(subject, true, 'paused');
    },
    async resume(subject) {
      const was = await pauses.resume(subject);
      const held = apps
        .list()
        .filter((app) => (subject === everything || app.name === subject) && app.client.state().held);
      for (const app of held) app.client.release();
      apps.wake();
      return was || held.length > 0
        ? outcome(subject, true, 'resumed')
        : outcome(subject, false, 'not_found', 'nothing of that name is stopped');
    },
    async recall(ids) {
      const outcomes: OperationOutcome[] = [];
      for (const id of ids) {
        outcomes.push(await ledger.write((tx) => recallOne(tx, id, new Set(ids), clock.now())));
      }
      return outcomes;
    },
    redrive: parts.redrive,
    async resolve(deliveryId, settlement) {
      const carried = await notificationsWith(ledger, deliveryId);
      return ledger.write(async (tx) => {
        const call = (await tx.lockCallsOf(carried)).find((each) => carries(each, deliveryId));
        if (call === undefined) return outcome(deliveryId, false, 'not_found', 'there is no such delivery');
        if (call.state !== 'held') {
          return outcome(
            deliveryId,
            false,
            'not_held',
            'this delivery waits for nobody; only held ones are settled',
          );
        }
        const notifications = await tx.lockNotifications(call.members.map((member) => member.notificationId));
        const members = new Map(notifications.map((each) => [each.id, each]));
        await saveCallSteps(tx, [resolveHeld(call, members, settlement, clock.now())]);
        return outcome(deliveryId, true, settlement === 'resend' ? 'requested' : 'settled');
      });
    },
  };
}

/** A pause of something that is not there would stop nothing, and whoever pressed the button should know. */
function isKnown(subject: string, { apps, current }: OperationsParts): boolean {
  const route = routeOf(subject);
  if (route !== null) return current.active.config.routes.some(({ name }) => name === route);
  return subject === everything || apps.list().some((app) => app.name === subject);
}

/** The notifications that have, or whose shared calls carry, this delivery. */
async function notificationsWith(ledger: Ledger, deliveryId: string): Promise<readonly string[]> {
  let cursor: string | null = null;
  do {
    const page = { limit: 100, cursor };
    const found: Page<{ readonly id: string }> = await ledger.view((views) =>
      views.notifications({ ...anyNotification, id: deliveryId }, page),
    );
    if (found.items.length > 0) return found.items.map((each) => each.id);
    cursor = found.next;
  } while (cursor !== null);
  return [];
}

/** A delivery may travel in the call of another one, so its own id does not tell which call it is. */
function carries(call: Call, deliveryId: string): boolean {
  return call.members.some(({ notificationId, part }) => deliveryIdOf(notificationId, part) === deliveryId);
}

/** Takes one notification back: cancels what is not sent, asks tracking to recall what is. */
async function recallOne(
  tx: LedgerTx,
  id: string,
  asked: ReadonlySet<string>,
  now: number,
): Promise<OperationOutcome> {
  const [notification] = await tx.lockNotifications([id]);
  if (notification === undefined) return outcome(id, false, 'not_found', 'there is no such notification');
  const calls = await tx.lockCallsOf([id]);
  const others = calls.flatMap((call) => call.members).filter((member) => !asked.has(member.notificationId));
  if (others.length > 0) {
    const named = [...new Set(others.map((member) => member.notificationId))].slice(0, 5).join(', ');
    return outcome(
      id,
      false,
      'shared',
      `its call carries other notifications too, name them as well: ${named}`,
    );
  }
  if (isRecalled(notification)) return outcome(id, true, 'already_recalled', 'it was recalled before');
  const sent = calls.filter((call) => call.acceptedAt !== null);
  if (notification.state === 'final' && !notification.resending && sent.length === 0) {
    return outcome(id, false, 'already_final', 'DingTalk accepted none of it, so there is nothing to recall');
  }
  if (sent.length > 0 && sent.every((call) => now - (call.acceptedAt ?? 0) >= spans.recallWindow.value)) {
    return outcome(id, false, 'window_closed', 'DingTalk takes messages back within 24 hours only');
  }
  const changed = signalled(notification, calls, { kind: 'recall', statusValue: null, statusBg: null }, now);
  await tx.saveCalls(changed.calls);
  await saveSteps(tx, [changed.step]);
  return outcome(id, true, notification.state === 'waiting' ? 'cancelled' : 'requested');
}

export function outcome(
  id: string,
  ok: boolean,
  word: string,
  message: string | null = null,
  created: readonly string[] = [],
): OperationOutcome {
  return { id, ok, outcome: word, message, created };
}
