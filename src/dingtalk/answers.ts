/**
 * Reads what came back: success, a code, or something that is no answer at all. HTTP's status proves nothing here (the
 * old API answers 200 to failures, a gateway 200 with a page), so success is `errcode` 0 and nothing else.
 */
import { field, isObject, parseJson, textOf, wholeNumberOf, type Json, type JsonObject } from './json.ts';

export type Answer =
  | { readonly kind: 'ok'; readonly body: JsonObject; readonly requestId: string | null }
  | {
      readonly kind: 'error';
      /** DingTalk's code, or a word of the table in codes.ts. */
      readonly code: string;
      /** As DingTalk wrote it: not yet masked. */
      readonly message: string;
      readonly requestId: string | null;
      /** When the refusal ends, where the text or the ban page says so: an instant, and a span. */
      readonly endsAt: number | null;
      readonly waitMs: number | null;
    };

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * Which fields say success: `errcode` 0 on the old API; on the v1.0 API a status of 2xx without a `code`.
 */
export type Envelope = 'errcode' | 'v1';

export function readAnswer(answer: HttpAnswer, envelope: Envelope): Answer {
  const text = answer.body.toString('utf8').replace(/^\ufeff/, '');
  const json = parseJson(text);
  const ban = banWait(json, text);
  if (ban !== null)
    return failure('ip_banned', 'our IP address is banned for a while', null, { waitMs: ban });
  if (!isObject(json)) return notJson(answer.status, text);
  return envelope === 'errcode' ? readOld(answer.status, json) : readV1(answer.status, json);
}

/**
 * The old API: `{errcode, errmsg, request_id}`. Refusals of the gateway before it come as
 * `{errcode: 88, sub_code: "40014", sub_msg, errmsg: "ding talk error[subcode=40014,submsg=…]"}`.
 */
function readOld(status: number, body: JsonObject): Answer {
  const requestId = textOf(field(body, 'request_id'));
  const message = textOf(field(body, 'errmsg')) ?? textOf(field(body, 'sub_msg')) ?? '';
  const errcode = wholeNumberOf(field(body, 'errcode'));
  const subCode = textOf(field(body, 'sub_code')) ?? /subcode=([-\w.]+)/i.exec(message)?.[1] ?? null;
  if (errcode === null) {
    const code = textOf(field(body, 'errcode')) ?? textOf(field(body, 'code'));
    if (code !== null) return failure(code, message || (textOf(field(body, 'message')) ?? ''), requestId);
    if (status >= 500) return failure('http_5xx', `HTTP ${status} without an errcode`, requestId);
    return failure('no_errcode', 'the answer carries no errcode', requestId);
  }
  if (errcode !== 0n) return failure(subCode ?? String(errcode), message, requestId);
  if (status < 200 || status > 299) return failure('incomplete', `errcode 0 with HTTP ${status}`, requestId);
  if (subCode !== null && subCode !== '0') {
    return failure('incomplete', `errcode 0 and sub_code ${subCode.slice(0, 64)}`, requestId);
  }
  return { kind: 'ok', body, requestId };
}

/** The v1.0 API: `{code, message, requestid}` with HTTP 4xx or 5xx on failure, the bare result with 2xx. */
function readV1(status: number, body: JsonObject): Answer {
  const requestId = textOf(field(body, 'requestid')) ?? textOf(field(body, 'requestId'));
  const code = textOf(field(body, 'code'));
  if (code !== null) return failure(code, textOf(field(body, 'message')) ?? '', requestId);
  if (status >= 500) return failure('http_5xx', `HTTP ${status} without a code`, requestId);
  if (status < 200 || status > 299) return failure('http_4xx', `HTTP ${status} without a code`, requestId);
  return { kind: 'ok', body, requestId };
}

function notJson(status: number, text: string): Answer {
  if (status >= 500) return failure('http_5xx', `HTTP ${status} from a gateway`, null);
  if (/^\s*</.test(text)) return failure('html_page', `HTTP ${status} with a web page`, null);
  if (status < 200 || status > 299) return failure('http_4xx', `HTTP ${status} without JSON`, null);
  return failure('not_json', text.trim() === '' ? 'the answer is empty' : 'the answer is no JSON', null);
}

/** A code becomes a label of metrics and a key of tables, so it must be a short word. */
const codeShape = /^[-\w.]{1,80}$/;

function failure(
  code: string,
  message: string,
  requestId: string | null,
  extra: { readonly waitMs?: number } = {},
): Answer {
  return {
    kind: 'error',
    code: codeShape.test(code) ? code : 'unlisted',
    message,
    requestId,
    endsAt: endOfRefusal(message),
    waitMs: extra.waitMs ?? null,
  };
}

const minuteMs = 60_000;
/** A page that asks for more than a day is read as one without a time. */
const longestBanMinutes = 1440;

/**
 * The ban of an IP address, `{"status":1111,"wait":5,"punish":"deny"}`, alone or inside a page: how long it lasts, 0
 * when it names no sensible time; null when it is none. `wait` counts minutes: the documentation says that the ban
 * lasts five minutes and shows `"wait":5` (K12, K1433).
 */
function banWait(json: Json | undefined, text: string): number | null {
  if (isObject(json)) {
    const banned = wholeNumberOf(field(json, 'status')) === 1111n || textOf(field(json, 'punish')) !== null;
    if (!banned || field(json, 'errcode') !== undefined) return null;
    return minutes(wholeNumberOf(field(json, 'wait')));
  }
  if (json !== undefined || !/"status"\s*:\s*"?1111\b|punish["']?\s*[:=]\s*["']?deny/i.test(text))
    return null;
  return minutes(wholeNumberOf(/"wait"\s*:\s*"?([0-9]{1,9})\b/.exec(text)?.[1]));
}

function minutes(wait: bigint | null): number {
  return wait === null || wait <= 0n || wait > BigInt(longestBanMinutes) ? 0 : Number(wait) * minuteMs;
}

/**
 * When a refusal ends, from texts like 处罚将在 2019-02-13 20:40:05 结束 (node-dingtalk#32) and 限制将在 … 结束. They name
 * no time zone; like every time that DingTalk writes it is read as Beijing time, UTC+8.
 */
function endOfRefusal(message: string): number | null {
  const found = /在\s*([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})\s*结束/.exec(message);
  if (found === null) return null;
  const instant = Date.parse(`${found[1]}T${found[2]}+08:00`);
  return Number.isNaN(instant) ? null : instant;
}
