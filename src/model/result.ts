import type { EventReference } from './event.ts';
import type { MessageType } from './plan.ts';

/** What a result says of its notification (or, while interim, of one delivery). */
export type ResultStatus =
  | 'accepted'
  | 'deferred'
  | 'unknown'
  | 'delivered'
  | 'partial'
  | 'failed'
  | 'suppressed'
  | 'unverified'
  | 'read'
  | 'recalled'
  | 'settled';

/** Every reason of `failed`; docs/results.md lists them. */
export const failureReasons: readonly string[] = [
  'rejected',
  'unresolved_recipients',
  'invalid_recipients',
  'forbidden',
  'failed_at_dingtalk',
  'message_too_long',
  'message_invalid',
  'template_error',
  'expression_error',
  'configuration',
];

/** What is known of one person. `arrived`: has it, read or not unknown. `pending`: no proof either way (yet). */
export type RecipientStatus =
  | 'read'
  | 'unread'
  | 'arrived'
  | 'pending'
  | 'invalid'
  | 'forbidden'
  | 'failed'
  | 'unresolved'
  | 'suppressed';

/** The last fault that DingTalk or dingbus itself named, in words safe to show. */
export interface ResultError {
  readonly code: string;
  readonly message: string;
  /** The class of the code (see docs/dingtalk.md), or the stage for faults of a rule. */
  readonly class: string;
}

export interface ResultRecipient {
  readonly userid: string | null;
  /** Masked. */
  readonly mobile: string | null;
  readonly status: RecipientStatus;
  readonly code: string | null;
  readonly reason: string | null;
}

export interface ResultDelivery {
  readonly deliveryId: string;
  readonly part: number;
  readonly taskId: string | null;
  readonly status: string;
  readonly attempts: number;
  /** ms */
  readonly acceptedAt: number | null;
}

/** One result event; the encoder gives it its wire names. All times in ms since the epoch. */
export interface Result {
  readonly resultId: string;
  readonly seq: number;
  readonly status: ResultStatus;
  readonly final: boolean;
  readonly amendment: boolean;
  readonly reason: string | null;
  readonly related: string | null;
  readonly error: ResultError | null;
  readonly notificationId: string;
  readonly route: string;
  readonly template: string | null;
  readonly app: string;
  readonly agentId: number;
  readonly configHash: string;
  readonly msgtype: MessageType | null;
  readonly event: EventReference;
  readonly audience: {
    readonly kind: 'users' | 'departments' | 'mixed' | 'everyone';
    readonly deptIdList: readonly number[];
  };
  readonly deliveries: readonly ResultDelivery[];
  readonly recipients: readonly ResultRecipient[];
  readonly counts: Readonly<Record<RecipientStatus, number>>;
  readonly invalidDeptIds: readonly number[];
  readonly deferredUntil: number | null;
  readonly digestSize: number | null;
  readonly eventTime: number | null;
  readonly receivedAt: number;
  readonly occurredAt: number;
  readonly traceparent: string | null;
}
