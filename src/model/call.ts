import type { DeliveryKind } from './notification.ts';
import type { Priority } from './plan.ts';

/**
 * Where a call stands. `ready`: to be made at `nextAt`. `sending`: the intent is durable; if its owner dies, the
 * outcome is unknown. `accepted`: tracked from `nextAt` on. `held`: a person must settle it. `closed`: done with.
 */
export type CallState = 'ready' | 'sending' | 'accepted' | 'held' | 'closed';

/** The part of one notification that travels in a call. */
export interface CallMember {
  readonly notificationId: string;
  readonly part: number;
  readonly userids: readonly string[];
}

/**
 * One `asyncsend_v2` call and the DingTalk task that it became. Usually it carries one delivery; deliveries of
 * byte-identical messages share one.
 */
export interface Call {
  readonly id: string;
  readonly app: string;
  readonly kind: DeliveryKind;
  readonly members: readonly CallMember[];
  readonly deptIds: readonly number[];
  /** The exact `msg` text of every attempt. */
  readonly body: string;
  readonly contentHash: string;
  readonly priority: Priority;
  readonly mergeable: boolean;
  /** People that the call stands for, for the limit of recipients a minute. */
  readonly people: number;
  readonly state: CallState;
  readonly nextAt: number;
  /** Attempts made, intents counted. */
  readonly attempts: number;
  /** Refusals that a retry may cure, in a row. */
  readonly refusals: number;
  /** Refusals because DingTalk was busy (−1), which are retried so many times and no more. */
  readonly busyRounds: number;
  /** Attempts whose outcome stayed unknown; > 0 means that people may already have the message. */
  readonly unknownRounds: number;
  /** Those of them that a crash of ours left open; they do not use up the rounds of unanswered calls. */
  readonly crashes: number;
  /** The DingTalk day of the first attempt that may have gone out; a repeat must stay within it. */
  readonly day: string | null;
  /** The DingTalk day for which the per-person limits are reserved for this call; null when they are not. */
  readonly claimedDay: string | null;
  readonly taskId: string | null;
  readonly acceptedAt: number | null;
  /** How often DingTalk was asked for the outcome of the task. */
  readonly checks: number;
  /** Progress said "done"; from then on only the result is asked for. */
  readonly progressDone: boolean;
}
