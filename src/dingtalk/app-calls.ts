/**
 * Calls that carry the app's token: gets it, and where DingTalk refuses it, gets another one and makes the call once
 * more. That is the only repetition in this client; it is safe because such a refusal proves that nothing was done.
 */
import type { Random } from '../base/backoff.ts';
import type { Secret, Sensitive } from '../base/sensitive.ts';
import type { ErrorClass, Operation } from './codes.ts';
import { Exchange, type ExchangeOptions, type ExchangeRequest, type Exchanged } from './exchange.ts';
import type { CallError } from './outcomes.ts';
import { readToken } from './payloads.ts';
import type { Slot } from './slot.ts';
import { tokenRequest, type TokenRequestOptions } from './token-requests.ts';
import { TokenSource, type TokenAnswer, type TokenFetch } from './token.ts';
import type { TransportRequest } from './transport.ts';

export interface Call {
  readonly operation: Operation;
  /** The request with this token; null when it cannot be made a second time. */
  readonly http: (token: string) => TransportRequest | null;
  readonly recipients: number;
  readonly slot: Slot | null;
  readonly priority: 'high' | 'normal';
  readonly signal: AbortSignal | null;
  /** Asked immediately before the request is written; null = nobody has to be asked. */
  readonly mayStart: (() => boolean) | null;
  /** A fault of this code does not hold the app. */
  readonly tolerated: string | null;
  /** What of the arguments must not appear in texts. */
  readonly hidden: readonly Sensitive[];
}

export interface AppCallsOptions extends Omit<ExchangeOptions, 'hidden'> {
  readonly random: Random;
  readonly token: TokenRequestOptions;
  readonly tokenMarginMs: number;
}

/** How long a call waits that has met the end of two good tokens, one after the other. Milliseconds. */
const endedTokenMs = 1_000;

/**
 * What a token call carries stands in the configuration. A refusal of it must not be read as one of the message, the
 * people or the token of the call that needs the token.
 */
const misconfigured: ReadonlySet<ErrorClass> = new Set(['message', 'recipient', 'refresh_token']);

export class AppCalls {
  readonly #options: AppCallsOptions;
  readonly #exchange: Exchange;
  readonly #tokens: TokenSource;

  constructor(options: AppCallsOptions) {
    this.#options = options;
    this.#exchange = new Exchange({ ...options, hidden: () => this.#hidden() });
    this.#tokens = new TokenSource({
      clock: options.clock,
      random: options.random,
      marginMs: options.tokenMarginMs,
      fetch: () => this.#fetchToken(),
    });
  }

  async call(call: Call): Promise<Exchanged> {
    const first = await this.#tokens.get();
    if (first.kind === 'failed') return withoutToken(call, first.error);
    const answer = await this.#once(call, first.token, call.slot);
    if (answer.kind === 'ok' || answer.error.class !== 'refresh_token') return answer;

    const second = await this.#tokens.replace(first.token);
    if (second.kind === 'failed') return withoutToken({ ...call, slot: null }, second.error);
    const again = await this.#once({ ...call, priority: 'high' }, second.token, null);
    if (again.kind === 'ok' || again.error.class !== 'refresh_token') return again;
    // It was good, and somebody has ended it since: that is a matter of time, and nobody's to mend.
    if (this.#tokens.hasWorked(second.token))
      return { ...again, error: { ...again.error, class: 'retry_after', retryAfterMs: endedTokenMs } };
    // A fresh token that is refused too is no matter of time: key, secret and app do not belong together.
    return { ...again, error: this.#configurationFault(again.error) };
  }

  token(): Promise<TokenAnswer> {
    return this.#tokens.get();
  }

  ownError(...args: Parameters<Exchange['ownError']>): CallError {
    return this.#exchange.ownError(...args);
  }

  forgetFailures(): void {
    this.#tokens.forgetFailures();
  }

  async #once(call: Call, token: Secret, slot: Slot | null): Promise<Exchanged> {
    const http = call.http(token.reveal());
    if (http === null) {
      slot?.giveBack();
      const text = 'the token had expired and the content cannot be read a second time';
      return { kind: 'error', error: this.ownError(call.operation, 'lost_before_write', text), sent: false };
    }
    const { operation, recipients, priority, signal, mayStart, tolerated, hidden } = call;
    const request: ExchangeRequest = {
      operation,
      recipients,
      slot,
      priority,
      signal,
      mayStart,
      tolerated,
      http,
      hidden,
      envelope: 'errcode',
    };
    const answer = await this.#exchange.call(request);
    if (answer.kind === 'ok') this.#tokens.worked(token);
    return answer;
  }

  async #fetchToken(): Promise<TokenFetch> {
    const { http, envelope } = tokenRequest(this.#options.token);
    const answer = await this.#exchange.call({
      operation: 'token',
      http,
      envelope,
      recipients: 0,
      slot: null,
      priority: 'high',
      signal: null,
      mayStart: null,
      tolerated: null,
      hidden: [],
    });
    if (answer.kind === 'error') return this.#tokenFailed(answer.error);
    const read = readToken(answer.body);
    if (read === null)
      return this.#tokenFailed(this.ownError('token', 'incomplete', 'errcode 0 without a token'));
    this.#options.observe({ kind: 'token', outcome: 'renewed', code: null });
    return { kind: 'ok', token: read.token, seconds: read.seconds };
  }

  #tokenFailed(error: CallError): TokenFetch {
    this.#options.observe({ kind: 'token', outcome: 'failed', code: error.code });
    return {
      kind: 'failed',
      error: misconfigured.has(error.class) ? this.#configurationFault(error) : error,
    };
  }

  #configurationFault(error: CallError): CallError {
    const fault: CallError = { ...error, class: 'configuration' };
    this.#exchange.hold(fault);
    return fault;
  }

  #hidden(): readonly Sensitive[] {
    const { current } = this.#tokens;
    const { appSecret } = this.#options.token;
    return current === null ? [appSecret] : [appSecret, current];
  }
}

/** Without a token nothing was sent and nothing is charged, whatever the token call was answered. */
function withoutToken(call: Call, error: CallError): Exchanged {
  call.slot?.giveBack();
  return { kind: 'error', error: { ...error, provesNothingSent: true, httpStatus: null }, sent: false };
}
