import type { PlannedNotification } from '../../model/plan.ts';
import { refusalOf } from '../refusal.ts';
import { BoundedMemory } from './bounded-memory.ts';

/** What would become of a planned notification before any call is made. */
export type Fate =
  | { readonly kind: 'sent' }
  | { readonly kind: 'deferred'; readonly until: number }
  | { readonly kind: 'digested' }
  | { readonly kind: 'suppressed'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

export function isTold({ kind }: Fate): boolean {
  return kind === 'sent' || kind === 'deferred';
}

/**
 * The policies in their order, with windows over the time of the events in place of the ledger's. It decides as
 * intake does, of which it is a picture without a ledger: what is suppressed counts against no window.
 */
export class PolicyWindows {
  /** Until when a key is taken. */
  readonly #dedupe = new BoundedMemory<number>((until, now) => until <= now);
  /** When admitted ones came, and until when the last of them counts. */
  readonly #throttle = new BoundedMemory<Admitted>(({ until }, now) => until <= now);

  /** `seenMs`: when the event came, for its expiry; `nowMs` never goes back, for the windows. */
  fateOf(planned: PlannedNotification, seenMs: number, nowMs: number): Fate {
    if (planned.failure !== null) {
      const { reason, message } = planned.failure;
      return { kind: 'failed', reason, message };
    }
    const refusal = refusalOf(planned, seenMs);
    if (refusal !== null) return { kind: 'suppressed', reason: refusal };
    const { dedupe, throttle, digest, quiet } = planned.policies;
    const dedupeKey = `${planned.route}\n${dedupe?.key ?? ''}`;
    if (dedupe !== null && this.#dedupe.get(dedupeKey, nowMs) !== undefined) {
      return { kind: 'suppressed', reason: 'dedupe_window' };
    }
    const throttleKey = `${planned.route}\n${throttle?.key ?? ''}`;
    const since = nowMs - (throttle?.windowMs ?? 0);
    const admitted = (this.#throttle.get(throttleKey, nowMs)?.at ?? []).filter((at) => at > since);
    if (throttle !== null && admitted.length >= throttle.limit) {
      return { kind: 'suppressed', reason: 'throttled' };
    }
    if (digest === null && quiet?.action === 'drop') return { kind: 'suppressed', reason: 'quiet_hours' };
    if (dedupe !== null) this.#dedupe.set(dedupeKey, nowMs + dedupe.windowMs, nowMs);
    if (throttle !== null) {
      const entry = { at: [...admitted, nowMs], until: nowMs + throttle.windowMs };
      this.#throttle.set(throttleKey, entry, nowMs);
    }
    if (digest !== null) return { kind: 'digested' };
    return quiet === null ? { kind: 'sent' } : { kind: 'deferred', until: quiet.until };
  }

  get forgotten(): number {
    return this.#dedupe.forgotten + this.#throttle.forgotten;
  }
}

interface Admitted {
  readonly at: readonly number[];
  readonly until: number;
}
