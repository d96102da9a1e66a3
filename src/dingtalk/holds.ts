import type { Operation } from './codes.ts';

/**
 * Why calls are stopped. `configuration`: key, permission, whitelist or agent id are wrong; `ban`: our address is
 * barred; `monthly_quota`: the calls of the month are used up; `throttled`: DingTalk asked for a pause.
 */
export type HoldReason = 'configuration' | 'ban' | 'monthly_quota' | 'throttled';

export interface Hold {
  /** What is stopped: the whole app, every app behind our address, or one API of the app. */
  readonly scope: 'app' | 'address' | Operation;
  readonly reason: HoldReason;
  /** The code that brought it, and DingTalk's text, masked. */
  readonly code: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** When one call may try again; null = only when a person says so. */
  readonly until: number | null;
}

/** What health shows of an app. */
export interface AppState {
  /** True while calls are stopped for a reason that outlasts a short pause. */
  readonly held: boolean;
  readonly holds: readonly Hold[];
}
