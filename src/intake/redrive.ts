import type { Clock } from '../base/clock.ts';
import { failpoint } from '../base/failpoints.ts';
import type { EventDecoder } from '../events/outcome.ts';
import type { Ledger, LedgerTx } from '../ledger/ledger.ts';
import type { Step } from '../ledger/lifecycle/tell.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
import type { Event } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import type { RawRecord } from '../model/record.ts';
import { admit } from './admission.ts';
import { admitBatch, applySignal, insertSteps, originOf } from './admit-batch.ts';
import { hasConsequences, identityOf, type PlannedEvent } from './planned-event.ts';
import { isSignalFailure } from '../rules/signal-failure.ts';
import type { IntakeRules } from './intake-types.ts';

export interface RedriveParts {
  readonly ledger: Ledger;
  readonly decoder: EventDecoder;
  readonly rules: () => IntakeRules;
  readonly clock: Clock;
}

export type RedriveOutcome =
  /** `created` is empty where all that followed is a recall or an update of earlier notifications. */
  | { readonly kind: 'redriven'; readonly created: readonly string[] }
  /** It was redriven before. */
  | { readonly kind: 'known' }
  /** All its events came before, in other records. */
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'still_failing'; readonly message: string }
  /** The rules of today make nothing of it. */
  | { readonly kind: 'no_match' };

/**
 * Sends a dead letter through the present rules once more: a record that could not be read as a whole, a failed
 * notification through its own route, past the check of known identities, as a new notification whose `related` is
 * the old one, a failed recall or update to the notifications that it means. All of it is one transaction that claims
 * the dead letter, so that a second redrive makes nothing new.
 */
export async function redrive(parts: RedriveParts, deadLetter: DeadLetter): Promise<RedriveOutcome> {
  const { ledger, decoder, clock } = parts;
  const rules = parts.rules();
  const { record } = deadLetter;
  const decoded = await decoder.decode(record, rules.reading(record.topic));
  if (decoded.kind === 'wait') return { kind: 'still_failing', message: decoded.error.message };
  if (decoded.kind === 'dead_letter') return { kind: 'still_failing', message: decoded.message };
  if (decoded.kind === 'tombstone') return { kind: 'no_match' };
  const now = clock.now();
  const planned: PlannedEvent[] = [];
  for (const event of decoded.events) {
    const plan = planOf(rules, deadLetter, event, now);
    if (plan !== null && hasConsequences(plan)) planned.push({ record, event, plan });
  }
  if (planned.length === 0) return { kind: 'no_match' };
  const outcome = await ledger.write(async (tx): Promise<RedriveOutcome> => {
    // Asked before the policies are: what is not made again must take no place in their windows.
    if (!(await tx.claimRedrive(deadLetter.id))) return { kind: 'known' };
    const created =
      deadLetter.route === null
        ? await admitWhole(tx, record, planned, now)
        : await admitRoute(tx, deadLetter, planned, now);
    if (created === null) return { kind: 'duplicate' };
    await tx.recordRedrive(deadLetter.id, created);
    return { kind: 'redriven', created };
  });
  failpoint('intake.after_redrive');
  return outcome;
}

function planOf(rules: IntakeRules, { route, message }: DeadLetter, event: Event, now: number): Plan | null {
  if (route === null) return rules.plan(event, now);
  // An event that takes back what was sent may be one that its route sends as well: only the part that failed is due.
  return isSignalFailure(message) ? rules.planSignals(route, event, now) : rules.planRoute(route, event, now);
}

/** A failed notification, recall or update: its event is known, and past that check goes what its route makes of it. */
async function admitRoute(
  tx: LedgerTx,
  deadLetter: DeadLetter,
  events: readonly PlannedEvent[],
  now: number,
): Promise<readonly string[]> {
  const redrive = { deadLetterId: deadLetter.id, related: deadLetter.notificationId };
  const ids: string[] = [];
  for (const planned of events) {
    const { record, event, plan } = planned;
    const identity = identityOf(event);
    await tx.insertEvents([{ identity, record, receivedAt: now }]);
    const origin = originOf(planned, now, redrive);
    const steps: { step: Step; identity: string }[] = [];
    for (const notification of plan.notifications)
      steps.push({ step: await admit(tx, notification, origin, now), identity });
    for (const { id } of await insertSteps(tx, steps)) ids.push(id);
    for (const signal of plan.signals) await applySignal(tx, signal, now);
  }
  return ids;
}

/** A record that could not be read before: its events are new to everyone, or came in another record; null = all of them. */
async function admitWhole(
  tx: LedgerTx,
  { topic, partition }: RawRecord,
  events: readonly PlannedEvent[],
  now: number,
): Promise<readonly string[] | null> {
  const batch = { group: '', topic, partition, next: null, events, deadLetters: [], redrive: true };
  const { ids, duplicates } = await admitBatch(tx, batch, now);
  return duplicates === events.length ? null : ids;
}
