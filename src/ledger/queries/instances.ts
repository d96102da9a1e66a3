import type { Scope } from '../scope.ts';

/** SQL that is true of an owner whose instance is not (or no longer) heard of. Takes the lease's length in ms. */
export function isGone(owner: string, leaseMs: string): string {
  return `NOT EXISTS (SELECT 1 FROM instances i WHERE i.id = ${owner} AND i.heartbeat_at > server_now() - CAST(${leaseMs} AS BIGINT))`;
}

/**
 * Says that this instance lives, by the store's own clock: instances whose clocks differ must not take each other
 * for dead. Frees what instances that died had leased.
 * @returns true when somebody else's work became free.
 */
export async function beat(scope: Scope, description: string): Promise<boolean> {
  const { session, context } = scope;
  await session.run(
    `INSERT INTO instances (id, heartbeat_at, started_at, description) VALUES (?1, server_now(), server_now(), ?2)
     ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at`,
    [context.instance, description],
  );
  const dead = context.shared
    ? await session.all<{ id: string }>(
        `SELECT id FROM instances WHERE id <> ?1 AND heartbeat_at <= server_now() - CAST(?2 AS BIGINT)
         FOR UPDATE SKIP LOCKED`,
        [context.instance, context.leaseMs],
      )
    : // The only writer there is may free everything that is not its own.
      await session.all<{ id: string }>('SELECT id FROM instances WHERE id <> ?1', [context.instance]);
  await free(
    scope,
    dead.map((each) => each.id),
  );
  return dead.length > 0;
}

/** Gives back all that this instance holds, at its orderly end. */
export async function leave(scope: Scope): Promise<void> {
  await free(scope, [scope.context.instance]);
}

/** Calls in `sending` keep their owner: that tells that they are orphans. */
async function free({ session }: Scope, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await session.run(
    'UPDATE notifications SET owner = NULL, lease_until = 0 WHERE owner IS NOT NULL AND owner IN texts(?1)',
    [ids],
  );
  await session.run(
    `UPDATE calls SET owner = NULL, lease_until = 0 
     WHERE owner IS NOT NULL AND owner IN texts(?1) AND state <> 'sending'`,
    [ids],
  );
  await session.run('DELETE FROM leases WHERE owner IN texts(?1)', [ids]);
  await session.run('DELETE FROM instances WHERE id IN texts(?1)', [ids]);
}
