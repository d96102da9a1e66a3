import type { Clock } from '../base/clock.ts';
import { sha256 } from '../base/ids.ts';
import type { DirectoryApp } from './directory-data.ts';

interface Token {
  readonly value: string;
  readonly appKey: string;
  expiresAt: number;
}

export type TokenCheck =
  { readonly state: 'good'; readonly appKey: string } | { readonly state: 'expired' | 'unknown' };

/**
 * One token per app. Asking again while it is good gives the same one and renews it (K1444); after that a new one.
 * Old tokens are remembered, so that one that has run out is told apart from one that never was.
 */
export class Tokens {
  readonly #clock: Clock;
  readonly #seed: string;
  readonly #current = new Map<string, Token>();
  readonly #issued = new Map<string, Token>();

  constructor(clock: Clock, seed: string) {
    this.#clock = clock;
    this.#seed = seed;
  }

  issue(app: DirectoryApp, lifeMs: number): string {
    const now = this.#clock.now();
    const current = this.#current.get(app.appKey);
    if (current !== undefined && current.expiresAt > now) {
      current.expiresAt = now + lifeMs;
      return current.value;
    }
    const number = this.#issued.size;
    const value = sha256(`${this.#seed}/${app.appKey}/${number}`).slice(0, 32);
    const token: Token = { value, appKey: app.appKey, expiresAt: now + lifeMs };
    this.#current.set(app.appKey, token);
    this.#issued.set(value, token);
    return value;
  }

  check(value: string): TokenCheck {
    const token = this.#issued.get(value);
    if (token === undefined) return { state: 'unknown' };
    return token.expiresAt > this.#clock.now()
      ? { state: 'good', appKey: token.appKey }
      : { state: 'expired' };
  }

  /** Whose token this is, good or not. */
  ownerOf(value: string): string | null {
    return this.#issued.get(value)?.appKey ?? null;
  }

  /** Makes a token run out now. */
  expire(value: string): void {
    const token = this.#issued.get(value);
    if (token !== undefined) token.expiresAt = Math.min(token.expiresAt, this.#clock.now());
  }

  clear(): void {
    this.#current.clear();
    this.#issued.clear();
  }

  save(): readonly Token[] {
    return [...this.#issued.values()];
  }

  load(tokens: readonly Token[]): void {
    this.clear();
    for (const token of tokens) {
      this.#issued.set(token.value, token);
      // Saved in order of issue, so the last one of an app is its current one.
      this.#current.set(token.appKey, token);
    }
  }
}
