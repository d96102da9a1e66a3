import type { ErrorClass, Operation } from './codes.ts';
import type { Hold } from './holds.ts';

/** Why a call had to wait for its turn. */
export type WaitReason = 'calls_per_second' | 'recipients_per_minute' | 'pause' | 'turn';

/** What the client tells while it works, for metrics and logs. Nothing in it is secret. */
export type ClientEvent =
  /** A request was made. `ms`: from sending to answer. */
  | {
      readonly kind: 'call';
      readonly operation: Operation;
      readonly outcome: 'ok' | ErrorClass;
      readonly code: string | null;
      readonly ms: number;
      readonly httpStatus: number | null;
    }
  /** A call waited for its turn and got it. */
  | { readonly kind: 'wait'; readonly operation: Operation; readonly ms: number; readonly reason: WaitReason }
  /** A call was turned away because of a hold; nothing was sent. */
  | { readonly kind: 'rejected'; readonly operation: Operation; readonly hold: Hold }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'released'; readonly holds: readonly Hold[] }
  | { readonly kind: 'token'; readonly outcome: 'renewed' | 'failed'; readonly code: string | null }
  /** The app lacks the permission of the current lookup; the legacy one is used from now on. */
  | { readonly kind: 'legacy_lookup' };

export type ClientObserver = (event: ClientEvent) => void;
