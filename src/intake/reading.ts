/** Records → events with their plans. What cannot be read becomes a dead letter; what cannot be read now is thrown. */
import { Breath } from '../base/breath.ts';
import type { Clock } from '../base/clock.ts';
import { stableId } from '../base/ids.ts';
import type { DecodeOutcome, EventDecoder } from '../events/outcome.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
import type { RawRecord } from '../model/record.ts';
import type { IntakeRules } from './intake-types.ts';
import { hasConsequences, type PlannedEvent } from './planned-event.ts';

export interface Reading {
  readonly events: PlannedEvent[];
  readonly deadLetters: DeadLetter[];
  tombstones: number;
  decoded: number;
}

export async function readRecords(
  records: readonly RawRecord[],
  rules: IntakeRules,
  decoder: EventDecoder,
  clock: Clock,
): Promise<Reading> {
  const reading: Reading = { events: [], deadLetters: [], tombstones: 0, decoded: 0 };
  // All are begun before the first is waited for, so that schemas that have to be asked for are asked for at once.
  const begun: { record: RawRecord; decoding: DecodeOutcome | Promise<DecodeOutcome> }[] = [];
  for (const record of records) {
    const how = rules.reading(record.topic);
    if (!rules.couldMatch(record.topic, decoder.typeHint(record, how))) continue;
    begun.push({ record, decoding: decoder.decode(record, how) });
  }
  const breath = new Breath(clock);
  for (const { record, decoding } of begun) {
    if (breath.due) await breath.take();
    take(decoding instanceof Promise ? await decoding : decoding, record, rules, reading, clock);
  }
  return reading;
}

function take(
  outcome: DecodeOutcome,
  record: RawRecord,
  rules: IntakeRules,
  reading: Reading,
  clock: Clock,
): void {
  switch (outcome.kind) {
    case 'wait':
      throw outcome.error;
    case 'tombstone':
      reading.tombstones += 1;
      return;
    case 'dead_letter':
      reading.deadLetters.push(decodeDeadLetter(record, outcome));
      return;
    case 'events':
      for (const event of outcome.events) {
        reading.decoded += 1;
        const plan = rules.plan(event, clock.now());
        if (hasConsequences(plan)) reading.events.push({ record, event, plan });
      }
  }
}

function decodeDeadLetter(record: RawRecord, outcome: DecodeOutcome & { kind: 'dead_letter' }): DeadLetter {
  return {
    id: stableId('dlq', record.topic, record.partition, record.offset, record.timestamp, outcome.reason),
    record,
    stage: 'decode',
    reason: outcome.reason,
    message: outcome.message,
    exceptionClass: outcome.className,
    route: null,
    notificationId: null,
  };
}
