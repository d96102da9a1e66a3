/**
 * What successful answers carry, in every shape in which DingTalk has been seen to give it. Each reader gives null
 * when what makes the answer useful is missing: an answer that proves nothing is not taken for one that does.
 */
import {
  field,
  isObject,
  listOf,
  parseJson,
  smallNumberOf,
  textOf,
  wholeNumberOf,
  type Json,
  type JsonObject,
} from './json.ts';
import type { ForbiddenUser, Progress, TaskResult, UploadedMedia } from './outcomes.ts';

/** The exact digits of the task id that proves that a send was accepted. */
export function readTaskId(body: JsonObject): string | null {
  const id = wholeNumberOf(field(body, 'task_id'));
  return id === null || id <= 0n ? null : String(id);
}

const progressStates = ['not_started', 'running', 'done'] as const;

export function readProgress(body: JsonObject): Progress | null {
  const progress = objectOf(field(body, 'progress'));
  if (progress === null) return null;
  const status = progressStates[smallNumberOf(field(progress, 'status')) ?? -1];
  if (status === undefined) return null;
  const percent = smallNumberOf(field(progress, 'progress_in_percent')) ?? (status === 'done' ? 100 : 0);
  return { status, percent: Math.min(100, Math.max(0, percent)) };
}

export function readTaskResult(body: JsonObject): TaskResult | null {
  const result = objectOf(field(body, 'send_result'));
  if (result === null) return null;
  const userids = (name: string): string[] => texts(field(result, name));
  return {
    read: userids('read_user_id_list'),
    unread: userids('unread_user_id_list'),
    invalid: userids('invalid_user_id_list'),
    failed: userids('failed_user_id_list'),
    forbidden: readForbidden(field(result, 'forbidden_list'), userids('forbidden_user_id_list')),
    invalidDeptIds: listOf(field(result, 'invalid_dept_id_list')).flatMap((id) => smallNumberOf(id) ?? []),
  };
}

/** `forbidden_list` names codes, `forbidden_user_id_list` (older) only people; whoever is in both is told once. */
function readForbidden(detailed: Json | undefined, plain: readonly string[]): ForbiddenUser[] {
  const users = new Map<string, ForbiddenUser>();
  const single = objectOf(detailed);
  for (const item of single === null ? listOf(detailed) : [single]) {
    if (!isObject(item)) continue;
    const code = textOf(field(item, 'code'));
    const count = smallNumberOf(field(item, 'count'));
    for (const userid of texts(field(item, 'userid'))) users.set(userid, { userid, code, count });
  }
  for (const userid of plain) if (!users.has(userid)) users.set(userid, { userid, code: null, count: null });
  return [...users.values()];
}

/** `result.userid` (v2) or `userid` (legacy), and the enterprise accounts of the number. */
export function readUser(body: JsonObject): {
  readonly userid: string | null;
  readonly exclusiveUserids: readonly string[];
} {
  const result = objectOf(field(body, 'result')) ?? body;
  const exclusiveUserids = texts(field(result, 'exclusive_account_userid_list'));
  return { userid: textOf(field(result, 'userid')) ?? exclusiveUserids[0] ?? null, exclusiveUserids };
}

export function readMedia(body: JsonObject): UploadedMedia | null {
  const mediaId = textOf(field(body, 'media_id'));
  return mediaId === null ? null : { mediaId, createdAt: smallNumberOf(field(body, 'created_at')) };
}

/** Token and its life in seconds: `access_token`, `expires_in` (old) or `accessToken`, `expireIn` (v1.0). */
export function readToken(
  body: JsonObject,
): { readonly token: string; readonly seconds: number | null } | null {
  const token = field(body, 'access_token') ?? field(body, 'accessToken');
  if (typeof token !== 'string' || token.trim() === '') return null;
  const seconds = field(body, 'expires_in') ?? field(body, 'expireIn');
  return { token, seconds: smallNumberOf(seconds) };
}

/** An object, also one that stands as JSON text. */
function objectOf(value: Json | undefined): JsonObject | null {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  return isObject(parsed) ? parsed : null;
}

function texts(value: Json | undefined): string[] {
  const all = listOf(value).flatMap((item) => textOf(item)?.trim() ?? []);
  return [...new Set(all)];
}
