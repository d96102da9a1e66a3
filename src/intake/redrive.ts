import type { Clock } from '../base/clock.ts';
import { failpoint } from '../base/failpoints.ts';
import type { EventDecoder } from '../events/outcome.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Origin } from '../ledger/lifecycle/admit.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
import { referenceOf } from '../model/event.ts';
import { admit } from './admission.ts';
import { admitBatch, insertSteps } from './admit-batch.ts';
import { identityOf, type PlannedEvent } from './planned-event.ts';
import type { IntakeRules } from './intake-types.ts';

export interface RedriveParts {
  readonly ledger: Ledger;
  readonly decoder: EventDecoder;
  readonly rules: () => IntakeRules;
  readonly clock: Clock;
}

export type RedriveOutcome =
  | { readonly kind: 'redriven'; readonly created: readonly string[] }
  /** It was redriven before, or its event is known by now. */
  | { readonly kind: 'known' }
  | { readonly kind: 'still_failing'; readonly message: string }
  /** The rules of today make nothing of it. */
  | { readonly kind: 'no_match' };

/**
 * Sends a dead letter through the present rules once more: a record that could not be read as a whole, a failed
 * notification through its own route, past the check of known identities, as a new notification whose `related` is
 * the old one. The new ids follow from the dead letter's, so that a second redrive makes nothing new.
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
  const created: string[] = [];
  let matched = false;
  for (const event of decoded.events) {
    if (deadLetter.route === null) {
      const plan = rules.plan(event, now);
      matched ||= plan.notifications.length > 0;
      created.push(...(await admitWhole(parts, deadLetter, { record, event, plan }, now)));
      continue;
    }
    const plan = rules.planRoute(deadLetter.route, event, now);
    if (plan === null || plan.notifications.length === 0) continue;
    matched = true;
    const origin: Origin = {
      event: referenceOf(event.meta),
      record,
      traceparent: event.meta.traceparent,
      receivedAt: now,
      configHash: plan.configHash,
      redrive: { deadLetterId: deadLetter.id, related: deadLetter.notificationId },
    };
    const inserted = await ledger.write(async (tx) => {
      const identity = identityOf(event);
      await tx.insertEvents([{ identity, record, receivedAt: now }]);
      const steps: { step: Awaited<ReturnType<typeof admit>>; identity: string }[] = [];
      for (const planned of plan.notifications)
        steps.push({ step: await admit(tx, planned, origin, now), identity });
      const made = await insertSteps(tx, steps);
      await tx.recordRedrive(
        deadLetter.id,
        made.map(({ id }) => id),
      );
      return made;
    });
    failpoint('intake.after_redrive');
    created.push(...inserted.map((each) => each.id));
  }
  if (!matched) return { kind: 'no_match' };
  return created.length === 0 ? { kind: 'known' } : { kind: 'redriven', created };
}

/** A record that could not be read before: its events are new to everyone. */
async function admitWhole(
  { ledger }: RedriveParts,
  deadLetter: DeadLetter,
  planned: PlannedEvent,
  now: number,
): Promise<readonly string[]> {
  const { topic, partition } = planned.record;
  const batch = {
    group: '',
    topic,
    partition,
    next: null,
    events: [planned],
    deadLetters: [],
    redrive: true,
  };
  return ledger.write(async (tx) => {
    const { ids } = await admitBatch(tx, batch, now);
    await tx.recordRedrive(deadLetter.id, ids);
    return ids;
  });
}
