import type { DedupeClaim, ThrottleClaim } from '../ledger.ts';
import type { Scope } from '../scope.ts';
import { indexText } from './index-text.ts';
import { lockNumber } from './lock-number.ts';

/**
 * The first claim of a key holds its window; an expired one is taken over. The insert waits for whoever inserts the
 * same key at the same time, and the loop covers a holder that gives back between the two statements.
 */
export async function claimDedupe({ session }: Scope, claim: DedupeClaim, now: number): Promise<string> {
  const key = indexText(claim.key);
  for (;;) {
    const taken = await session.run(
      `INSERT INTO dedupe_claims (route, key, notification_id, until) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (route, key) DO UPDATE SET notification_id = excluded.notification_id, until = excluded.until
       WHERE dedupe_claims.until <= ?5`,
      [claim.route, key, claim.notificationId, claim.until, now],
    );
    if (taken > 0) return claim.notificationId;
    const [holder] = await session.all<{ notification_id: string }>(
      'SELECT notification_id FROM dedupe_claims WHERE route = ?1 AND key = ?2',
      [claim.route, key],
    );
    if (holder !== undefined) return holder.notification_id;
  }
}

/** Admitted notifications of the last `windowMs` count, up to `limit`; what is refused never counts. */
export async function claimThrottle(scope: Scope, claim: ThrottleClaim, now: number): Promise<string | null> {
  const { session } = scope;
  const key = indexText(claim.key);
  if (scope.context.shared) await session.lock([lockNumber('throttle', claim.route, key)]);
  const admitted = await session.all<{ notification_id: string }>(
    `SELECT notification_id FROM throttle_claims WHERE route = ?1 AND key = ?2 AND at > ?3
     ORDER BY at DESC, pk DESC LIMIT ?4`,
    [claim.route, key, now - claim.windowMs, Math.max(1, claim.limit)],
  );
  if (admitted.some((each) => each.notification_id === claim.notificationId)) return null;
  const latest = admitted[0];
  if (admitted.length >= claim.limit && latest !== undefined) return latest.notification_id;
  await session.run(
    'INSERT INTO throttle_claims (route, key, notification_id, at, until) VALUES (?1, ?2, ?3, ?4, ?5)',
    [claim.route, key, claim.notificationId, now, now + claim.windowMs],
  );
  return null;
}

export async function releasePolicyClaims(
  { session }: Scope,
  notificationIds: readonly string[],
): Promise<void> {
  if (notificationIds.length === 0) return;
  await session.run('DELETE FROM dedupe_claims WHERE notification_id IN texts(?1)', [notificationIds]);
  await session.run('DELETE FROM throttle_claims WHERE notification_id IN texts(?1)', [notificationIds]);
}
