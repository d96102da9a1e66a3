import type { Mobile } from '../base/sensitive.ts';
import type { EventReference } from './event.ts';
import type { Audience, NotificationPolicies, RenderedMessage } from './plan.ts';
import type { RecipientStatus, ResultError, ResultStatus } from './result.ts';

/**
 * Where a notification stands. `waiting`: due at `dueAt`, nothing called yet. `active`: its deliveries are on
 * their way. `final`: its final result is in the outbox; only amendments can follow.
 */
export type NotificationState = 'waiting' | 'active' | 'final';

/** One planned person of a notification. Before the lookup a mobile has no userid. */
export interface Person {
  readonly userid: string | null;
  readonly mobile: Mobile | null;
  readonly status: RecipientStatus;
  readonly code: string | null;
  readonly reason: string | null;
  /** The delivery that carries this person now; null while none does. */
  readonly part: number | null;
  /** How often this person was sent to again after DingTalk named them failed, and after a rate refusal. */
  readonly failedRetries: number;
  readonly rateRetries: number;
}

/**
 * Where a delivery stands. `ready`: its call is to be made, is under way or will be repeated (the call tells).
 * `accepted`: DingTalk gave a task id. `unknown`: the outcome of the last call is unknown and no further round will
 * follow on its own. `settled`: every person of it is accounted for as well as can be.
 */
export type DeliveryState = 'ready' | 'accepted' | 'unknown' | 'settled';

export type DeliveryKind = 'users' | 'departments' | 'everyone';

/** A part of a notification's audience that goes out in one `asyncsend_v2` call. */
export interface Delivery {
  readonly id: string;
  readonly part: number;
  readonly kind: DeliveryKind;
  readonly deptIds: readonly number[];
  readonly state: DeliveryState;
  /** The last thing told of it in results: accepted, unknown, delivered, … */
  readonly status: ResultStatus | null;
  /** Why it ended as it did, where the status alone does not say. */
  readonly reason: string | null;
  readonly attempts: number;
  readonly taskId: string | null;
  readonly acceptedAt: number | null;
}

/** What later signals asked for, kept until it can be done. */
export interface PendingSignals {
  /** Take it back: cancel before the send, recall after acceptance. */
  readonly recall: boolean;
  readonly statusBar: { readonly value: string; readonly background: string | null } | null;
  /** Parts whose task needs no recall any more: it was carried out, or refused for good. */
  readonly recallDone: readonly number[];
  /** The same for the status bar. */
  readonly statusBarDone: readonly number[];
}

export const noSignals: PendingSignals = {
  recall: false,
  statusBar: null,
  recallDone: [],
  statusBarDone: [],
};

/** The aggregate that the ledger keeps: one event × one route (× one item), from its plan to its last result. */
export interface Notification {
  readonly id: string;
  readonly route: string;
  readonly item: number;
  readonly template: string | null;
  readonly app: string;
  readonly agentId: number;
  readonly configHash: string;
  readonly event: EventReference;
  /** The record's key, base 64, byte for byte: the key of its results. */
  readonly recordKey: string | null;
  readonly traceparent: string | null;
  readonly receivedAt: number;
  readonly audience: Audience;
  readonly message: RenderedMessage | null;
  /** SHA-256 of `message.body`, or null without one. */
  readonly contentHash: string | null;
  readonly policies: NotificationPolicies;
  readonly state: NotificationState;
  /** When it may go out, ms; meaningful while `waiting`. */
  readonly dueAt: number;
  readonly persons: readonly Person[];
  readonly deliveries: readonly Delivery[];
  readonly invalidDeptIds: readonly number[];
  readonly signals: PendingSignals;
  /** The last used `seq` of its results; 0 before the first. */
  readonly seq: number;
  /** The last thing told of it, an amendment too; null before the first result. */
  readonly toldStatus: ResultStatus | null;
  readonly toldReason: string | null;
  readonly finalStatus: ResultStatus | null;
  readonly finalReason: string | null;
  readonly related: string | null;
  readonly digestSize: number | null;
  readonly error: ResultError | null;
  /** A person has had a held delivery sent again after the final result; what comes of it is an amendment. */
  readonly resending: boolean;
}
