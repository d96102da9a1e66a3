import { messageOf } from '../base/errors.ts';
import type { Clock } from '../base/clock.ts';
import type { EventDecoder } from '../events/outcome.ts';
import { redrive } from '../intake/redrive.ts';
import type { Logger } from '../base/logger.ts';
import type { Admin } from '../kafka/admin-types.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
import type { OperationOutcome, WantedDeadLetter } from '../server/ports.ts';
import type { Current } from './current.ts';
import { deadLettersAt, findStoredDeadLetters } from './dead-letter-topic.ts';
import { intakeRules } from './intake-rules.ts';
import { outcome } from './operations.ts';
import { findDeadLetters } from './server-views.ts';

export interface RedriveAllParts {
  readonly ledger: Ledger;
  readonly decoder: EventDecoder;
  /** For dead letters that the ledger does not hold any more. */
  readonly admin: Admin;
  readonly current: Current;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Finds dead letters where they are said to stand, else in the ledger while it holds them, else by a search of the topic,
 * and redrives them. Ids follow from the dead letters', so a repeat is safe.
 */
export async function redriveAll(
  parts: RedriveAllParts,
  wanted: readonly WantedDeadLetter[],
): Promise<OperationOutcome[]> {
  const { ledger, admin, current, clock, logger } = parts;
  // The topic's name takes effect at the start only, but a changed one is where people would look for them.
  const topic = current.active.config.results.deadLetterTopic;
  const known = new Map<string, DeadLetter>();
  const missing = (): Set<string> => new Set(wanted.map(({ id }) => id).filter((id) => !known.has(id)));
  const keep = (found: ReadonlyMap<string, DeadLetter>): void => {
    for (const [id, deadLetter] of found) known.set(id, deadLetter);
  };
  try {
    keep(await deadLettersAt(admin, topic, wanted));
  } catch (thrown) {
    // A place that is not there is as wrong as one where something else stands: the search finds what it can.
    logger.debug({ err: thrown }, 'dead letters could not be read at the places named');
  }
  keep(await findDeadLetters(ledger, missing()));
  let trouble: string | null = null;
  try {
    keep(await findStoredDeadLetters(admin, topic, missing(), clock));
  } catch (thrown) {
    // Those that the ledger holds are redriven all the same.
    trouble = messageOf(thrown);
  }
  // Together, because their transactions then share commits.
  return Promise.all(
    wanted.map(async ({ id }) => {
      const deadLetter = known.get(id);
      if (deadLetter !== undefined) return redriveOne(parts, deadLetter);
      return trouble === null
        ? outcome(id, false, 'not_found', `neither the ledger nor the newest of ${topic} hold it`)
        : outcome(id, false, 'topic_unreadable', `${topic} cannot be read now: ${trouble}`);
    }),
  );
}

const signalled = 'no new notification: it recalls or updates earlier ones';

async function redriveOne(
  { ledger, decoder, current, clock }: RedriveAllParts,
  deadLetter: DeadLetter,
): Promise<OperationOutcome> {
  const { id } = deadLetter;
  const rules = () => intakeRules(current.active);
  const done = await redrive({ ledger, decoder, rules, clock }, deadLetter);
  switch (done.kind) {
    case 'redriven':
      return outcome(id, true, 'redriven', done.created.length === 0 ? signalled : null, done.created);
    case 'known':
      return outcome(id, true, 'already_redriven', 'nothing new: it was redriven before');
    case 'duplicate':
      return outcome(id, true, 'duplicate', 'nothing new: its event is known from another record');
    case 'no_match':
      return outcome(id, false, 'no_match', 'the rules in force make nothing of it');
    case 'still_failing':
      return outcome(id, false, 'still_failing', done.message);
  }
}
