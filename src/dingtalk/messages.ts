/**
 * The eight message types of work notifications as values, and the canonical text of each. A message is checked here,
 * before it costs a call: DingTalk refuses some faults with codes that say little, and lets others pass in silence.
 * This file must never change what a message says beyond dropping what is empty or cannot be seen.
 * Source: "消息类型与数据格式" (K775), unless a limit names another.
 */
import { callLimits } from './limits.ts';
import { checkFields } from './message-check.ts';
import { fault, type CheckOptions, type MessageFault, type Problems } from './message-fault.ts';
import { messageFields } from './message-fields.ts';

/** A media id, or a file still to be uploaded; whoever sends replaces the latter first. */
export type MediaReference = string | { readonly upload: string };

export interface TextMessage {
  readonly msgtype: 'text';
  readonly text: { readonly content: string };
}
export interface ImageMessage {
  readonly msgtype: 'image';
  readonly image: { readonly media_id: MediaReference };
}
export interface VoiceMessage {
  readonly msgtype: 'voice';
  /** `duration`: whole seconds below 60, as text. */
  readonly voice: { readonly media_id: MediaReference; readonly duration: string };
}
export interface FileMessage {
  readonly msgtype: 'file';
  readonly file: { readonly media_id: MediaReference };
}
export interface LinkMessage {
  readonly msgtype: 'link';
  readonly link: {
    readonly messageUrl: string;
    readonly picUrl: MediaReference;
    readonly title: string;
    readonly text: string;
  };
}
export interface MarkdownMessage {
  readonly msgtype: 'markdown';
  readonly markdown: { readonly title: string; readonly text: string };
}
export interface OaMessage {
  readonly msgtype: 'oa';
  readonly oa: {
    readonly message_url: string;
    readonly pc_message_url?: string;
    /** `bgcolor`: AARRGGBB without `0x`. `text` is replaced by the name of the app in work notices. */
    readonly head: { readonly bgcolor: string; readonly text: string };
    /** `status_bg`: `0xFF` and RRGGBB. */
    readonly status_bar?: { readonly status_value?: string; readonly status_bg?: string };
    readonly body: {
      readonly title?: string;
      readonly form?: readonly { readonly key?: string; readonly value?: string }[];
      readonly rich?: { readonly num?: string; readonly unit?: string };
      readonly content?: string;
      readonly image?: MediaReference;
      readonly file_count?: string;
      readonly author?: string;
    };
  };
}
export interface CardButton {
  readonly title: string;
  readonly action_url: string;
}
export interface ActionCardMessage {
  readonly msgtype: 'action_card';
  readonly action_card: {
    readonly title?: string;
    readonly markdown: string;
    readonly single_title?: string;
    readonly single_url?: string;
    /** `0`: one below the other; `1`: side by side. */
    readonly btn_orientation?: '0' | '1';
    readonly btn_json_list?: readonly CardButton[];
  };
}

export type DingTalkMessage =
  | TextMessage
  | ImageMessage
  | VoiceMessage
  | FileMessage
  | LinkMessage
  | MarkdownMessage
  | OaMessage
  | ActionCardMessage;

export type MessageType = DingTalkMessage['msgtype'];

export interface MessageCheck {
  /** The message in canonical form; null when there are faults. */
  readonly message: DingTalkMessage | null;
  readonly faults: readonly MessageFault[];
  /** Advice of the documentation that the message does not follow. It is sent all the same. */
  readonly warnings: readonly MessageFault[];
}

export function isMessageType(value: unknown): value is MessageType {
  return typeof value === 'string' && Object.hasOwn(messageFields, value);
}

/**
 * Checks a message of any origin, `{"msgtype":"text","text":{…}}`, and reports every fault at once. Empty optional
 * fields are left out, a required one that is empty is a fault, unknown fields are faults (DingTalk ignores them, so
 * a misspelt one would be lost in silence).
 */
export function checkMessage(value: unknown, options: CheckOptions = {}): MessageCheck {
  const problems: Problems = { faults: [], warnings: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.faults.push(fault('msg', 'wrong_type', 'must be an object'));
    return { message: null, ...problems };
  }
  const type: unknown = Reflect.get(value, 'msgtype');
  if (!isMessageType(type)) {
    const known = Object.keys(messageFields).join(', ');
    problems.faults.push(fault('msgtype', 'unknown_type', `must be one of ${known}`));
    return { message: null, ...problems };
  }
  for (const key of Object.keys(value)) {
    if (key !== 'msgtype' && key !== type) {
      problems.faults.push(fault(key, 'unknown_field', `does not belong to a message of type ${type}`));
    }
  }
  const content = checkFields(type, Reflect.get(value, type), messageFields[type], options, problems);
  if (content === null || problems.faults.length > 0) return { message: null, ...problems };

  // The walk above proves the shape; TypeScript cannot follow it through the table.
  const message = { msgtype: type, [type]: content } as unknown as DingTalkMessage;
  const bytes = bytesOf(message);
  const limit = callLimits.messageBytes.value;
  if (bytes > limit) {
    problems.faults.push(
      fault('msg', 'too_long', `has ${bytes} bytes as UTF-8 JSON, ${limit} are allowed`, bytes, limit),
    );
    return { message: null, ...problems };
  }
  return { message, ...problems };
}

/** Room for a media id: the known ones have up to some 70 characters, and no source says how long they may become. */
const longestMediaId = '@'.repeat(80);

function bytesOf(message: DingTalkMessage): number {
  const text = JSON.stringify(message);
  // Asked first, because a replacer is called for every field of every message.
  const named = text.includes('{"upload":');
  return Buffer.byteLength(named ? JSON.stringify(message, withLongestMediaId) : text);
}

/** A file that is still to be uploaded counts as the media id that will stand in its place, however long its path is. */
function withLongestMediaId(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'upload' in value ? longestMediaId : value;
}

export interface CanonicalMessage {
  /** The JSON text that is sent, compared and repeated. */
  readonly body: string;
  /** UTF-8 bytes of `body`. */
  readonly bytes: number;
  /** True for an OA message with a status bar: at most 5 userids, no departments, not for everyone. */
  readonly statusBar: boolean;
}

/**
 * The one text of a message: fields in the order of the documentation, no empty optional field, no `\uXXXX` escape
 * (DingTalk refuses those with 40033), so that equal messages are equal bytes. The message must have passed
 * `checkMessage`; its result is canonical already, and any other equal message gives the same text.
 */
export function canonicalMessage(message: DingTalkMessage): CanonicalMessage {
  const content: unknown = Reflect.get(message, message.msgtype);
  const problems: Problems = { faults: [], warnings: [] };
  const ordered = checkFields(message.msgtype, content, messageFields[message.msgtype], {}, problems);
  const body = JSON.stringify({ msgtype: message.msgtype, [message.msgtype]: ordered ?? content });
  return { body, bytes: Buffer.byteLength(body), statusBar: hasStatusBar(body) };
}

/** Whether a canonical text carries a status bar. Quotes inside texts are escaped, so the key cannot be content. */
export function hasStatusBar(body: string): boolean {
  return body.startsWith('{"msgtype":"oa"') && body.includes('"status_bar":');
}
