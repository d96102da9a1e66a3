/**
 * The DingTalk work-notification client: one object for one app. It turns operations into single calls under DingTalk's
 * limits and their answers into values. It must never repeat a send whose outcome is open, take an answer for
 * a success that does not prove one, or let a token, secret or mobile number out in a text.
 */
import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Mobile, Secret } from '../base/sensitive.ts';
import { createAddressLimits, type AddressLimits } from './address-limits.ts';
import { checkAudience } from './audience-check.ts';
import type { ClientObserver } from './client-events.ts';
import type { CallOptions, DingTalkClient, SendRequest, UploadRequest } from './client-types.ts';
import type { Operation } from './codes.ts';
import { AppCalls, type Call } from './app-calls.ts';
import { endpoints, type Endpoint } from './endpoints.ts';
import { appState, Holds } from './holds.ts';
import type { JsonObject } from './json.ts';
import { Limiter } from './limiter.ts';
import { rateLimits, spans } from './limits.ts';
import { lookupVia, type LookupApi } from './lookup.ts';
import { hasStatusBar } from './messages.ts';
import type { CallError, CallResult, SendResult, UploadedMedia } from './outcomes.ts';
import { readMedia, readProgress, readTaskId, readTaskResult } from './payloads.ts';
import type { PermitSource } from './permits.ts';
import { post, sendArguments, type Arguments, type Encoding, type RequestOptions } from './requests.ts';
import { checkMedia, uploadRequest } from './upload.ts';
import type { TokenApi } from './token-requests.ts';
import { tracedTransport } from './traced-transport.ts';
import { createTransport, type Transport } from './transport.ts';

export interface DingTalkAppOptions {
  readonly name: string;
  readonly appKey: string;
  readonly appSecret: Secret;
  readonly agentId: number;
  /** Needed with `tokenApi: corp` only. */
  readonly corpId?: string | null;
}

export interface DingTalkClientOptions {
  /** Base address of the old API; `https://oapi.dingtalk.com` when absent. */
  readonly baseUrl?: string;
  /** Base address of the new API, for its tokens; `https://api.dingtalk.com` when absent. */
  readonly apiBaseUrl?: string;
  readonly app: DingTalkAppOptions;
  readonly clock: Clock;
  readonly random?: Random;
  /** Shared or of its own; `close()` closes only one that the client made itself. */
  readonly transport?: Transport;
  /** 0 or Infinity = not limited. DingTalk's own limits when absent. */
  readonly limits?: { readonly callsPerSecond?: number; readonly recipientsPerMinute?: number };
  /** What clients of other apps in this process share: bans and the limit of our public address. */
  readonly address?: AddressLimits;
  /** Where other processes call for the same app: our part of its limits. Alone when absent. */
  readonly permits?: PermitSource;
  /** Where stops of the app's calls are kept, when others are to know of them. */
  readonly holds?: Holds;
  /** For one call, in milliseconds; default 10 s. */
  readonly timeoutMs?: number;
  /** For an upload; default six times `timeoutMs`. */
  readonly uploadTimeoutMs?: number;
  /** After a ban that names no time; default 5 min (K12). */
  readonly banHoldMs?: number;
  /** When one call tries again after a configuration fault; null = when `release()` is called. Default 5 min. */
  readonly configurationHoldMs?: number | null;
  /** `auto` (default): the current lookup, the legacy one once DingTalk says that its permission is missing. */
  readonly lookupApi?: LookupApi;
  /** `legacy` (default): gettoken. Whether v1.0 tokens work on the old API is nowhere stated officially. */
  readonly tokenApi?: TokenApi;
  /** How long before its end a token is renewed; default 5 min. */
  readonly tokenMarginMs?: number;
  readonly encoding?: Encoding;
  readonly observe?: ClientObserver;
}

const defaultTimeoutMs = 10_000;
const defaultHoldMs = 5 * 60_000;

export function createDingTalkClient(options: DingTalkClientOptions): DingTalkClient {
  return new Client(options);
}

class Client implements DingTalkClient {
  readonly app: string;
  readonly limiter: Limiter;
  readonly #clock: Clock;
  readonly #agentId: number;
  readonly #holds: Holds;
  readonly #address: AddressLimits;
  readonly #calls: AppCalls;
  readonly #transport: Transport;
  readonly #ownsTransport: boolean;
  readonly #http: RequestOptions;
  readonly #uploadTimeoutMs: number;
  readonly #observe: ClientObserver;
  readonly #lookup: ReturnType<typeof lookupVia>;

  constructor(options: DingTalkClientOptions) {
    const { app, clock } = options;
    this.app = app.name;
    this.#clock = clock;
    this.#agentId = app.agentId;
    this.#observe = options.observe ?? ((): void => {});
    this.#holds = options.holds ?? new Holds(clock);
    this.#address = options.address ?? createAddressLimits(new Holds(clock), clock);
    this.#ownsTransport = options.transport === undefined;
    this.#transport = tracedTransport(options.transport ?? createTransport({ clock }));
    this.limiter = new Limiter({
      clock,
      callsPerSecond: options.limits?.callsPerSecond ?? rateLimits.callsPerSecond.value,
      recipientsPerMinute: options.limits?.recipientsPerMinute ?? rateLimits.recipientsPerMinute.value,
      holds: this.#holds,
      address: this.#address,
      ...(options.permits === undefined ? {} : { permits: options.permits }),
      observe: this.#observe,
    });
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#uploadTimeoutMs = options.uploadTimeoutMs ?? 6 * timeoutMs;
    this.#http = {
      baseUrl: options.baseUrl ?? 'https://oapi.dingtalk.com',
      timeoutMs,
      encoding: options.encoding ?? 'form',
    };
    this.#calls = new AppCalls({
      clock,
      transport: this.#transport,
      limiter: this.limiter,
      holds: this.#holds,
      address: this.#address,
      observe: this.#observe,
      random: options.random ?? Math.random,
      banHoldMs: options.banHoldMs ?? spans.ipBan.value,
      configurationHoldMs:
        options.configurationHoldMs === undefined ? defaultHoldMs : options.configurationHoldMs,
      tokenMarginMs: options.tokenMarginMs ?? defaultHoldMs,
      token: {
        api: options.tokenApi ?? 'legacy',
        baseUrl: this.#http.baseUrl,
        apiBaseUrl: options.apiBaseUrl ?? 'https://api.dingtalk.com',
        appKey: app.appKey,
        appSecret: app.appSecret,
        corpId: app.corpId ?? null,
        timeoutMs,
      },
    });
    this.#lookup = lookupVia(options.lookupApi ?? 'auto', this.#calls, this.#http, this.#observe);
  }

  async send(request: SendRequest, options: CallOptions = {}): Promise<SendResult> {
    const { audience, body } = request;
    const faults = checkAudience(audience, hasStatusBar(body));
    if (faults.length > 0) {
      const text = faults.map(({ path, message }) => `${path} ${message}`).join('; ');
      options.slot?.giveBack();
      return { kind: 'refused', error: this.#calls.ownError('send', 'invalid_request', text) };
    }
    const people = request.people ?? (audience.kind === 'users' ? audience.userids.length : 1);
    const exchanged = await this.#calls.call({
      ...callOptions('send', options),
      recipients: people,
      http: (token) =>
        post(this.#http, endpoints.send.path, token, sendArguments(this.#agentId, audience, body)),
    });
    if (exchanged.kind === 'ok') {
      const taskId = readTaskId(exchanged.body);
      if (taskId !== null) return { kind: 'accepted', taskId, requestId: exchanged.requestId };
      const text = 'errcode 0 without a task id';
      return {
        kind: 'unknown',
        error: this.#calls.ownError('send', 'incomplete', text, exchanged.requestId),
      };
    }
    const { error, sent } = exchanged;
    if (!sent) return { kind: 'not_sent', error };
    return error.class === 'unknown' ? { kind: 'unknown', error } : { kind: 'refused', error };
  }

  lookupMobile(mobile: Mobile, options: CallOptions = {}): ReturnType<DingTalkClient['lookupMobile']> {
    return this.#lookup(mobile, callOptions('lookup', options));
  }

  progress(taskId: string, options: CallOptions = {}): ReturnType<DingTalkClient['progress']> {
    return this.#ask(endpoints.progress, { task_id: taskId }, options, readProgress);
  }

  result(taskId: string, options: CallOptions = {}): ReturnType<DingTalkClient['result']> {
    return this.#ask(endpoints.result, { task_id: taskId }, options, readTaskResult);
  }

  recall(taskId: string, options: CallOptions = {}): Promise<CallResult<null>> {
    // This one operation calls it msg_task_id (K770).
    return this.#tell(endpoints.recall, { msg_task_id: taskId }, options);
  }

  updateStatusBar(
    taskId: string,
    value: string,
    background: string | null,
    options: CallOptions = {},
  ): Promise<CallResult<null>> {
    const colour: Arguments = background === null ? {} : { status_bg: background };
    const args = { task_id: taskId, status_value: value, ...colour };
    return this.#tell(endpoints.statusBar, args, options);
  }

  async uploadMedia(request: UploadRequest, options: CallOptions = {}): Promise<CallResult<UploadedMedia>> {
    const checked = await checkMedia(request);
    if (checked.kind === 'refused') {
      options.slot?.giveBack();
      return failed(this.#calls.ownError('upload', checked.code, checked.message));
    }
    return this.#read(
      {
        ...callOptions('upload', options),
        http: (token) =>
          uploadRequest(this.#http.baseUrl, token, request.type, checked.media, this.#uploadTimeoutMs),
      },
      readMedia,
    );
  }

  async checkToken(): Promise<CallResult<null>> {
    const answer = await this.#calls.token();
    return answer.kind === 'token' ? { kind: 'ok', value: null } : failed(answer.error);
  }

  state(): ReturnType<DingTalkClient['state']> {
    return appState([...this.#holds.list(), ...this.#address.holds.list()], this.#clock.now());
  }

  release(): void {
    const ended = [...this.#holds.release(), ...this.#address.holds.release()];
    this.#calls.forgetFailures();
    if (ended.length > 0) this.#observe({ kind: 'released', holds: ended });
    this.limiter.refresh();
  }

  lookAgain(): void {
    this.limiter.lookAgain();
  }

  async close(): Promise<void> {
    this.limiter.close();
    if (this.#ownsTransport) await this.#transport.close();
  }

  /** An operation on a task that brings data. */
  #ask<T>(
    endpoint: Endpoint,
    args: Arguments,
    options: CallOptions,
    read: (body: JsonObject) => T | null,
  ): Promise<CallResult<T>> {
    const named = { agent_id: String(this.#agentId), ...args };
    return this.#read(
      {
        ...callOptions(endpoint.operation, options),
        http: (token) => post(this.#http, endpoint.path, token, named),
      },
      read,
    );
  }

  /** An operation on a task that brings nothing but success. */
  async #tell(endpoint: Endpoint, args: Arguments, options: CallOptions): Promise<CallResult<null>> {
    const result = await this.#ask(endpoint, args, options, () => ({}));
    return result.kind === 'ok' ? { kind: 'ok', value: null } : result;
  }

  async #read<T>(call: Call, read: (body: JsonObject) => T | null): Promise<CallResult<T>> {
    const exchanged = await this.#calls.call(call);
    if (exchanged.kind === 'error') return failed(exchanged.error);
    const value = read(exchanged.body);
    if (value !== null) return { kind: 'ok', value };
    const text = 'errcode 0 without what was asked for';
    return failed(this.#calls.ownError(call.operation, 'incomplete', text, exchanged.requestId));
  }
}

function failed(error: CallError): { readonly kind: 'failed'; readonly error: CallError } {
  return { kind: 'failed', error };
}

function callOptions(operation: Operation, options: CallOptions): Omit<Call, 'http'> {
  return {
    operation,
    recipients: 0,
    slot: options.slot ?? null,
    priority: options.priority ?? 'normal',
    signal: options.signal ?? null,
    mayStart: options.mayStart ?? null,
    tolerated: null,
    hidden: [],
  };
}
