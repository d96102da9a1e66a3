import type { Admin } from '../kafka/admin-types.ts';
import type { RawRecord } from '../model/record.ts';

/** Which records of some topics; null = not bounded on that side. */
export interface TopicRange {
  readonly topics: readonly string[];
  /** Of this partition only. */
  readonly partition: number | null;
  /** By the records' timestamps, ms: at or after, and before. */
  readonly since: number | null;
  readonly until: number | null;
  /** By offset: from this one, up to but without that one. */
  readonly fromOffset: bigint | null;
  readonly toOffset: bigint | null;
}

export interface OpenRange {
  /** Offsets in the range; compaction and transactions leave some of them without a record. */
  readonly total: number;
  /** Offsets passed so far. */
  passed(): number;
  /** All partitions together, oldest first as far as timestamps go. */
  records(): AsyncGenerator<RawRecord>;
}

interface Part {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Opens a range as it stands now: what is written from now on is not in it. No group is joined and nothing committed.
 *
 * @throws {TopicsMissingError}
 */
export async function openTopicRange(admin: Admin, range: TopicRange): Promise<OpenRange> {
  const parts: Part[] = [];
  for (const topic of range.topics) parts.push(...(await partsOf(admin, topic, range)));
  const positions = parts.map(({ from }) => from);
  const total = parts.reduce((sum, { from, to }) => sum + Number(to - from), 0);
  return {
    total,
    passed: () => parts.reduce((sum, { from }, index) => sum + Number((positions[index] ?? from) - from), 0),
    records: () =>
      merged(
        parts.map(({ topic, partition, from, to }) => admin.readRange(topic, partition, from, to)),
        (index, record) => {
          positions[index] = record.offset + 1n;
        },
      ),
  };
}

async function partsOf(admin: Admin, topic: string, range: TopicRange): Promise<readonly Part[]> {
  const at = async (ms: number | null): Promise<ReadonlyMap<number, bigint>> => {
    const offsets = ms === null ? [] : await admin.offsetsAt(topic, ms);
    return new Map(offsets.map(({ partition, offset }) => [partition, offset]));
  };
  const begins = await at(range.since);
  const ends = await at(range.until);
  const offsets = await admin.offsets(topic);
  return offsets
    .filter(({ partition }) => range.partition === null || partition === range.partition)
    .map(({ partition, low, high }) => {
      const from = most([low, begins.get(partition), range.fromOffset]);
      const to = least([high, ends.get(partition), range.toOffset]);
      return { topic, partition, from, to: to < from ? from : to };
    });
}

function most(offsets: readonly (bigint | null | undefined)[]): bigint {
  return present(offsets).reduce((a, b) => (a > b ? a : b));
}

function least(offsets: readonly (bigint | null | undefined)[]): bigint {
  return present(offsets).reduce((a, b) => (a < b ? a : b));
}

function present(offsets: readonly (bigint | null | undefined)[]): readonly bigint[] {
  return offsets.filter((offset) => offset !== null && offset !== undefined);
}

/** Merges by timestamp, with one record of each partition in hand. */
async function* merged(
  sources: readonly AsyncIterable<RawRecord>[],
  onTaken: (index: number, record: RawRecord) => void,
): AsyncGenerator<RawRecord> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
  for (;;) {
    let next = -1;
    let record: RawRecord | null = null;
    for (const [index, head] of heads.entries()) {
      if (head.done === true || (record !== null && head.value.timestamp >= record.timestamp)) continue;
      next = index;
      record = head.value;
    }
    const iterator = iterators[next];
    if (record === null || iterator === undefined) return;
    onTaken(next, record);
    yield record;
    heads[next] = await iterator.next();
  }
}
