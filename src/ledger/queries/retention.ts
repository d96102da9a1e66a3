import { dingtalkDay, dingtalkMonth } from '../../base/dingtalk-day.ts';
import type { Session } from '../engine.ts';
import type { Scope } from '../scope.ts';

/** Intents matter for the limits of a second and a minute; the rest is slack for a clock that was set back. */
const intentsMs = 5 * 60_000;

const oldWindows = `SELECT pk FROM digest_windows WHERE state = 'taken' AND closes_at < ?1`;
const withoutMembers = 'NOT EXISTS (SELECT 1 FROM digest_members m WHERE m.window_pk = digest_windows.pk)';

/**
 * One small step: at most `limit` rows of each kind that ended before `before` go. A notification goes as a whole,
 * with its plan, calls and results, once all of them are done with; its event when no other notification needs it.
 */
export async function purge(scope: Scope, before: number, limit: number): Promise<number> {
  let removed = await purgeNotifications(scope, before, limit);
  removed += await purgeEvents(scope, before, limit);
  removed += await purgeBy(scope, 'outbox', `notification_pk IS NULL AND published_at < ?1`, before, limit);
  removed += await purgeBy(scope, 'throttle_claims', 'until <= ?1', before, limit);
  removed += await purgeBy(scope, 'signals', 'at < ?1', before, limit);
  removed += await purgeBy(scope, 'digest_members', `window_pk IN (${oldWindows})`, before, limit);
  removed += await purgeBy(
    scope,
    'digest_windows',
    `pk IN (${oldWindows}) AND ${withoutMembers}`,
    before,
    limit,
  );
  removed += await purgeIntents(scope, scope.now - intentsMs, limit);
  removed += await purgeKeyed(
    scope,
    'redrives',
    ['dead_letter_id', 'notification_id'],
    'at < ?1',
    before,
    limit,
  );
  removed += await purgeKeyed(scope, 'dedupe_claims', ['route', 'key'], 'until <= ?1', before, limit);
  removed += await purgeKeyed(scope, 'mobiles', ['app', 'mobile'], 'at < ?1', before, limit);
  removed += await purgeKeyed(scope, 'media', ['app', 'content_hash'], 'at < ?1', before, limit);
  removed += await purgeKeyed(scope, 'holds', ['subject'], 'until <= ?1', before, limit);
  removed += await purgeKeyed(
    scope,
    'content_claims',
    ['day', 'app', 'userid', 'content_hash'],
    'day < ?1',
    dingtalkDay(before),
    limit,
  );
  // Months are kept for as long as days are: both are named so that earlier ones sort first.
  removed += await purgeKeyed(
    scope,
    'counters',
    ['app', 'scope', 'period'],
    'period < ?1',
    dingtalkMonth(before),
    limit,
  );
  return removed;
}

async function purgeNotifications(scope: Scope, before: number, limit: number): Promise<number> {
  const { session } = scope;
  const rows = await session.all<{ pk: number; id: string; event_pk: number | null }>(
    `SELECT n.pk, n.id, n.event_pk FROM notifications n WHERE n.state = 'final' AND n.ended_at < ?1
       AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.notification_pk = n.pk AND o.published_at IS NULL)
       AND NOT EXISTS (SELECT 1 FROM call_members m JOIN calls c ON c.pk = m.call_pk
         WHERE m.notification_pk = n.pk AND c.state <> 'closed')
     ORDER BY n.ended_at LIMIT ?2 FOR UPDATE SKIP LOCKED`,
    [before, limit],
  );
  if (rows.length === 0) return 0;
  const pks = rows.map((row) => row.pk);
  const calls = await session.all<{ pk: number }>(
    'SELECT DISTINCT call_pk AS pk FROM call_members WHERE notification_pk IN ints(?1)',
    [pks],
  );
  const callPks = calls.map((row) => row.pk);
  await session.run('DELETE FROM call_members WHERE notification_pk IN ints(?1)', [pks]);
  const done = await session.all<{ pk: number; id: string }>(
    `SELECT pk, id FROM calls WHERE pk IN ints(?1)
       AND NOT EXISTS (SELECT 1 FROM call_members m WHERE m.call_pk = calls.pk)`,
    [callPks],
  );
  const donePks = done.map((row) => row.pk);
  await session.run('DELETE FROM call_contents WHERE pk IN ints(?1)', [donePks]);
  await session.run('DELETE FROM calls WHERE pk IN ints(?1)', [donePks]);
  await session.run('DELETE FROM outbox WHERE notification_pk IN ints(?1)', [pks]);
  await session.run('DELETE FROM notification_plans WHERE pk IN ints(?1)', [pks]);
  await session.run('DELETE FROM notifications WHERE pk IN ints(?1)', [pks]);
  // A notification is received with its event or later, so an event is old enough when all of its own are.
  const events = new Set(rows.flatMap((row) => row.event_pk ?? []));
  await deleteUnneededEvents(session, [...events]);
  for (const pk of pks) scope.context.plans.delete(pk);
  for (const pk of donePks) scope.context.contents.delete(pk);
  for (const { id } of rows) scope.current?.notifications.delete(id);
  for (const { id } of done) scope.current?.calls.delete(id);
  return pks.length;
}

/**
 * Sweeps up events that no notification needs (signals have none). They lie in order of their receipt, near enough:
 * each step looks at the next few, and the sweep begins anew when it meets one that is still to be kept.
 */
async function purgeEvents({ session, context }: Scope, before: number, limit: number): Promise<number> {
  const rows = await session.all<{ pk: number; received_at: number }>(
    'SELECT pk, received_at FROM events WHERE pk > ?1 ORDER BY pk LIMIT ?2',
    [context.sweep.events, limit],
  );
  const last = rows.at(-1);
  context.sweep.events = last === undefined || last.received_at >= before ? 0 : last.pk;
  const old = rows.filter((row) => row.received_at < before).map((row) => row.pk);
  return deleteUnneededEvents(session, old);
}

async function deleteUnneededEvents(session: Session, pks: readonly number[]): Promise<number> {
  if (pks.length === 0) return 0;
  return session.run(
    `DELETE FROM events WHERE pk IN ints(?1)
       AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.event_pk = events.pk)`,
    [pks],
  );
}

async function purgeIntents({ session }: Scope, before: number, limit: number): Promise<number> {
  return session.run(
    'DELETE FROM intents WHERE pk IN (SELECT pk FROM intents ORDER BY pk LIMIT ?2) AND at < ?1',
    [before, limit],
  );
}

async function purgeBy(
  { session }: Scope,
  table: string,
  condition: string,
  before: number,
  limit: number,
): Promise<number> {
  return session.run(
    `DELETE FROM ${table} WHERE pk IN (SELECT pk FROM ${table} WHERE ${condition} LIMIT ?2)`,
    [before, limit],
  );
}

async function purgeKeyed(
  { session }: Scope,
  table: string,
  key: readonly string[],
  condition: string,
  before: number | string,
  limit: number,
): Promise<number> {
  const columns = key.join(', ');
  return session.run(
    `DELETE FROM ${table} WHERE (${columns}) IN (SELECT ${columns} FROM ${table} WHERE ${condition} LIMIT ?2)`,
    [before, limit],
  );
}
