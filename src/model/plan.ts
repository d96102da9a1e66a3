import type { Mobile } from '../base/sensitive.ts';
import type { Event } from './event.ts';

/** The recipients that a route computed, cleaned: no blanks, no repeats. `everyone` excludes all others. */
export interface Audience {
  readonly userids: readonly string[];
  readonly mobiles: readonly Mobile[];
  readonly deptIds: readonly number[];
  readonly everyone: boolean;
}

/** The eight message types of DingTalk work notifications. Source: DingTalk "消息类型与数据格式" (K775). */
export type MessageType = 'text' | 'image' | 'voice' | 'file' | 'link' | 'markdown' | 'oa' | 'action_card';

/** A rendered message, ready for `asyncsend_v2`. */
export interface RenderedMessage {
  readonly msgtype: MessageType;
  /**
   * The canonical JSON text of `msg` (`{"msgtype":"text","text":{…}}`), the very bytes that are sent, compared for
   * "same content" and repeated after an unknown outcome. A medium still to be uploaded stands in it as
   * `{"upload":"<path>"}` in place of the media id; delivery replaces it before the intent.
   */
  readonly body: string;
  /** UTF-8 bytes of `body`. */
  readonly bytes: number;
  /** An OA message with a status bar goes to at most 5 people and never to departments or everyone. */
  readonly statusBar: boolean;
}

/** Why a route could not be planned for an event: its notification ends `failed` and a dead letter is written. */
export interface PlanFailure {
  readonly reason: 'expression_error' | 'template_error' | 'message_too_long' | 'message_invalid';
  readonly stage: 'match' | 'render';
  /** For people: names the clause or field and what was wrong with it. */
  readonly message: string;
}

export type Track = 'accepted' | 'delivered' | 'read';
export type Priority = 'high' | 'normal';
export type OverLimit = 'drop' | 'defer' | 'dead_letter';

/** The policies of one notification with their keys evaluated for its event. Times in ms. */
export interface NotificationPolicies {
  readonly dedupe: { readonly key: string; readonly windowMs: number } | null;
  readonly throttle: { readonly key: string; readonly limit: number; readonly windowMs: number } | null;
  readonly digest: { readonly key: string; readonly windowMs: number; readonly max: number } | null;
  /** Set when the notification falls into quiet hours now: when they end, and what to do meanwhile. */
  readonly quiet: { readonly until: number; readonly action: 'defer' | 'drop' } | null;
  /** From `expires_after`, counted from the event's time (its receipt where it has none). */
  readonly expiresAt: number | null;
  readonly overLimit: OverLimit;
  readonly onUnknown: 'resend' | 'hold';
  readonly track: Track;
  readonly priority: Priority;
  readonly correlation: string | null;
  /** False for routes with `recall_on`, `update_on` or a status bar: their calls are never shared. */
  readonly mergeable: boolean;
}

/** One event × one route (× one item): what rules hand to intake. Pure data. */
export interface PlannedNotification {
  readonly route: string;
  /** Index in `for_each`; 0 without it. */
  readonly item: number;
  readonly template: string | null;
  readonly app: string;
  readonly agentId: number;
  readonly audience: Audience;
  /** People the audience stands for, departments by their configured size; a broadcast counts the company. */
  readonly people: number;
  readonly maxRecipients: number;
  /** Null when planning failed, and for members of a digest, whose message is rendered when the window closes. */
  readonly message: RenderedMessage | null;
  readonly failure: PlanFailure | null;
  readonly policies: NotificationPolicies;
  /** For members of a digest: what its template will get as one of `items`. */
  readonly digestItem: Event | null;
}

/** A later event that takes notifications back or changes their status bar, found by correlation. */
export interface Signal {
  readonly kind: 'recall' | 'update';
  /** The route whose notifications are meant. */
  readonly route: string;
  readonly correlation: string;
  readonly statusValue: string | null;
  readonly statusBg: string | null;
}

/** Everything that follows from one event under one configuration. */
export interface Plan {
  readonly notifications: readonly PlannedNotification[];
  readonly signals: readonly Signal[];
  readonly configHash: string;
}
