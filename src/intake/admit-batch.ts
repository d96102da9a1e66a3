import { referenceOf } from '../model/event.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
import type { Notification } from '../model/notification.ts';
import type { Signal } from '../model/plan.ts';
import type { EventRow, LedgerTx } from '../ledger/ledger.ts';
import type { Origin } from '../ledger/lifecycle/admit.ts';
import { saveSteps } from '../ledger/lifecycle/save.ts';
import { signalled } from '../ledger/lifecycle/signals.ts';
import type { Step } from '../ledger/lifecycle/tell.ts';
import { admit, rememberedMs } from './admission.ts';
import { renameNewcomers } from './places.ts';
import { identityOf, type PlannedEvent } from './planned-event.ts';

/** The consequences of a run of records of one partition. */
export interface BatchPlan {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** The offset after the last record of the run; null where they move no position. */
  readonly next: bigint | null;
  readonly events: readonly PlannedEvent[];
  readonly deadLetters: readonly DeadLetter[];
  /** The records come from the dead-letter topic, which keeps all but their timestamps. */
  readonly redrive: boolean;
}

export interface BatchCounts {
  readonly duplicates: number;
  /** Ids of the new notifications. */
  readonly ids: readonly string[];
  /** New notifications by route and app. */
  readonly planned: readonly { readonly route: string; readonly app: string; readonly count: number }[];
}

/**
 * Writes the consequences of a batch and its position in one transaction: either all of it is in the ledger or the
 * records come again. Identities that are known already give nothing, whoever was first.
 */
export async function admitBatch(tx: LedgerTx, batch: BatchPlan, now: number): Promise<BatchCounts> {
  const fresh = new Set(await insert(tx, batch.events, now));
  const renamed = await renameNewcomers(tx, batch.events, fresh, batch.redrive);
  for (const identity of await insert(tx, [...renamed.values()], now)) fresh.add(identity);
  let duplicates = 0;
  const planned = new Map<string, { route: string; app: string; count: number }>();
  const ids: string[] = [];
  let pending: { step: Step; identity: string }[] = [];
  const flush = async (): Promise<void> => {
    for (const { id, route, app } of await insertSteps(tx, pending)) {
      ids.push(id);
      const key = `${route}\n${app}`;
      const known = planned.get(key) ?? { route, app, count: 0 };
      planned.set(key, { ...known, count: known.count + 1 });
    }
    pending = [];
  };
  for (const listed of batch.events) {
    const each = renamed.get(listed) ?? listed;
    const identity = identityOf(each.event);
    // Within a batch the first of two equal identities wins, as it does in the ledger.
    if (!fresh.delete(identity)) {
      duplicates += 1;
      continue;
    }
    const origin = originOf(each, now, null);
    for (const notification of each.plan.notifications) {
      pending.push({ step: await admit(tx, notification, origin, now), identity });
    }
    if (each.plan.signals.length > 0) {
      await flush();
      for (const signal of each.plan.signals) await applySignal(tx, signal, now);
    }
  }
  await flush();
  await tx.appendOutbox(batch.deadLetters.map((deadLetter) => ({ kind: 'dead_letter', deadLetter })));
  if (batch.next !== null) await tx.advancePosition(batch.group, batch.topic, batch.partition, batch.next);
  return { duplicates, ids, planned: [...planned.values()] };
}

function insert(tx: LedgerTx, events: readonly PlannedEvent[], now: number): Promise<ReadonlySet<string>> {
  const rows: EventRow[] = [];
  for (const { record, event } of events) rows.push({ identity: identityOf(event), record, receivedAt: now });
  return tx.insertEvents(rows);
}

export function originOf(
  { record, event, plan }: PlannedEvent,
  now: number,
  redrive: Origin['redrive'],
): Origin {
  return {
    event: referenceOf(event.meta),
    record,
    traceparent: event.meta.traceparent,
    receivedAt: now,
    configHash: plan.configHash,
    redrive,
  };
}

/** Inserts new notifications with what they tell at once, and gives them back; one that exists tells nothing again. */
export async function insertSteps(
  tx: LedgerTx,
  entries: readonly { readonly step: Step; readonly identity: string }[],
): Promise<readonly Notification[]> {
  const inserted = await tx.insertNotifications(
    entries.map(({ step, identity }) => ({ notification: step.notification, identity })),
  );
  await tx.appendOutbox(
    entries.flatMap(({ step }) => (inserted.has(step.notification.id) ? step.outbox : [])),
  );
  return entries.map(({ step }) => step.notification).filter((each) => inserted.has(each.id));
}

export async function applySignal(tx: LedgerTx, signal: Signal, now: number): Promise<void> {
  const ids = await tx.correlated(signal.route, signal.correlation, now - rememberedMs);
  let concerned = false;
  for (const notification of await tx.lockNotifications(ids)) {
    const calls = await tx.lockCallsOf([notification.id]);
    const changed = signalled(notification, calls, signal, now);
    concerned ||= changed.concerned;
    await tx.saveCalls(changed.calls);
    await saveSteps(tx, [changed.step]);
  }
  // It was about these; a later notification with the same correlation is a new matter.
  if (!concerned) await tx.rememberSignals([{ ...signal, at: now }]);
}
