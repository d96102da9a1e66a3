/** How often a member shows a sign of life, ms: several fit into a session, and a rebalance is noticed soon. */
export function heartbeatMs(sessionTimeoutMs: number): number {
  return Math.min(2_000, Math.max(300, Math.floor(sessionTimeoutMs / 5)));
}

/** The last commit of a session may take so long, ms. */
export const lastCommitMs = 3_000;

/**
 * How long the broker waits for members to come back in a rebalance, ms: before that, handlers at work have to end,
 * their positions have to be committed, and a heartbeat has to have told us of the rebalance at all.
 */
export function rebalanceTimeoutMs(timeouts: {
  readonly sessionTimeoutMs: number;
  readonly drainTimeoutMs: number;
}): number {
  return timeouts.drainTimeoutMs + 2 * lastCommitMs + timeouts.sessionTimeoutMs;
}
