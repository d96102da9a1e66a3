/**
 * The delivery loop of one DingTalk app: takes what is due, writes the intents, makes the calls, writes the answers.
 * A call is made only after its intent is durable, and whatever happens to the process in between, the ledger knows
 * that it may have been made. The loop decides nothing about messages or people; it never waits for tracking.
 */
import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { failpoint } from '../base/failpoints.ts';
import { createLoop, type LoopState } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';
import type { Call } from '../model/call.ts';
import type { DingTalkClient, SendAudience } from '../dingtalk/client-types.ts';
import type { Slot } from '../dingtalk/slot.ts';
import { callLimits } from '../dingtalk/limits.ts';
import type { SendResult } from '../dingtalk/outcomes.ts';
import type { Ledger, LedgerTx, Tenure } from '../ledger/ledger.ts';
import { createAnswerBook } from './answers.ts';
import { withMedia } from './media.ts';
import { createPreparer } from './prepare.ts';
import type { AppQuotas } from './reserve.ts';
import { startCalls, type Slots, type Started } from './start-calls.ts';
import { tracedCall } from './traced-call.ts';

export interface SenderOptions {
  readonly app: string;
  readonly client: DingTalkClient;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where relative paths of files in messages begin. */
  readonly mediaFolder: string;
  /** Read at every turn, so that a reload takes effect at once. */
  readonly settings: () => SenderSettings;
  /** How long what was due had to wait for DingTalk's rates before its call could start, ms. */
  readonly onWait?: (waitedMs: number) => void;
  readonly onAnswers?: (answers: readonly { readonly call: Call; readonly answer: SendResult }[]) => void;
}

export interface SenderSettings {
  readonly quotas: AppQuotas;
  readonly departmentSize: (deptId: number) => number;
  readonly companySize: number;
  /** When the outcome of an accepted call is asked for first, ms after acceptance. */
  readonly firstCheckMs: number;
  /** False while a person has stopped this app. */
  readonly running: boolean;
}

export interface Sender {
  readonly app: string;
  start(): void;
  /** Something may have become possible: new work, a released hold, changed settings. */
  wake(): void;
  /** A reload has come: files that messages name may have changed, too. */
  reconfigured(): void;
  /** Takes no new work, waits for the calls under way and writes their answers; to be called again when that failed. */
  stop(): Promise<void>;
  inFlight(): number;
  /** As many calls are under way as may be, and more was due: it is not DingTalk's limits that it waits for. */
  pressed(): boolean;
  /** Its loops, for whoever watches them. */
  states(): readonly LoopState[];
}

/**
 * Calls of one app under way at once, in the ledger's eyes; the transport has fewer connections. What is due beyond
 * that waits until half of them have ended (or for a moment, when some hang): intents are written by the hundred, and
 * one commit is dear whatever it holds.
 */
const maxInFlight = 256;
const refillAt = maxInFlight / 2;
const refillWithinMs = 40;
/** With so many calls under way, answers too are written down in batches. */
const manyInFlight = 16;
/** Mobiles change hands rarely; a number that nobody has may get an owner any minute. */
const mobileTtlMs = 24 * 3_600_000;
const unknownMobileTtlMs = 10 * 60_000;
const prepareLeaseMs = 60_000;
const prepareRetryMs = 5_000;
/** Without any wake-up the ledger is looked at this often, for what a dead instance left behind. */
const lookEveryMs = 5_000;
const tenureRecheckMs = 500;

export function createSender(options: SenderOptions): Sender {
  const { app, client, ledger, clock, logger } = options;
  const flying = new Set<Promise<void>>();
  let stopping = false;
  /** The last turn left something that there was no room for. */
  let crowded = false;
  /** It did so because of the calls under way alone, whatever DingTalk's limits would have allowed. */
  let full = false;
  let startedAt = 0;
  /** Since when there has been no place for a call; null while there is. */
  let blockedSince: number | null = null;

  const preparer = createPreparer({
    app,
    client,
    ledger,
    clock,
    logger,
    mediaFolder: options.mediaFolder,
    retryMs: prepareRetryMs,
    random: options.random,
    callsPerMonth: () => options.settings().quotas.callsPerMonth,
  });
  const answers = createAnswerBook({
    app,
    ledger,
    clock,
    logger,
    random: options.random,
    firstCheckMs: () => options.settings().firstCheckMs,
    busy: () => flying.size >= manyInFlight,
    onSettled: (settled) => options.onAnswers?.(settled),
  });

  const turn = async (): Promise<{ wakeAt: number | null }> => {
    const now = clock.now();
    const settings = options.settings();
    if (stopping || !settings.running) return { wakeAt: null };
    const wait = startedAt + refillWithinMs - clock.monotonic();
    if (!hasRoom() && wait > 0) return { wakeAt: now + wait };
    const room = maxInFlight - flying.size;
    const limit = Math.min(room, client.limiter.available('send'));
    crowded = true;
    if (limit <= 0) {
      blockedSince ??= now;
      await askForPlaces(now);
      return { wakeAt: whenFree(now, 1) };
    }
    const tenure = ledger.tenure();
    // The next heartbeat brings a new one.
    if (!tenure.unbroken()) return { wakeAt: now + tenureRecheckMs };
    const slots = slotsOf(client);
    const start = (tx: LedgerTx): Promise<Started> => {
      // The ledger may run this again; places of the run that came to nothing are given back.
      slots.reset();
      return startCalls(tx, {
        app,
        clock,
        slots,
        limit,
        maxUserids: callLimits.userids.value,
        maxUseridsWithStatusBar: callLimits.statusBarUserids.value,
        sizes: {
          departments: callLimits.departments.value,
          people: callLimits.recipients.value,
          departmentSize: settings.departmentSize,
          companySize: settings.companySize,
        },
        quotas: settings.quotas,
        mobileTtlMs,
        unknownMobileTtlMs,
        prepareLeaseMs,
        mediaBody: (reader, body) => withMedia(reader, app, body, (path) => preparer.hashOf(path)),
      });
    };
    const started = await ledger.write(start).catch((thrown: unknown) => {
      // None of these calls will be made.
      slots.reset();
      throw thrown;
    });
    if (started.calls.length > 0) failpoint('delivery.after_intent');
    crowded = started.blocked !== null || started.calls.length >= limit;
    full = started.calls.length >= room;
    startedAt = clock.monotonic();
    tellWait(started, now);
    for (const call of started.calls) {
      const traces = started.traceparents.get(call.id) ?? [];
      launch(
        tracedCall(call, traces, () => send(call, slots.slotOf(call.id), tenure)),
        afterCall,
      );
    }
    if (started.unprepared.length > 0) launch(preparer.prepare(started.unprepared), wake);
    if (started.unpreparedCalls.length > 0) launch(preparer.prepareCalls(started.unpreparedCalls), wake);
    return { wakeAt: await nextTurn(started) };
  };

  /** What was due while there was no place has waited for one; the longest wait of a turn is told. */
  const tellWait = (started: Started, now: number): void => {
    if (blockedSince !== null && started.dueSince !== null && started.calls.length > 0) {
      const waited = now - Math.max(blockedSince, started.dueSince);
      if (waited > 0) options.onWait?.(waited);
    }
    if (started.blocked === null) blockedSince = null;
    else blockedSince ??= now;
  };

  /** Limits may be shared with other instances; a part of them is asked for when there is a use for it. */
  const askForPlaces = async (now: number): Promise<void> => {
    if (flying.size > 0 || client.limiter.waitMs('send', 1) !== null) return;
    const due = await ledger.read((tx) => tx.nextDue(app));
    if (due !== null && due <= now) client.limiter.ask('send', 1);
  };

  const loop = createLoop({ name: `delivery ${app}`, clock, logger, random: options.random, turn });

  /** When a call to so many people may start again; null = when one under way has ended. */
  const whenFree = (now: number, people: number): number | null => {
    if (flying.size >= maxInFlight) return null;
    const wait = client.limiter.waitMs('send', people);
    return now + Math.max(wait ?? lookEveryMs, 1);
  };

  const nextTurn = async (started: Started): Promise<number> => {
    const now = clock.now();
    const { stops } = started;
    const look = Math.min(now + lookEveryMs, Math.max(stops.until ?? Number.POSITIVE_INFINITY, now + 1));
    if (stops.all) return look;
    if (started.blocked !== null) return whenFree(now, started.blocked) ?? look;
    const due = await ledger.read((tx) => tx.nextDue(app, stops.routes));
    // What is due already was left because this turn was full, or another instance is at it.
    return due === null ? look : Math.min(Math.max(due, now + 20), look);
  };

  /** Whether a turn is worth its commit. */
  const hasRoom = (): boolean => !crowded || flying.size <= maxInFlight - refillAt;

  const wake = (): void => {
    loop.wake();
  };

  const afterCall = (): void => {
    if (crowded && hasRoom()) loop.wake();
  };

  const launch = (work: Promise<void>, then: () => void): void => {
    const tracked = work
      .catch((thrown: unknown) => {
        logger.error({ app, err: thrown }, 'delivery work failed');
      })
      .finally(() => {
        flying.delete(tracked);
        then();
      });
    flying.add(tracked);
  };

  /**
   * Between the intent and the call the process may have been frozen for so long that others took it for dead and
   * have made, or will make, the call themselves; then it is not ours to make any more.
   */
  const send = async (call: Call, slot: Slot | null, tenure: Tenure): Promise<SendResult> => {
    const request = { audience: audienceOf(call), body: call.body, people: call.people };
    const answer = await client.send(request, {
      priority: call.priority,
      mayStart: () => tenure.unbroken(),
      ...(slot === null ? {} : { slot }),
    });
    failpoint('delivery.after_answer');
    answers.record(call, answer);
    return answer;
  };

  const subscriptions: (() => void)[] = [];
  return {
    app,
    start() {
      answers.start();
      subscriptions.push(ledger.onWake('delivery', wake), client.limiter.onRoom(wake));
      loop.start();
    },
    wake,
    reconfigured() {
      preparer.forgetFiles();
      wake();
    },
    async stop() {
      stopping = true;
      for (const unsubscribe of subscriptions) unsubscribe();
      await loop.stop();
      await Promise.all(flying);
      await answers.stop();
    },
    inFlight: () => flying.size,
    pressed: () => full && flying.size > 0,
    states: () => [loop.state(), answers.state()],
  };
}

interface SlotBook extends Slots {
  reset(): void;
  slotOf(callId: string): Slot | null;
}

function slotsOf(client: DingTalkClient): SlotBook {
  const slots = new Map<string, Slot>();
  return {
    take(call) {
      const slot = client.limiter.tryReserve('send', call.people);
      if (slot !== null) slots.set(call.id, slot);
      return slot !== null;
    },
    giveBack(callId) {
      slots.get(callId)?.giveBack();
      slots.delete(callId);
    },
    reset() {
      for (const slot of slots.values()) slot.giveBack();
      slots.clear();
    },
    slotOf: (callId) => slots.get(callId) ?? null,
  };
}

function audienceOf(call: Call): SendAudience {
  switch (call.kind) {
    case 'users':
      // A person whom two notifications of one call are for gets one message; both are told of it.
      return { kind: 'users', userids: [...new Set(call.members.flatMap((member) => member.userids))] };
    case 'departments':
      return { kind: 'departments', deptIds: call.deptIds };
    case 'everyone':
      return { kind: 'everyone' };
  }
}
