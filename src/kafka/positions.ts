import type { StartAt } from './source-types.ts';

/**
 * Decides where reading of a partition begins. Pure: the broker's facts and the handler's wish come in.
 */
export interface PositionFacts {
  readonly partition: number;
  /** The group's committed offset and the note beside it; null when there is none. */
  readonly committed: bigint | null;
  /** First offset that the log holds, and the one after its last. */
  readonly low: bigint;
  readonly high: bigint;
  /** What the handler asked for; null when it leaves it to us. */
  readonly wished: bigint | null;
  readonly start: StartAt;
  /** How many partitions the topic had when reading of it began; null when nobody noted it. */
  readonly knownPartitions: number | null;
}

export interface ChosenPosition {
  readonly offset: bigint;
  /** `out_of_range`: what was wished or committed is not in the log, `start` decided. `added`: see below. */
  readonly reason: 'wished' | 'committed' | 'start' | 'added' | 'out_of_range';
}

export function choosePosition(facts: PositionFacts): ChosenPosition {
  const { low, high, wished, committed } = facts;
  const start = facts.start === 'earliest' ? low : high;
  for (const [offset, reason] of [[wished, 'wished'] as const, [committed, 'committed'] as const]) {
    if (offset === null) continue;
    return offset < low || offset > high ? { offset: start, reason: 'out_of_range' } : { offset, reason };
  }
  // A partition that was added while the topic was being read: with `latest`, whatever was produced between its
  // creation and our noticing it would be lost without a trace.
  if (facts.knownPartitions !== null && facts.partition >= facts.knownPartitions)
    return { offset: low, reason: 'added' };
  return { offset: start, reason: 'start' };
}

/**
 * Every commit carries a note of how many partitions the topic had when its partition was first read. It stays the
 * same from commit to commit, so that a later partition is known as new whoever of the group gets it, and whenever.
 */
export function noteOf(knownPartitions: number): string {
  return `partitions=${knownPartitions}`;
}

/** What the notes of a topic's committed partitions say; null when none says anything. */
export function knownPartitions(notes: readonly (string | null | undefined)[]): number | null {
  let least: number | null = null;
  for (const note of notes) {
    const count = Number(/^partitions=(\d+)$/.exec(note ?? '')?.[1] ?? Number.NaN);
    if (!Number.isNaN(count) && (least === null || count < least)) least = count;
  }
  return least;
}
