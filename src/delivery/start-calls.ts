/**
 * Turns what is due into calls that may go out now, in one transaction: people are resolved from the cache, cut
 * into parts, joined with byte-identical ones, checked against every limit, and marked `sending` — the durable
 * intent. After it commits, and only then, the calls are made.
 */
import type { Clock } from '../base/clock.ts';
import { dingtalkDay } from '../base/dingtalk-day.ts';
import type { Call } from '../model/call.ts';
import type { Notification } from '../model/notification.ts';
import type { DueQuery, LedgerTx } from '../ledger/ledger.ts';
import { stopsOf, type Stops } from '../ledger/stops.ts';
import { suppress } from '../ledger/lifecycle/admit.ts';
import { markSending, type CallStep } from '../ledger/lifecycle/answers.ts';
import { planDeliveries, type PartSizes } from '../ledger/lifecycle/deliveries.ts';
import { resolvePersons, unresolvedMobiles } from '../ledger/lifecycle/persons.ts';
import { saveSteps } from '../ledger/lifecycle/save.ts';
import { settleWhenDone } from '../ledger/lifecycle/settle.ts';
import { quietly, type Step } from '../ledger/lifecycle/tell.ts';
import { mergeCalls } from './merge.ts';
import { reserve, type AppQuotas, type Members } from './reserve.ts';
import { namesFiles, type MediaBody } from './media.ts';
import { takeReady } from './ready-calls.ts';

/** How many calls may start now; the rate limiter's view. */
export interface Slots {
  /** Takes a slot for a call; false when none is free. */
  take(call: Call): boolean;
  /** Gives back a slot that was taken and is not used. */
  giveBack(callId: string): void;
}

export interface StartContext {
  readonly app: string;
  readonly clock: Clock;
  readonly slots: Slots;
  /** Upper bound of calls to start. */
  readonly limit: number;
  readonly maxUserids: number;
  /** For messages with a status bar. */
  readonly maxUseridsWithStatusBar: number;
  readonly sizes: Omit<PartSizes, 'users'>;
  readonly quotas: AppQuotas;
  /** How long a looked-up mobile is believed: one that was found, and one that nobody has. Milliseconds. */
  readonly mobileTtlMs: number;
  readonly unknownMobileTtlMs: number;
  /** How long a notification is ours while its mobiles are looked up or its media uploaded. */
  readonly prepareLeaseMs: number;
  /** The message with its media ids, or what must be uploaded first. */
  readonly mediaBody: (tx: LedgerTx, body: string) => Promise<MediaBody>;
}

export interface Started {
  /** Durable intents: make these calls. */
  readonly calls: readonly Call[];
  /** By call: the traces that its notifications belong to. */
  readonly traceparents: ReadonlyMap<string, readonly string[]>;
  /** Leased to us until their mobiles are looked up and their media uploaded. */
  readonly unprepared: readonly Notification[];
  /** Put off until their media are uploaded anew. */
  readonly unpreparedCalls: readonly Call[];
  /** People of the first call that found no slot; null when all had one. */
  readonly blocked: number | null;
  /** When the first of what was taken fell due; null when nothing was. */
  readonly dueSince: number | null;
  /** What a person has stopped; it was left alone. */
  readonly stops: Stops;
}

export async function startCalls(tx: LedgerTx, context: StartContext): Promise<Started> {
  const now = context.clock.now();
  // Looked up in the same transaction as the intents: nothing of what is stopped can begin after the stop is durable.
  const stops = stopsOf(context.app, await tx.holds());
  if (stops.all) {
    const nothing = { calls: [], traceparents: new Map(), unprepared: [], unpreparedCalls: [] };
    return { ...nothing, blocked: null, dueSince: null, stops };
  }
  const query = { app: context.app, now, limit: context.limit, exceptRoutes: stops.routes };
  const members: Members = new Map();
  const ready = await takeReady(tx, context, query, members, now);

  const planned = await planDue(tx, context, query, members, now);
  const everything = [...ready.calls, ...planned.calls].sort(byPriorityAndTime);
  const { merged, absorbed } = mergeCalls(everything, context.maxUserids, (call) => fateOf(call, members));

  const chosen: Call[] = [];
  const waiting: Call[] = [];
  for (const call of merged) {
    // Small calls must not overtake one for many people for ever: once one has to wait, the rest waits behind it.
    const mayGo = waiting.length === 0 && chosen.length < context.limit;
    if (mayGo && context.slots.take(call)) chosen.push(call);
    else waiting.push(call);
  }
  const reservations = await reserve(tx, chosen, members, context.quotas, now);
  const started: Call[] = [];
  const callSteps: CallStep[] = [];
  for (const reservation of reservations) {
    if (reservation.step !== null) callSteps.push(reservation.step);
    if (reservation.kind === 'granted') started.push(markSending(reservation.call, dingtalkDay(now), now));
    else context.slots.giveBack(reservation.step.call.id);
  }

  await save(tx, {
    isNew: new Set(planned.calls.map((call) => call.id)),
    started,
    waiting,
    absorbed,
    callSteps,
    members,
  });
  return {
    calls: started,
    traceparents: new Map(started.map((call) => [call.id, traceparentsOf(call, members)])),
    unprepared: planned.unprepared,
    unpreparedCalls: ready.unprepared,
    blocked: waiting[0]?.people ?? null,
    dueSince: earliest([...ready.calls.map((call) => call.nextAt), ...planned.dueAt]),
    stops,
  };
}

function traceparentsOf(call: Call, members: Members): string[] {
  const all = call.members.map(({ notificationId }) => members.get(notificationId)?.traceparent ?? null);
  return [...new Set(all)].filter((each) => each !== null);
}

function earliest(instants: readonly number[]): number | null {
  return instants.reduce<number | null>((least, at) => (least === null || at < least ? at : least), null);
}

interface PlannedCalls {
  readonly calls: readonly Call[];
  readonly unprepared: readonly Notification[];
  readonly dueAt: readonly number[];
}

/** Notifications whose time has come, cut into calls. */
async function planDue(
  tx: LedgerTx,
  context: StartContext,
  query: DueQuery,
  members: Members,
  now: number,
): Promise<PlannedCalls> {
  const first = await tx.takeDue(query);
  const contents = first.flatMap((each) =>
    each.policies.mergeable && each.contentHash !== null ? [each.contentHash] : [],
  );
  const taken = new Set(first.map((each) => each.id));
  const fill = { ...query, limit: query.limit * context.maxUserids, contentHashes: [...new Set(contents)] };
  // A turn that was not filled has everything that is due already.
  const all = first.length < query.limit;
  const companions = all || contents.length === 0 ? [] : await tx.takeSameContent(fill);
  const due = [...first, ...companions.filter((each) => !taken.has(each.id))];

  const lookup = await cachedMobiles(tx, context, due, now);
  const calls: Call[] = [];
  const unprepared: Notification[] = [];
  for (const notification of due) {
    const ended = endBeforeSending(notification, now);
    if (ended !== null) {
      await saveSteps(tx, [ended]);
      continue;
    }
    const resolved = { ...notification, persons: resolvePersons(notification.persons, lookup) };
    const planned = notification.message?.body ?? '';
    const media = namesFiles(planned) ? await context.mediaBody(tx, planned) : { body: planned, missing: [] };
    if (unresolvedMobiles(resolved).length > 0 || media.missing.length > 0) {
      unprepared.push(resolved);
      continue;
    }
    const users =
      notification.message?.statusBar === true ? context.maxUseridsWithStatusBar : context.maxUserids;
    const parts = planDeliveries(resolved, media.body, { ...context.sizes, users }, now);
    if (parts.calls.length === 0) {
      // With nobody left to send to, the notification ends here.
      await saveSteps(tx, [settleWhenDone(parts.notification, now)]);
      continue;
    }
    members.set(parts.notification.id, parts.notification);
    calls.push(...parts.calls);
  }
  await tx.leaseNotifications(
    unprepared.map((each) => each.id),
    now + context.prepareLeaseMs,
  );
  return { calls, unprepared, dueAt: due.map((each) => each.dueAt) };
}

/** What a call as a whole may meet: only calls that their routes want to be treated alike are joined. */
function fateOf(call: Call, members: Members): string {
  const policies = members.get(call.members[0]?.notificationId ?? '')?.policies;
  return `${policies?.overLimit} ${policies?.onUnknown}`;
}

function endBeforeSending(notification: Notification, now: number): Step | null {
  if (notification.signals.recall) return suppress(notification, 'cancelled', null, now);
  const { expiresAt } = notification.policies;
  return expiresAt !== null && expiresAt <= now ? suppress(notification, 'expired', null, now) : null;
}

async function cachedMobiles(tx: LedgerTx, context: StartContext, due: readonly Notification[], now: number) {
  const wanted = new Set(due.flatMap((each) => unresolvedMobiles(each).map((mobile) => mobile.reveal())));
  const entries = wanted.size === 0 ? [] : await tx.mobiles(context.app, [...wanted]);
  const fresh = entries.filter(({ userid, at }) => {
    return now - at < (userid === null ? context.unknownMobileTtlMs : context.mobileTtlMs);
  });
  const known = new Map(fresh.map((entry) => [entry.mobile, { userid: entry.userid, code: null }]));
  return (mobile: { reveal(): string }) => known.get(mobile.reveal());
}

interface ToSave {
  readonly isNew: ReadonlySet<string>;
  readonly started: readonly Call[];
  readonly waiting: readonly Call[];
  readonly absorbed: readonly Call[];
  readonly callSteps: readonly CallStep[];
  readonly members: Members;
}

/** New calls are inserted as they ended up, old ones updated; steps that ended a call were made on either kind. */
async function save(tx: LedgerTx, all: ToSave): Promise<void> {
  const calls = new Map<string, Call>();
  for (const call of [...all.absorbed, ...all.waiting]) calls.set(call.id, call);
  for (const step of all.callSteps) calls.set(step.call.id, step.call);
  for (const call of all.started) calls.set(call.id, call);
  // An absorbed call that never was in the ledger need not get there.
  const absorbedNew = new Set(all.absorbed.filter((call) => all.isNew.has(call.id)).map((call) => call.id));
  const changed = [...calls.values()].filter((call) => !absorbedNew.has(call.id));
  await tx.insertCalls(changed.filter((call) => all.isNew.has(call.id)));
  await tx.saveCalls(changed.filter((call) => !all.isNew.has(call.id)));
  await tx.insertCalls(all.callSteps.flatMap((step) => step.newCalls));
  const steps = all.callSteps.flatMap((step) => step.steps);
  const stepped = new Set(steps.map((step) => step.notification.id));
  await saveSteps(tx, [
    ...steps,
    ...[...all.members.values()].filter((each) => !stepped.has(each.id)).map(quietly),
  ]);
}

function byPriorityAndTime(a: Call, b: Call): number {
  if (a.priority !== b.priority) return a.priority === 'high' ? -1 : 1;
  return a.nextAt - b.nextAt;
}
