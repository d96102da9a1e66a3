/** What a caller may do after a fault: give up, try again with backoff, or try again after a known time. */
export type Retry = 'no' | 'backoff' | { readonly afterMs: number };

/**
 * The root of every fault that dingbus throws. Expected outcomes are values, not errors; a subclass lives in the
 * room that throws it and fixes `code`, a stable word for logs, metrics and tests.
 */
export abstract class DingbusError extends Error {
  abstract readonly code: string;
  readonly retry: Retry;

  constructor(message: string, options: { retry?: Retry; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.retry = options.retry ?? 'no';
  }
}

/** The message of anything that was thrown, for texts that people read. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
