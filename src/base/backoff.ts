/** A source of randomness in [0, 1); injected so that tests are repeatable. */
export type Random = () => number;

export interface BackoffOptions {
  /** Delay before the first retry, in milliseconds. */
  readonly firstMs: number;
  /** No delay is longer than this, in milliseconds. */
  readonly maxMs: number;
  /** Growth from one attempt to the next; default 2. */
  readonly factor?: number;
}

/**
 * The delay before retry number `attempt` (1 = first), exponential with "equal jitter": at least half of the
 * nominal delay, so that retries spread out and yet never hammer.
 */
export function backoffMs(attempt: number, options: BackoffOptions, random: Random = Math.random): number {
  const nominal = Math.min(
    options.maxMs,
    options.firstMs * (options.factor ?? 2) ** Math.max(0, attempt - 1),
  );
  return Math.round(nominal / 2 + (nominal / 2) * random());
}
