import { stableId } from '../../base/ids.ts';
import { decodeEvent, encodeEvent } from '../codec/event.ts';
import type { ClosedDigest, DigestWindow } from '../ledger.ts';
import type { Event } from '../../model/event.ts';
import type { Scope } from '../scope.ts';
import { indexText } from './index-text.ts';

interface WindowRow {
  readonly pk: number;
  readonly id: string;
  readonly route: string;
  readonly key: string;
  readonly app: string;
  readonly opened_at: number;
  readonly closes_at: number;
  readonly count: number;
}

const windowColumns = 'pk, id, route, key, app, opened_at, closes_at, count';

export async function joinDigest(
  scope: Scope,
  fresh: DigestWindow,
  member: Event,
  memberId: string,
): Promise<DigestWindow> {
  const { session } = scope;
  const window = await openWindow(scope, fresh);
  const added = await session.run(
    `INSERT INTO digest_members (window_pk, member_id, event) VALUES (?1, ?2, ?3)
     ON CONFLICT (window_pk, member_id) DO NOTHING`,
    [window.pk, memberId, encodeEvent(member)],
  );
  if (added > 0) await session.run('UPDATE digest_windows SET count = count + 1 WHERE pk = ?1', [window.pk]);
  return toWindow({ ...window, count: window.count + (added > 0 ? 1 : 0) });
}

/** The open window of the key, locked; a new one when there is none or the last one's time is over. */
async function openWindow(scope: Scope, fresh: DigestWindow): Promise<WindowRow> {
  const { session } = scope;
  const key = indexText(fresh.key);
  // A window that is full and one that opens in the same millisecond would have the same name.
  for (let attempt = 0; ; attempt++) {
    const [open] = await session.all<WindowRow>(
      `SELECT ${windowColumns} FROM digest_windows WHERE route = ?1 AND key_index = ?2 AND state = 'open' FOR UPDATE`,
      [fresh.route, key],
    );
    if (open !== undefined && open.closes_at > fresh.openedAt) return open;
    if (open !== undefined) {
      await session.run(`UPDATE digest_windows SET state = 'closed' WHERE pk = ?1`, [open.pk]);
    }
    const id = attempt === 0 ? fresh.id : stableId('ntf', fresh.id, attempt);
    const inserted = await session.run(
      `INSERT INTO digest_windows (id, route, key_index, key, app, opened_at, closes_at, count, state)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 'open') ON CONFLICT DO NOTHING`,
      [id, fresh.route, key, fresh.key, fresh.app, fresh.openedAt, fresh.closesAt],
    );
    // Who opens or closes windows must set the alarm for the earliest one anew.
    if (inserted > 0) scope.wakes.add('digests');
  }
}

function toWindow(row: WindowRow): DigestWindow {
  return {
    id: row.id,
    route: row.route,
    key: row.key,
    app: row.app,
    openedAt: row.opened_at,
    closesAt: row.closes_at,
    count: row.count,
  };
}

export async function closeDigest(scope: Scope, id: string, at: number): Promise<void> {
  const closed = await scope.session.run(
    `UPDATE digest_windows SET state = 'closed', closes_at = CASE WHEN closes_at < ?2 THEN closes_at ELSE ?2 END
     WHERE id = ?1 AND state <> 'taken'`,
    [id, at],
  );
  if (closed > 0) scope.wakes.add('digests');
}

export async function takeClosedDigests(
  { session }: Scope,
  now: number,
  limit: number,
): Promise<readonly ClosedDigest[]> {
  const windows = await session.all<WindowRow>(
    `SELECT ${windowColumns} FROM digest_windows WHERE state <> 'taken' AND closes_at <= ?1
     ORDER BY closes_at, pk LIMIT ?2 FOR UPDATE SKIP LOCKED`,
    [now, limit],
  );
  if (windows.length === 0) return [];
  const pks = windows.map((window) => window.pk);
  const rows = await session.all<{ window_pk: number; member_id: string; event: string }>(
    'SELECT window_pk, member_id, event FROM digest_members WHERE window_pk IN ints(?1) ORDER BY pk',
    [pks],
  );
  // The window stays, so that its name is not given again, and with it who its members are: each can be redriven.
  await session.run(`UPDATE digest_windows SET state = 'taken' WHERE pk IN ints(?1)`, [pks]);
  await session.run(`UPDATE digest_members SET event = '' WHERE window_pk IN ints(?1)`, [pks]);
  const members = Map.groupBy(rows, (row) => row.window_pk);
  return windows.map((window) => ({
    window: toWindow(window),
    members: (members.get(window.pk) ?? []).map((row) => ({
      id: row.member_id,
      event: decodeEvent(row.event),
    })),
  }));
}

/** Ids of the notifications that a digest stands for, in the order in which they came. */
export async function digestMembers({ session }: Scope, id: string): Promise<readonly string[]> {
  const rows = await session.all<{ member_id: string }>(
    `SELECT m.member_id FROM digest_members m JOIN digest_windows w ON w.pk = m.window_pk
     WHERE w.id = ?1 ORDER BY m.pk`,
    [id],
  );
  return rows.map((row) => row.member_id);
}

export async function nextDigest({ session }: Scope): Promise<number | null> {
  const [row] = await session.all<{ at: number | null }>(
    `SELECT min(closes_at) AS at FROM digest_windows WHERE state <> 'taken'`,
  );
  return row?.at ?? null;
}
