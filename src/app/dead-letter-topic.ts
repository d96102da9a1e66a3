import type { Clock } from '../base/clock.ts';
import type { Admin } from '../kafka/admin-types.ts';
import type { DeadLetter } from '../model/dead-letter.ts';
import { decodeDeadLetter } from '../results/dead-letter.ts';

/** A dead letter as it stands in its topic. */
export interface StoredDeadLetter {
  readonly deadLetter: DeadLetter;
  /** When it was written there, ms. */
  readonly at: number;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Reads the dead-letter topic, partition by partition and oldest first; records that dingbus did not write are left
 * out. `since` (ms) skips what was written before; `newest` looks at that many offsets of each partition at most.
 * Null = all that Kafka holds.
 */
export async function* storedDeadLetters(
  admin: Admin,
  topic: string,
  range: { readonly since: number | null; readonly newest: bigint | null },
): AsyncGenerator<StoredDeadLetter> {
  const begins = new Map(
    range.since === null
      ? []
      : (await admin.offsetsAt(topic, range.since)).map(({ partition, offset }) => [partition, offset]),
  );
  for (const { partition, low, high } of await admin.offsets(topic)) {
    const begin = begins.get(partition) ?? low;
    const from = range.newest !== null && high - begin > range.newest ? high - range.newest : begin;
    for await (const record of admin.readRange(topic, partition, from, high)) {
      const deadLetter = decodeDeadLetter(record);
      if (deadLetter !== null) yield { deadLetter, at: record.timestamp, partition, offset: record.offset };
    }
  }
}

/** Where a dead letter stands in its topic. */
export interface Placed {
  readonly id: string;
  readonly place: { readonly partition: number; readonly offset: bigint } | null;
}

/** Dead letters close to each other are read in one go, others one by one. */
const readAhead = 1_000n;

/** Those that stand where they are said to, by id. */
export async function deadLettersAt(
  admin: Admin,
  topic: string,
  wanted: readonly Placed[],
): Promise<ReadonlyMap<string, DeadLetter>> {
  const ids = new Set(wanted.map(({ id }) => id));
  const places = wanted.flatMap(({ place }) => (place === null ? [] : [place]));
  places.sort((one, other) => one.partition - other.partition || (one.offset < other.offset ? -1 : 1));
  const runs: { partition: number; from: bigint; to: bigint }[] = [];
  for (const { partition, offset } of places) {
    const run = runs.at(-1);
    if (run?.partition === partition && offset < run.to + readAhead) run.to = offset + 1n;
    else runs.push({ partition, from: offset, to: offset + 1n });
  }
  const found = new Map<string, DeadLetter>();
  for (const { partition, from, to } of runs) {
    for await (const record of admin.readRange(topic, partition, from, to)) {
      const deadLetter = decodeDeadLetter(record);
      if (deadLetter !== null && ids.has(deadLetter.id)) found.set(deadLetter.id, deadLetter);
    }
  }
  return found;
}

/** A request waits for the search, so it ends in time even in a topic of any length. */
const searchNewest = 100_000n;
const searchMs = 20_000;

/** Those of the dead letters that stand among the newest ones of each partition, by id; what is not found is left out. */
export async function findStoredDeadLetters(
  admin: Admin,
  topic: string,
  ids: ReadonlySet<string>,
  clock: Clock,
): Promise<ReadonlyMap<string, DeadLetter>> {
  const found = new Map<string, DeadLetter>();
  if (ids.size === 0) return found;
  const until = clock.now() + searchMs;
  for await (const { deadLetter } of storedDeadLetters(admin, topic, { since: null, newest: searchNewest })) {
    if (ids.has(deadLetter.id)) found.set(deadLetter.id, deadLetter);
    if (found.size === ids.size || clock.now() > until) break;
  }
  return found;
}
