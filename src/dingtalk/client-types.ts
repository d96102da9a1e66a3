import type { Readable } from 'node:stream';
import type { Mobile } from '../base/sensitive.ts';
import type {
  CallResult,
  LookupResult,
  Progress,
  SendResult,
  TaskResult,
  UploadedMedia,
} from './outcomes.ts';
import type { MediaType } from './limits.ts';
import type { AppState } from './holds.ts';
import type { CallLimiter, Slot } from './slot.ts';

/** Whom one send is for. Lists are not empty and within the limits of one call (100 userids, 20 departments). */
export type SendAudience =
  | { readonly kind: 'users'; readonly userids: readonly string[] }
  | { readonly kind: 'departments'; readonly deptIds: readonly number[] }
  | { readonly kind: 'everyone' };

export interface SendRequest {
  readonly audience: SendAudience;
  /** The canonical JSON text of `msg`; it goes out byte for byte. */
  readonly body: string;
  /** People that the audience stands for, for the limit of recipients a minute; the number of userids when null. */
  readonly people: number | null;
}

export interface CallOptions {
  /** A place that was reserved with `limiter.tryReserve` for this operation; the call uses it up. */
  readonly slot?: Slot;
  /** Which waiting call goes first; `normal` when absent. */
  readonly priority?: 'high' | 'normal';
  /** Gives up while the call waits for its turn; once the request is on its way it is answered in full. */
  readonly signal?: AbortSignal;
  /** Asked immediately before the request is written; `false` takes it back, and nothing was sent. */
  readonly mayStart?: () => boolean;
}

export type MediaSource =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'bytes'; readonly fileName: string; readonly content: Uint8Array }
  /** `bytes` is the exact size; a stream of another length fails the upload. */
  | { readonly kind: 'stream'; readonly fileName: string; readonly bytes: number; readonly stream: Readable };

export interface UploadRequest {
  readonly type: MediaType;
  readonly source: MediaSource;
}

/**
 * The work-notification APIs of one DingTalk app. Every call waits for its turn under the limits of DingTalk, is made
 * once (twice when the token had expired), and ends in a value; nothing is retried inside. It never throws for what
 * DingTalk or the network does.
 */
export interface DingTalkClient {
  readonly app: string;
  /** `asyncsend_v2`. */
  send(request: SendRequest, options?: CallOptions): Promise<SendResult>;
  /** The userid of a mobile number: `topapi/v2/user/getbymobile` or `user/get_by_mobile`. */
  lookupMobile(mobile: Mobile, options?: CallOptions): Promise<LookupResult>;
  /** `getsendprogress`. */
  progress(taskId: string, options?: CallOptions): Promise<CallResult<Progress>>;
  /** `getsendresult`; only for tasks of at most 100 people, within 24 hours. */
  result(taskId: string, options?: CallOptions): Promise<CallResult<TaskResult>>;
  /** `recall`: the whole task, within 24 hours. */
  recall(taskId: string, options?: CallOptions): Promise<CallResult<null>>;
  /** `status_bar/update`, OA messages with a status bar only. `background` is `0xFFRRGGBB`. */
  updateStatusBar(
    taskId: string,
    value: string,
    background: string | null,
    options?: CallOptions,
  ): Promise<CallResult<null>>;
  /** `media/upload`: size and format are checked before a byte leaves. */
  uploadMedia(request: UploadRequest, options?: CallOptions): Promise<CallResult<UploadedMedia>>;
  /** Gets a token, to prove that key and secret are right. */
  checkToken(): Promise<CallResult<null>>;
  /** How many calls may start, and places for them. */
  readonly limiter: CallLimiter;
  /** Whether the app is held, and why. */
  state(): AppState;
  /** A person says that the cause is mended: every hold of this app ends now. */
  release(): void;
  /** Holds that are shared with others have come or gone: calls that wait for them are served or turned away. */
  lookAgain(): void;
  /** Ends idle connections and waits for calls under way. */
  close(): Promise<void>;
}
