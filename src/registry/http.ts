import { Pool, type Dispatcher } from 'undici';
import type { Clock } from '../base/clock.ts';
import { DingbusError, messageOf } from '../base/errors.ts';
import type { Secret } from '../base/sensitive.ts';
import { RegistryUnavailableError } from './errors.ts';

export type RegistryAuth =
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'bearer'; readonly token: Secret };

/** PEM texts; null = the system's certificates, no client certificate. */
export interface RegistryTls {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: Secret | null;
  readonly passphrase: Secret | null;
  readonly serverName: string | null;
  readonly rejectUnauthorized: boolean;
}

export interface RegistryHttpOptions {
  /** Base address without a trailing slash, such as `http://127.0.0.1:8081`. */
  readonly url: string;
  readonly auth: RegistryAuth | null;
  readonly tls: RegistryTls | null;
  /** For one request from its queueing to the last byte of its answer, ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Takes the place of the network in tests. */
  readonly dispatcher?: Dispatcher;
}

/**
 * The registry itself answered "no", with its own error code. `status` is read by the client library, which takes
 * 404 for "not registered yet".
 */
export class RegistryRefusal extends DingbusError {
  readonly code = 'registry_refused';
  readonly status: number;
  /** Five digits, the HTTP status first. Source: Confluent Schema Registry API reference, "Errors". */
  readonly errorCode: number;

  constructor(status: number, errorCode: number, message: string) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
  }
}

/** A schema with its references and no more than this many bytes is believable; a larger answer is cut off. */
const maxAnswerBytes = 16 * 1024 * 1024;
/** Enough for one batch's unknown schemas at once without hammering the registry. */
const connections = 8;
const mediaType = 'application/vnd.schemaregistry.v1+json';

/**
 * One request, one answer; no retries. An answer is believed only when it is the registry's own: JSON, and for a
 * refusal with an `error_code`. Anything else (a proxy's page, a wrong path, a server fault, refused credentials)
 * means that the registry is unavailable, because mistaking it for "unknown schema" would throw good records away.
 */
export class RegistryHttp {
  readonly #options: RegistryHttpOptions;
  readonly #dispatcher: Dispatcher;
  readonly #origin: string;
  readonly #basePath: string;
  readonly #authorization: string | null;

  constructor(options: RegistryHttpOptions) {
    this.#options = options;
    const url = new URL(options.url);
    this.#origin = url.origin;
    this.#basePath = url.pathname.replace(/\/+$/, '');
    this.#authorization = authorization(options.auth, url);
    this.#dispatcher =
      options.dispatcher ?? new Pool(url.origin, { connections, ...connectOptions(options.tls) });
  }

  /** The base address without credentials. */
  get address(): string {
    return this.#origin + this.#basePath;
  }

  /**
   * @throws {RegistryRefusal} the registry answered with an error of its own.
   * @throws {RegistryUnavailableError} no answer of the registry came.
   */
  async request(method: 'GET' | 'POST' | 'PUT', path: string, body: string | null): Promise<unknown> {
    const aborter = new AbortController();
    const cancel = this.#options.clock.schedule(this.#options.timeoutMs, () => {
      aborter.abort(new Error(`no answer within ${this.#options.timeoutMs} ms`));
    });
    try {
      const answer = await this.#dispatcher.request({
        origin: this.#origin,
        path: this.#basePath + path,
        method,
        body,
        headers: this.#headers(body !== null),
        signal: aborter.signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return understand(answer.statusCode, await readText(answer.body), this.address);
    } catch (thrown) {
      if (thrown instanceof RegistryRefusal || thrown instanceof RegistryUnavailableError) throw thrown;
      throw new RegistryUnavailableError(
        `the schema registry at ${this.address} cannot be reached: ${describe(thrown)}`,
        thrown,
      );
    } finally {
      cancel();
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  #headers(withBody: boolean): Record<string, string> {
    const headers: Record<string, string> = { accept: `${mediaType}, application/json` };
    if (withBody) headers['content-type'] = mediaType;
    if (this.#authorization !== null) headers['authorization'] = this.#authorization;
    return headers;
  }
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error(`an answer of more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function understand(status: number, text: string, address: string): unknown {
  const data = parse(text);
  if (status >= 200 && status < 300) {
    if (typeof data === 'object' && data !== null) return data;
    throw new RegistryUnavailableError(
      `what answers at ${address} is no schema registry: status ${status} without JSON`,
    );
  }
  if (status === 401 || status === 403) {
    throw new RegistryUnavailableError(
      `the schema registry at ${address} refuses the credentials (status ${status})`,
    );
  }
  const refusal = data as { error_code?: unknown; message?: unknown } | null | undefined;
  const message = typeof refusal?.message === 'string' ? refusal.message : `status ${status}`;
  const errorCode = Number(refusal?.error_code);
  const isRefusal =
    status >= 400 && status < 500 && status !== 408 && status !== 429 && Number.isInteger(errorCode);
  if (isRefusal) throw new RegistryRefusal(status, errorCode, message);
  throw new RegistryUnavailableError(`the schema registry at ${address} answers with status ${status}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller sees `undefined` and says what that means for the status at hand.
    return undefined;
  }
}

/** Undici wraps the system's error ("fetch failed", "other side closed"); the innermost text says most. */
function describe(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return messageOf(thrown.errors[0]);
  return messageOf(thrown);
}

function authorization(auth: RegistryAuth | null, url: URL): string | null {
  if (auth?.kind === 'bearer') return `Bearer ${auth.token.reveal()}`;
  const basic =
    auth === null
      ? url.username === ''
        ? null
        : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
      : `${auth.username}:${auth.password.reveal()}`;
  return basic === null ? null : `Basic ${Buffer.from(basic, 'utf8').toString('base64')}`;
}

function connectOptions(tls: RegistryTls | null): Pool.Options {
  if (tls === null) return {};
  return {
    connect: {
      rejectUnauthorized: tls.rejectUnauthorized,
      ...(tls.ca === null ? {} : { ca: tls.ca }),
      ...(tls.cert === null ? {} : { cert: tls.cert }),
      ...(tls.key === null ? {} : { key: tls.key.reveal() }),
      ...(tls.passphrase === null ? {} : { passphrase: tls.passphrase.reveal() }),
      ...(tls.serverName === null ? {} : { servername: tls.serverName }),
    },
  };
}
