import type { Audience, NotificationPolicies, PlanFailure, RenderedMessage, Signal } from '../model/plan.ts';

/** Why an event leads to what it leads to, clause by clause. Plain data: it prints, travels and compares. */
export interface Explanation {
  readonly event: {
    readonly source: string;
    readonly id: string;
    readonly type: string | null;
    readonly topic: string;
  };
  readonly configHash: string;
  /** In order of evaluation. */
  readonly routes: readonly RouteVerdict[];
  readonly signals: readonly Signal[];
}

/** What one route makes of the event. */
export interface RouteVerdict {
  readonly route: string;
  /**
   * `skipped`: an earlier route stopped the evaluation, or a fallback was not needed. `failed`: an expression or a
   * template broke, of the route itself or of its `recall_on` or `update_on`.
   */
  readonly verdict: 'matched' | 'not_matched' | 'skipped' | 'disabled' | 'failed';
  /** Each clause that was looked at, in order. */
  readonly checks: readonly Check[];
  readonly notifications: readonly ExplainedNotification[];
}

export interface Check {
  /** `enabled`, `on`, `type`, `when`, `for_each`, `to`, `message`, `stop`, `fallback`, `recall_on`, `update_on`. */
  readonly clause: string;
  readonly ok: boolean;
  /** For people: the expression and what it gave, or the fault. */
  readonly detail: string;
  /** What the parts of an expression were for this event. */
  readonly values: readonly { readonly expression: string; readonly value: string }[];
}

export interface ExplainedNotification {
  readonly item: number;
  readonly app: string;
  readonly template: string | null;
  readonly audience: Audience;
  /** Where each recipient comes from; mobiles are masked. */
  readonly origins: readonly Origin[];
  readonly people: number;
  readonly message: RenderedMessage | null;
  readonly failure: PlanFailure | null;
  readonly policies: NotificationPolicies;
  /** What sending it would take of the quotas. */
  readonly cost: { readonly calls: number; readonly recipients: number; readonly broadcasts: number };
  /** In a few words: `sent now`, `deferred until …`, `dropped: quiet hours`, `fails: …`, `nobody to tell`. */
  readonly outcome: string;
}

export interface Origin {
  readonly kind: 'userid' | 'mobile' | 'department' | 'everyone';
  readonly value: string;
  /** `to.mobiles[0]`, `group finance-approvers`. */
  readonly from: string;
}
