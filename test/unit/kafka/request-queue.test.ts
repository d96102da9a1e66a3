import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import '../../../src/kafka/kafkajs.ts';

const load = createRequire(import.meta.url);

interface Queue {
  push(request: {
    entry: {
      correlationId: number;
      apiName: string;
      resolve(answer: unknown): void;
      reject(error: Error): void;
    };
    expectResponse: boolean;
    sendRequest(): void;
  }): void;
  fulfillRequest(answer: { correlationId: number; payload: Buffer; size: number }): void;
  maybeThrottle(ms: number): void;
  scheduleRequestTimeoutCheck(): void;
  waitForPendingRequests(): Promise<void>;
  destroy(): void;
}
const RequestQueue = load('kafkajs/src/network/requestQueue/index.js') as new (options: unknown) => Queue;

const logger = { debug: () => undefined, warn: () => undefined };
let connected = true;

function newQueue(options: { maxInFlightRequests?: number } = {}): Queue {
  return new RequestQueue({
    maxInFlightRequests: options.maxInFlightRequests ?? null,
    requestTimeout: 1_000,
    enforceRequestTimeout: true,
    clientId: 'test',
    broker: 'test',
    logger,
    isConnected: () => connected,
  });
}

function request(queue: Queue, correlationId: number): { sent: boolean; outcome: string } {
  const state = { sent: false, outcome: 'none' };
  queue.push({
    entry: {
      correlationId,
      apiName: 'Fetch',
      resolve: () => (state.outcome = 'answered'),
      reject: (error) => (state.outcome = error.name),
    },
    expectResponse: true,
    sendRequest: () => (state.sent = true),
  });
  return state;
}

describe("the library's request queue, repaired", () => {
  beforeEach(() => {
    connected = true;
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('leaves no timer behind once everything is answered, so that an idle service sleeps', () => {
    const queue = newQueue();
    request(queue, 1);
    queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 });
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('sends what had to wait for room', () => {
    const queue = newQueue({ maxInFlightRequests: 1 });
    request(queue, 1);
    const second = request(queue, 2);
    expect(second.sent).toBe(false);
    queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 });
    vi.advanceTimersByTime(10);
    expect(second.sent).toBe(true);
  });

  it('obeys a broker that throttles, and goes on by itself afterwards', () => {
    const queue = newQueue();
    queue.maybeThrottle(2_000);
    const waiting = request(queue, 1);
    vi.advanceTimersByTime(1_900);
    expect(waiting.sent).toBe(false);
    vi.advanceTimersByTime(200);
    expect(waiting.sent).toBe(true);
  });

  it('lets a closing connection go although the broker never answers its last request', async () => {
    const queue = newQueue();
    queue.scheduleRequestTimeoutCheck();
    const last = request(queue, 1);
    connected = false;
    const closed = queue.waitForPendingRequests();
    await vi.advanceTimersByTimeAsync(3_000);
    await closed;
    expect(last.outcome).toBe('KafkaJSRequestTimeoutError');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
