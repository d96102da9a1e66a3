import type { ErrorClass, Operation } from './codes.ts';

/**
 * Why a call did not bring what was asked for: plain data. Nothing in it is secret: tokens and mobile numbers are
 * masked in `message`.
 */
export interface CallError {
  readonly operation: Operation;
  /** DingTalk's code as text (`90018`), or a word of ours from the table in codes.ts (`lost_after_write`). */
  readonly code: string;
  /** DingTalk's own text, masked, or ours where it gave none. For people. */
  readonly message: string;
  /** DingTalk's id of the call, for its support; null when the answer had none. */
  readonly requestId: string | null;
  /** What may be done about it. Only the error of a send can be `unknown`. */
  readonly class: ErrorClass;
  /** Milliseconds from the answer until trying again makes sense; null when that is not known. */
  readonly retryAfterMs: number | null;
  /** For a send: true when nobody was or will be told because of this call. */
  readonly provesNothingSent: boolean;
  /** Status of the HTTP answer; null when there was none, as where the call lacked a token and was not made. */
  readonly httpStatus: number | null;
}

/** True when the call is not counted in the month: it never left, or met a rate limit (K1431). */
export function isFree({ provesNothingSent, httpStatus, class: errorClass }: CallError): boolean {
  return provesNothingSent && (httpStatus === null || errorClass === 'retry_after');
}

/**
 * What became of a send. `accepted`: DingTalk took it and gave a task id; that proves no delivery. `refused`: DingTalk
 * answered that it did not take it, or our own check found that it never could; the class says whether to try again.
 * `unknown`: it may have been sent. `not_sent`: the request never left and may go another time: the app is held, no
 * token, no connection, or the caller gave up.
 */
export type SendResult =
  | {
      readonly kind: 'accepted';
      /** Exact, however large: task ids pass 2^53. */
      readonly taskId: string;
      readonly requestId: string | null;
    }
  | { readonly kind: 'refused'; readonly error: CallError }
  | { readonly kind: 'unknown'; readonly error: CallError }
  | { readonly kind: 'not_sent'; readonly error: CallError };

/** The outcome of a call that may simply be repeated. */
export type CallResult<T> =
  { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'failed'; readonly error: CallError };

export type LookupResult =
  | { readonly kind: 'found'; readonly userid: string; readonly exclusiveUserids: readonly string[] }
  /** Nobody of the organisation has this number now (those who left cannot be found), or it is no number. */
  | { readonly kind: 'not_found'; readonly error: CallError }
  | { readonly kind: 'failed'; readonly error: CallError };

/** Answer of getsendprogress. */
export interface Progress {
  /** 0 … 100. */
  readonly percent: number;
  readonly status: 'not_started' | 'running' | 'done';
}

/** One person that a limit or rule kept from being told. */
export interface ForbiddenUser {
  readonly userid: string;
  /** `143106` and the like; see codes.ts. Null where DingTalk names the person without a code. */
  readonly code: string | null;
  /** The limit that was passed; null where DingTalk gives none. */
  readonly count: number | null;
}

/**
 * Answer of getsendresult, every list present. A person in no list is still pending. People read on: `read` and
 * `unread` change until the window closes.
 */
export interface TaskResult {
  readonly read: readonly string[];
  readonly unread: readonly string[];
  readonly invalid: readonly string[];
  readonly failed: readonly string[];
  /** Everyone in `forbidden_list` or `forbidden_user_id_list`, each once. */
  readonly forbidden: readonly ForbiddenUser[];
  readonly invalidDeptIds: readonly number[];
}

export interface UploadedMedia {
  /** What messages refer to, begins with `@` or `$`. Its life is not documented. */
  readonly mediaId: string;
  /** Milliseconds since the epoch, DingTalk's clock; null when it gave none. */
  readonly createdAt: number | null;
}
