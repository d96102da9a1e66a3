import type { Scope } from '../scope.ts';

/** Work that was due within so much of the time before the clock was set comes forward with it. */
const soonMs = 15 * 60_000;

/**
 * The clock was set back from `from` to `to`. What was due, or about to be, by the old time must not wait until the new
 * one gets there; what waits for a time of day (quiet hours, the next day of a limit) goes on waiting for it.
 * @returns how many rows came forward.
 */
export async function bringForward(
  { session, context, current }: Scope,
  from: number,
  to: number,
): Promise<number> {
  const back = from - to;
  // Admitted and due at once.
  let moved = await session.run(
    `UPDATE notifications SET due_at = ?1 WHERE state = 'waiting' AND due_at = received_at AND due_at > ?1 AND due_at <= ?2`,
    [to, from],
  );
  moved += await session.run(
    `UPDATE calls SET next_at = CASE WHEN next_at - ?3 > ?1 THEN next_at - ?3 ELSE ?1 END
     WHERE state IN ('ready', 'accepted') AND next_at > ?1 AND next_at <= ?2`,
    [to, from + soonMs, back],
  );
  moved += await session.run(
    `UPDATE digest_windows SET closes_at = closes_at - ?2 WHERE state <> 'taken' AND opened_at > ?1`,
    [to, back],
  );
  for (const table of ['notifications', 'calls']) {
    await session.run(
      `UPDATE ${table} SET lease_until = lease_until - ?3 WHERE owner = ?1 AND lease_until > ?2`,
      [context.instance, to, back],
    );
  }
  // What is at hand still has the old times.
  current?.clear();
  return moved;
}
