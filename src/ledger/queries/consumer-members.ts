import type { Scope } from '../scope.ts';

export async function consumerMember({ session }: Scope, group: string): Promise<string | null> {
  const [row] = await session.all<{ member_id: string }>(
    'SELECT member_id FROM consumer_members WHERE consumer_group = ?1',
    [group],
  );
  return row?.member_id ?? null;
}

export async function saveConsumerMember(
  { session }: Scope,
  group: string,
  memberId: string | null,
): Promise<void> {
  if (memberId === null) {
    await session.run('DELETE FROM consumer_members WHERE consumer_group = ?1', [group]);
    return;
  }
  await session.run(
    `INSERT INTO consumer_members (consumer_group, member_id) VALUES (?1, ?2)
     ON CONFLICT (consumer_group) DO UPDATE SET member_id = excluded.member_id`,
    [group, memberId],
  );
}
