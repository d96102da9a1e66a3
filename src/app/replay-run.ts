import { backoffMs } from '../base/backoff.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { findByName } from '../base/name-pattern.ts';
import { isRecorded, readRecorded } from '../events/recorded.ts';
import type { DecodeOutcome, EventDecoder } from '../events/outcome.ts';
import { referenceOf, type Event, type EventReference } from '../model/event.ts';
import type { RawRecord } from '../model/record.ts';
import { Replay, type FoundDifference, type ReplaySummary } from '../rules/replay/replay.ts';
import type { ReplayedRecord } from '../rules/replay/side.ts';
import type { Active } from './configuration.ts';
import { intakeRules } from './intake-rules.ts';

export interface ReplayConfigurationParts {
  readonly active: Active;
  readonly decoder: EventDecoder;
}

export interface ReplayRunOptions {
  readonly before: ReplayConfigurationParts;
  readonly after: ReplayConfigurationParts;
  readonly clock: Clock;
}

export type Taken =
  | { readonly ok: true; readonly found: readonly FoundDifference[] }
  | { readonly ok: false; readonly message: string };

/** A replay that takes what people recorded: records as Kafka had them, or events as people write them. */
export interface ReplayRun {
  /**
   * An event or a recorded record as parsed JSON, whole numbers exact. `place` tells those apart that have no id of
   * their own, and is never used twice. @throws when the schema registry cannot be reached.
   */
  takeJson(input: unknown, place: bigint): Promise<Taken>;
  /** @throws when the schema registry cannot be reached. */
  takeRecord(record: RawRecord): Promise<readonly FoundDifference[]>;
  finish(): readonly FoundDifference[];
  summary(): ReplaySummary;
}

export function createReplayRun({ before, after, clock }: ReplayRunOptions): ReplayRun {
  const replay = new Replay(before.active, after.active);
  const startMs = clock.now();
  const sides = { before: intakeRules(before.active), after: intakeRules(after.active) };
  const sameReading = readsAlike(before, after);
  const sameSchemas =
    fingerprint(before.active.config.eventSchemas.map(({ schema }) => schema)) ===
    fingerprint(after.active.config.eventSchemas.map(({ schema }) => schema));

  const decode = async (side: 'before' | 'after', record: RawRecord): Promise<ReplayedRecord> => {
    const { decoder } = side === 'before' ? before : after;
    const rules = sides[side];
    const how = rules.reading(record.topic);
    if (!rules.couldMatch(record.topic, decoder.typeHint(record, how))) return unread;
    return replayed(await decodeSurely(() => decoder.decode(record, how), clock));
  };

  const takeRecord = async (record: RawRecord): Promise<readonly FoundDifference[]> => {
    const old = await decode('before', record);
    // What one does not even look at, the other may have to read.
    const isShared = old !== unread && sameReading(record.topic);
    const fresh = isShared ? old : await decode('after', record);
    const [event] = [...old.events, ...fresh.events];
    const place = event === undefined ? placeOf(record) : referenceOf(event.meta);
    const nowMs = record.timestamp >= 0 ? record.timestamp : (place.time ?? startMs);
    return replay.record(old, fresh, place, nowMs);
  };

  const takeEvent = (input: Readonly<Record<string, unknown>>, place: bigint): Taken => {
    const named = withPlace(input, place);
    if (named === null) return { ok: false, message: 'the event names no topic' };
    const old = before.active.rules.eventFrom(named, startMs);
    const fresh = sameSchemas ? old : after.active.rules.eventFrom(named, startMs);
    if (!old.ok) return old;
    if (!fresh.ok) return fresh;
    const reference = referenceOf(old.event.meta);
    const nowMs = reference.time ?? startMs;
    return { ok: true, found: replay.record(one(old.event), one(fresh.event), reference, nowMs) };
  };

  return {
    async takeJson(input, place) {
      if (typeof input !== 'object' || input === null || Array.isArray(input)) {
        return { ok: false, message: 'an event is an object with the key data' };
      }
      const object = input as Readonly<Record<string, unknown>>;
      if ('data' in object || !isRecorded(object)) return takeEvent(object, place);
      const read = readRecorded(object, place);
      return read.ok ? { ok: true, found: await takeRecord(read.record) } : read;
    },
    takeRecord,
    finish: () => replay.finish(),
    summary: () => replay.summary(),
  };
}

/** A record that no route can match is not decoded, so nobody learns whether it could be. */
const unread: ReplayedRecord = { events: [], deadLetter: null };

function one(event: Event): ReplayedRecord {
  return { events: [event], deadLetter: null };
}

function replayed(outcome: DecodeOutcome): ReplayedRecord {
  switch (outcome.kind) {
    case 'events':
      return { events: outcome.events, deadLetter: null };
    case 'dead_letter':
      return { events: [], deadLetter: outcome.reason };
    case 'tombstone':
      return { events: [], deadLetter: null };
    case 'wait':
      throw outcome.error;
  }
}

const attempts = 5;
const backoff = { firstMs: 200, maxMs: 2_000 };

/** A registry that is away for a moment must not end a long replay. */
async function decodeSurely(
  decode: () => DecodeOutcome | Promise<DecodeOutcome>,
  clock: Clock,
): Promise<DecodeOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await decode();
    if (outcome.kind !== 'wait' || attempt === attempts) return outcome;
    await sleep(clock, backoffMs(attempt, backoff));
  }
}

function placeOf({ topic, partition, offset, key, timestamp }: RawRecord): EventReference {
  const id = `${partition}/${offset}`;
  const time = timestamp >= 0 ? timestamp : null;
  return {
    source: topic,
    id,
    type: null,
    time,
    topic,
    partition,
    offset,
    key: key?.toString('utf8') ?? null,
  };
}

/** Whether both read a topic's records in the same way, so that decoding once is enough. */
function readsAlike(
  before: ReplayConfigurationParts,
  after: ReplayConfigurationParts,
): (topic: string) => boolean {
  const known = new Map<string, boolean>();
  const reading = ({ active }: ReplayConfigurationParts, topic: string): string => {
    const { format, source, id, type, time } = findByName(active.config.topics, topic) ?? { format: 'auto' };
    return fingerprint([format, source, id, type, time, active.config.timeZone]);
  };
  return (topic) => {
    const alike =
      known.get(topic) ??
      (before.decoder === after.decoder && reading(before, topic) === reading(after, topic));
    known.set(topic, alike);
    return alike;
  };
}

function fingerprint(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'bigint' ? { whole: String(each) } : each,
  );
}

/** The event with a place to be known by, where it has neither id nor place; null without a topic. */
function withPlace(
  input: Readonly<Record<string, unknown>>,
  place: bigint,
): Readonly<Record<string, unknown>> | null {
  const { meta } = input;
  const all = typeof meta === 'object' && meta !== null ? { ...input, ...meta } : input;
  if (typeof all['topic'] !== 'string') return null;
  const isNamed = [all['id'], all['offset']].some((each) => each !== undefined && each !== null);
  return isNamed ? input : { ...input, offset: place };
}
