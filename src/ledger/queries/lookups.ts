import { int, text, type InsertSpec } from '../engine.ts';
import type { MediaEntry, MobileEntry } from '../ledger.ts';
import type { Scope } from '../scope.ts';

export async function mobiles(
  { session }: Scope,
  app: string,
  wanted: readonly string[],
): Promise<readonly MobileEntry[]> {
  if (wanted.length === 0) return [];
  return session.all<MobileEntry>(
    'SELECT app, mobile, userid, at FROM mobiles WHERE app = ?1 AND mobile IN texts(?2)',
    [app, wanted],
  );
}

const mobileRow: InsertSpec = {
  table: 'mobiles',
  columns: [text('app'), text('mobile'), text('userid'), int('at')],
  key: 'mobile',
  conflict: 'ON CONFLICT (app, mobile) DO UPDATE SET userid = excluded.userid, at = excluded.at',
};

export async function saveMobiles({ session }: Scope, entries: readonly MobileEntry[]): Promise<void> {
  const last = new Map(entries.map((entry) => [`${entry.app}\n${entry.mobile}`, entry]));
  await session.insert(
    mobileRow,
    [...last.values()].map(({ app, mobile, userid, at }) => [app, mobile, userid, at]),
  );
}

export async function forgetUserids(
  { session }: Scope,
  app: string,
  userids: readonly string[],
): Promise<void> {
  if (userids.length === 0) return;
  await session.run('DELETE FROM mobiles WHERE app = ?1 AND userid IN texts(?2)', [app, userids]);
}

export async function media(
  { session }: Scope,
  app: string,
  contentHashes: readonly string[],
): Promise<readonly MediaEntry[]> {
  if (contentHashes.length === 0) return [];
  return session.all<MediaEntry>(
    `SELECT app, content_hash AS "contentHash", media_id AS "mediaId", at FROM media
     WHERE app = ?1 AND content_hash IN texts(?2)`,
    [app, contentHashes],
  );
}

const mediaRow: InsertSpec = {
  table: 'media',
  columns: [text('app'), text('content_hash'), text('media_id'), int('at')],
  key: 'content_hash',
  conflict: 'ON CONFLICT (app, content_hash) DO UPDATE SET media_id = excluded.media_id, at = excluded.at',
};

export async function saveMedia({ session }: Scope, entries: readonly MediaEntry[]): Promise<void> {
  const last = new Map(entries.map((entry) => [`${entry.app}\n${entry.contentHash}`, entry]));
  await session.insert(
    mediaRow,
    [...last.values()].map(({ app, contentHash, mediaId, at }) => [app, contentHash, mediaId, at]),
  );
}

export async function forgetMedia({ session }: Scope, app: string, mediaId: string): Promise<void> {
  await session.run('DELETE FROM media WHERE app = ?1 AND media_id = ?2', [app, mediaId]);
}
