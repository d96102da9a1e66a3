import { int, text, type InsertSpec } from '../engine.ts';
import type { Position } from '../ledger.ts';
import type { Scope } from '../scope.ts';

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly next: string;
  readonly committed: string | null;
  readonly topic_id: string | null;
}

export async function positions({ session }: Scope, group: string): Promise<readonly Position[]> {
  // Offsets use all 64 bits, more than a number holds.
  const rows = await session.all<Row>(
    `SELECT topic, partition, CAST(next AS TEXT) AS next, CAST(committed AS TEXT) AS committed, topic_id
     FROM positions WHERE consumer_group = ?1 ORDER BY topic, partition`,
    [group],
  );
  return rows.map((row) => ({
    topic: row.topic,
    partition: row.partition,
    next: BigInt(row.next),
    committed: row.committed === null ? null : BigInt(row.committed),
    topicId: row.topic_id,
  }));
}

export async function advancePosition(
  { session }: Scope,
  group: string,
  topic: string,
  partition: number,
  next: bigint,
): Promise<void> {
  await session.run(
    `INSERT INTO positions (consumer_group, topic, partition, next) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET next = excluded.next
     WHERE positions.next < excluded.next`,
    [group, topic, partition, next],
  );
}

export async function resetPosition(
  { session }: Scope,
  group: string,
  topic: string,
  partition: number,
  next: bigint,
  committed: bigint | null,
): Promise<void> {
  await session.run(
    `INSERT INTO positions (consumer_group, topic, partition, next, committed) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (consumer_group, topic, partition)
     DO UPDATE SET next = excluded.next, committed = excluded.committed`,
    [group, topic, partition, next, committed],
  );
}

export async function noteTopicId(
  { session }: Scope,
  group: string,
  topic: string,
  partition: number,
  topicId: string,
): Promise<void> {
  await session.run(
    'UPDATE positions SET topic_id = ?4 WHERE consumer_group = ?1 AND topic = ?2 AND partition = ?3',
    [group, topic, partition, topicId],
  );
}

const commits: InsertSpec = {
  table: 'positions',
  columns: [text('consumer_group'), text('topic'), int('partition'), int('next'), int('committed')],
  key: 'topic',
  conflict: `ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET committed = excluded.committed
    WHERE positions.committed IS NULL OR positions.committed < excluded.committed`,
};

export async function recordCommits(
  { session }: Scope,
  group: string,
  list: readonly { readonly topic: string; readonly partition: number; readonly offset: bigint }[],
): Promise<void> {
  // One statement may touch a row only once; of several commits of a partition the last counts.
  const last = new Map(list.map((each) => [`${each.topic}/${each.partition}`, each]));
  await session.insert(
    commits,
    [...last.values()].map(({ topic, partition, offset }) => [group, topic, partition, offset, offset]),
  );
}
