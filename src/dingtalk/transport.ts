/**
 * Carries one HTTP request and says for certain whether any byte of it may have left. That distinction decides
 * whether a message may be sent again, so nothing here repeats a request, follows a redirect or guesses.
 */
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { decodeContent } from './content-encoding.ts';

export interface TransportRequest {
  readonly method: 'GET' | 'POST';
  /** Absolute address; its query holds the token, so it must not be logged. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable | null;
  /** For the whole exchange, connection and reading included, in milliseconds. */
  readonly timeoutMs: number;
  /** Asked once, immediately before the first byte is written; `false` takes the request back. */
  readonly mayStart?: () => boolean;
}

/**
 * `lost_before_write`: no byte left, and none ever will. `lost_after_write`: the request or a part of it may have
 * arrived; whatever answer there was is not whole.
 */
export type TransportAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: Buffer }
  | { readonly kind: 'lost_before_write'; readonly message: string }
  | { readonly kind: 'lost_after_write'; readonly message: string };

export interface Transport {
  /** Never rejects. */
  request(request: TransportRequest): Promise<TransportAnswer>;
  /** Waits for what is under way, then ends all connections. */
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly clock: Clock;
  /** For a new connection, TLS included. Default 5 s. */
  readonly connectTimeoutMs?: number;
  /** From the end of the request to the head of the answer; the request's own time-out alone when absent. */
  readonly headersTimeoutMs?: number;
  /** Between two pieces of the answer's body; the request's own time-out alone when absent. */
  readonly bodyTimeoutMs?: number;
  /** Connections to one host. Default 64. */
  readonly connections?: number;
  /** How long an unused connection stays open; short, because a server that closes it first leaves calls in doubt. */
  readonly keepAliveMs?: number;
}

/** Answers of these APIs are a few KiB; anything beyond this is no answer of theirs. */
const maxAnswerBytes = 4 * 1_048_576;

export function createTransport(options: TransportOptions): Transport {
  const keepAliveMs = options.keepAliveMs ?? 4000;
  const agent = new Agent({
    connections: options.connections ?? 64,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: options.connectTimeoutMs ?? 5000 },
    // 0 = none: undici's own defaults would cut off what the request's time-out allows.
    headersTimeout: options.headersTimeoutMs ?? 0,
    bodyTimeout: options.bodyTimeoutMs ?? 0,
    keepAliveTimeout: keepAliveMs,
    // A server may ask for less by its Keep-Alive header, never for more.
    keepAliveMaxTimeout: keepAliveMs,
  });
  return {
    request: (request) => new Exchange(agent, options.clock, request).answer,
    close: () => agent.close(),
  };
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<TransportAnswer>;
  readonly #resolve: (answer: TransportAnswer) => void;
  readonly #cancelTimer: () => void;
  readonly #mayStart: () => boolean;
  #controller: Dispatcher.DispatchController | null = null;
  #settled = false;
  #status = 0;
  #encoding = '';
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(agent: Agent, clock: Clock, request: TransportRequest) {
    const { promise, resolve } = Promise.withResolvers<TransportAnswer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#mayStart = request.mayStart ?? ((): boolean => true);
    this.#cancelTimer = clock.schedule(request.timeoutMs, () => {
      this.#abort(`no answer within ${request.timeoutMs} ms`);
    });
    try {
      const { origin, pathname, search } = new URL(request.url);
      agent.dispatch(
        {
          origin,
          path: `${pathname}${search}`,
          method: request.method,
          // Answers are small; whoever compresses them all the same is understood.
          headers: { 'accept-encoding': 'identity', ...request.headers },
          body: request.body,
          // A request is not begun on a connection that has another under way, and never begun twice.
          idempotent: false,
        },
        this,
      );
    } catch (thrown) {
      this.#settleLost(messageOf(thrown));
    }
  }

  /** undici calls this immediately before it writes; until then nothing has left. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    const again = this.#controller !== null;
    if (!again && !this.#settled && !this.#mayStart()) this.#settleLost('taken back before it was written');
    this.#controller = controller;
    if (this.#settled || again) controller.abort(new Error('this request was given up or begun before'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // Interim answers (1xx) come before the real one.
    if (status < 200) return;
    this.#status = status;
    this.#encoding = String(headers['content-encoding'] ?? '');
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > maxAnswerBytes) this.#abort(`the answer is larger than ${maxAnswerBytes} bytes`);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    try {
      const body = decodeContent(Buffer.concat(this.#chunks), this.#encoding, maxAnswerBytes);
      this.#settle({ kind: 'answered', status: this.#status, body });
    } catch (thrown) {
      this.#settleLost(`the answer cannot be decoded from ${this.#encoding}: ${messageOf(thrown)}`);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#settleLost(describe(error));
  }

  #abort(message: string): void {
    this.#settleLost(message);
    this.#controller?.abort(new Error(message));
  }

  #settleLost(message: string): void {
    const kind = this.#controller === null ? 'lost_before_write' : 'lost_after_write';
    this.#settle({ kind, message });
  }

  #settle(answer: TransportAnswer): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#cancelTimer();
    this.#chunks = [];
    this.#resolve(answer);
  }
}

/** A failed connection to several addresses carries its reasons inside. */
function describe(error: Error): string {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : null;
  return error.message === '' && inner !== null ? messageOf(inner) : error.message;
}
