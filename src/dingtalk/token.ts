/**
 * The access token of one app: asked for once however many calls need it, renewed before it ends, and renewed when
 * DingTalk refuses it. The token is a `Secret`; it must never reach a log or an error text.
 */
import { backoffMs, type Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { Secret } from '../base/sensitive.ts';
import { spans } from './limits.ts';
import type { CallError } from './outcomes.ts';

export type TokenAnswer =
  { readonly kind: 'token'; readonly token: Secret } | { readonly kind: 'failed'; readonly error: CallError };

/** What one token call brought; `seconds`: life of the token, null when the answer names none. */
export type TokenFetch =
  | { readonly kind: 'ok'; readonly token: string; readonly seconds: number | null }
  | { readonly kind: 'failed'; readonly error: CallError };

export interface TokenOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Makes one token call. */
  readonly fetch: () => Promise<TokenFetch>;
  /** A token is renewed this long before its end, in the background; at most half of its life. */
  readonly marginMs: number;
}

interface Held {
  readonly token: Secret;
  readonly renewAt: number;
  readonly endsAt: number;
}

/** After a failed token call the next one waits: over-calling is throttled (K1444). */
const cooldown = { firstMs: 1000, maxMs: 30_000 };
/** A life shorter than this is taken for this: an answer of zero must not make every call ask again. */
const shortestLifeMs = 60_000;

export class TokenSource {
  readonly #options: TokenOptions;
  #held: Held | null = null;
  /** Tokens with which calls were carried out, as long as anybody holds them. */
  readonly #proven = new WeakSet<Secret>();
  #flight: Promise<TokenAnswer> | null = null;
  #failures = 0;
  #lastError: CallError | null = null;
  #nextAttemptAt = 0;

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** The token to use now. Near its end the old one still serves while a new one is fetched. */
  get(): Promise<TokenAnswer> {
    const now = this.#options.clock.now();
    const held = this.#held;
    if (held === null || now >= held.endsAt) return this.#fetchOnce();
    // A failed renewal is not lost: whoever needs a token after the end of this one meets it.
    if (now >= held.renewAt && now >= this.#nextAttemptAt) void this.#fetchOnce();
    return Promise.resolve({ kind: 'token', token: held.token });
  }

  /** DingTalk refused this token. Many calls may find that out at once; the first of them has it replaced. */
  replace(refused: Secret): Promise<TokenAnswer> {
    if (this.#held?.token === refused) {
      this.#held = null;
      // The refusal is news: it outweighs an earlier failure's wait.
      this.#nextAttemptAt = 0;
    }
    return this.get();
  }

  /** A call with this token was carried out. */
  worked(token: Secret): void {
    this.#proven.add(token);
  }

  /** Whether a call with this token was carried out, at whatever time. */
  hasWorked(token: Secret): boolean {
    return this.#proven.has(token);
  }

  /** The token that is held, to be kept out of texts; null when there is none. */
  get current(): Secret | null {
    return this.#held?.token ?? null;
  }

  /** A person says that the cause of failures is mended. */
  forgetFailures(): void {
    this.#failures = 0;
    this.#nextAttemptAt = 0;
  }

  #fetchOnce(): Promise<TokenAnswer> {
    this.#flight ??= this.#fetch().finally(() => {
      this.#flight = null;
    });
    return this.#flight;
  }

  async #fetch(): Promise<TokenAnswer> {
    const { clock, random, marginMs } = this.#options;
    const waitMs = this.#nextAttemptAt - clock.now();
    if (waitMs > 0 && this.#lastError !== null) {
      return { kind: 'failed', error: { ...this.#lastError, retryAfterMs: waitMs } };
    }
    // The life is counted from before the call, so that it can only be underestimated.
    const askedAt = clock.now();
    const fetched = await this.#options.fetch();
    if (fetched.kind === 'failed') {
      this.#failures++;
      this.#lastError = fetched.error;
      const wait = fetched.error.retryAfterMs ?? backoffMs(this.#failures, cooldown, random);
      this.#nextAttemptAt = clock.now() + Math.min(wait, cooldown.maxMs);
      return { kind: 'failed', error: fetched.error };
    }
    this.forgetFailures();
    const named = fetched.seconds === null ? spans.tokenLife.value : fetched.seconds * 1000;
    const lifeMs = Math.max(shortestLifeMs, Math.min(named, spans.tokenLife.value));
    const token = new Secret(fetched.token);
    this.#held = {
      token,
      endsAt: askedAt + lifeMs,
      renewAt: askedAt + lifeMs - Math.min(marginMs, lifeMs / 2),
    };
    return { kind: 'token', token };
  }
}
