import { text, type InsertSpec } from '../engine.ts';
import type { ClaimVerdict, ContentClaim, CounterKey } from '../ledger.ts';
import type { Scope } from '../scope.ts';
import { indexText } from './index-text.ts';

const claimRow: InsertSpec = {
  table: 'content_claims',
  columns: [text('day'), text('app'), text('userid'), text('content_hash'), text('notification_id')],
  key: 'content_hash',
  conflict: '',
};

/** People are locked by a few hundred shared locks rather than one each: the server has only so many. */
const lockBuckets = 256;

/**
 * Grants each claim that neither repeats a content for its person nor passes their limit of the day. The people are
 * locked first, so that two instances do not both grant the last place; claims of one list see each other.
 */
export async function claimContents(
  scope: Scope,
  claims: readonly ContentClaim[],
  limit: number,
): Promise<readonly ClaimVerdict[]> {
  if (claims.length === 0) return [];
  const { session } = scope;
  if (scope.context.shared) await session.lock([...new Set(claims.map(bucketOf))]);
  const standings = await standingsOf(scope, claims);
  /** What this list itself has been granted. */
  const holders = new Map<string, string>();
  const counts = new Map<string, number>();
  const fresh: string[][] = [];
  const verdicts: ClaimVerdict[] = [];
  for (const [at, claim] of claims.entries()) {
    const person = personKey(claim);
    const content = `${person}\n${claim.contentHash}`;
    const holder = holders.get(content) ?? standings[at]?.holder ?? null;
    const count = counts.get(person) ?? standings[at]?.people ?? 0;
    if (holder === claim.notificationId) verdicts.push({ granted: true });
    else if (holder !== null)
      verdicts.push({ granted: false, reason: 'same_content_today', related: holder });
    else if (count >= limit) verdicts.push({ granted: false, reason: 'user_daily_limit' });
    else {
      counts.set(person, count + 1);
      holders.set(content, claim.notificationId);
      fresh.push([claim.day, claim.app, indexText(claim.userid), claim.contentHash, claim.notificationId]);
      verdicts.push({ granted: true });
    }
  }
  await session.insert(claimRow, fresh);
  return verdicts;
}

function personKey(claim: { readonly day: string; readonly app: string; readonly userid: string }): string {
  return `${claim.day}\n${claim.app}\n${indexText(claim.userid)}`;
}

/** Any even spread will do (this is FNV-1a); it must be the same on every instance. */
function bucketOf(claim: ContentClaim): number {
  let hash = 0x811c9dc5;
  for (const char of personKey(claim)) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash % lockBuckets;
}

interface StandingRow {
  readonly at: number;
  readonly people: number;
  readonly holder: string | null;
}

/**
 * For each claim the number of contents that its person has had that day and who holds this one, in one look at the
 * person's rows. Claims are answered by their place in the list.
 */
async function standingsOf(
  { session }: Scope,
  claims: readonly ContentClaim[],
): Promise<readonly (StandingRow | undefined)[]> {
  const rows = await session.allEach<StandingRow>(
    `SELECT r.at, count(*) AS people, max(CASE WHEN c.content_hash = r.content_hash THEN c.notification_id END) AS holder
     FROM each(at int, day text, app text, userid text, content_hash text) AS r
     JOIN content_claims c ON c.day = r.day AND c.app = r.app AND c.userid = r.userid
     GROUP BY r.at`,
    claims.map((claim, at) => [at, claim.day, claim.app, indexText(claim.userid), claim.contentHash]),
  );
  const standings = new Array<StandingRow | undefined>(claims.length);
  for (const row of rows) standings[row.at] = row;
  return standings;
}

export async function releaseContents({ session }: Scope, claims: readonly ContentClaim[]): Promise<void> {
  await session.runEach(
    `DELETE FROM content_claims WHERE (day, app, userid, content_hash, notification_id) IN (
       SELECT r.day, r.app, r.userid, r.content_hash, r.notification_id
       FROM each(day text, app text, userid text, content_hash text, notification_id text) AS r)`,
    claims.map((claim) => [
      claim.day,
      claim.app,
      indexText(claim.userid),
      claim.contentHash,
      claim.notificationId,
    ]),
  );
}

export async function counter({ session }: Scope, key: CounterKey): Promise<number> {
  const [row] = await session.all<{ used: number }>(
    'SELECT used FROM counters WHERE app = ?1 AND scope = ?2 AND period = ?3',
    [key.app, key.scope, key.period],
  );
  return row?.used ?? 0;
}

/** One statement decides and counts, so that no two instances can take the last place. */
export async function count(
  { session }: Scope,
  key: CounterKey,
  amount: number,
  limit: number | null,
): Promise<boolean> {
  if (amount <= 0) {
    await session.run(
      `UPDATE counters SET used = CASE WHEN used + ?4 < 0 THEN 0 ELSE used + ?4 END
       WHERE app = ?1 AND scope = ?2 AND period = ?3`,
      [key.app, key.scope, key.period, amount],
    );
    return true;
  }
  if (limit !== null && amount > limit) return false;
  const within = limit === null ? '' : 'WHERE counters.used + excluded.used <= ?5';
  const changed = await session.run(
    `INSERT INTO counters (app, scope, period, used) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (app, scope, period) DO UPDATE SET used = counters.used + excluded.used ${within}`,
    limit === null
      ? [key.app, key.scope, key.period, amount]
      : [key.app, key.scope, key.period, amount, limit],
  );
  return changed > 0;
}
