/**
 * Two repairs of the library's request queue (one per connection).
 *
 * 1. Whenever a response arrives it arms a timer for "throttling is over", also when nothing waits and nothing was
 *    throttled; the delay is then negative, the timer fires at once and arms itself again, for ever: 4 % of a core
 *    while idle, and Node warns about negative timeouts.
 * 2. It stops looking for timed-out requests as soon as the connection begins to close, while closing waits for
 *    those very requests: a close can hang for ever when the broker does not answer.
 */
export interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly inflight: ReadonlyMap<number, InflightRequest>;
  readonly throttledUntil: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly isConnected: () => boolean;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  requestTimeoutIntervalId?: NodeJS.Timeout;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
  destroy(): void;
}

interface InflightRequest {
  readonly sentAt: number | null;
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

export interface RequestQueueClass {
  readonly prototype: RequestQueue;
}

/** How long requests that wait for room are left alone, ms; the library's own value. */
const pendingCheckMs = 10;
/** How often requests are looked at for their timeout, ms. The library's 100 ms only costs wake-ups. */
const timeoutCheckMs = 500;

export function repairRequestQueue(queue: RequestQueueClass): void {
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : pendingCheckMs,
    );
  };

  queue.prototype.scheduleRequestTimeoutCheck = function (this: RequestQueue): void {
    if (!this.enforceRequestTimeout) return;
    this.destroy();
    const timer = setInterval(
      () => {
        const now = Date.now();
        for (const request of [...this.inflight.values()]) {
          if (request.sentAt !== null && now - request.sentAt > request.requestTimeout)
            request.timeoutRequest();
        }
        if (!this.isConnected() && this.inflight.size === 0) clearInterval(timer);
      },
      Math.min(this.requestTimeout, timeoutCheckMs),
    );
    this.requestTimeoutIntervalId = timer;
  };
}
