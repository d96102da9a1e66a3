/**
 * The API surface: each documented path, how it must be called, and how it answers. `style` decides the envelope of
 * gateway errors: `/topapi/*` wraps them as errcode 88, `/gettoken`, `/user/*` and `/media/*` stay bare, the new API
 * uses HTTP status codes (DINGTALK.md §2, "Error table").
 */
export type OperationName =
  | 'gettoken'
  | 'access_token'
  | 'corp_token'
  | 'get_by_mobile'
  | 'getbymobile'
  | 'send'
  | 'progress'
  | 'result'
  | 'recall'
  | 'status_bar'
  | 'media';

export interface Operation {
  readonly name: OperationName;
  readonly group: 'token' | 'lookup' | 'message' | 'media';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly style: 'top' | 'bare' | 'v1';
  /** Counts against the organisation's monthly quota (K1432: tokens and the address book are exempt). */
  readonly metered: boolean;
  /** The permission that the app needs, or null. */
  readonly permission: string | null;
  /** Documented parameters besides access_token. */
  readonly parameters: readonly string[];
  /** Carries a task id, which may be longer than a double is exact. */
  readonly exactNumbers: boolean;
}

const conversation = '/topapi/message/corpconversation';

function messageOperation(name: OperationName, path: string, parameters: readonly string[]): Operation {
  return {
    name,
    group: 'message',
    method: 'POST',
    path: `${conversation}/${path}`,
    style: 'top',
    metered: true,
    permission: 'qyapi_base',
    parameters,
    exactNumbers: name !== 'send',
  };
}

function tokenOperation(
  name: OperationName,
  method: 'GET' | 'POST',
  path: string,
  parameters: readonly string[],
): Operation {
  const style = method === 'GET' ? 'bare' : 'v1';
  return {
    name,
    group: 'token',
    method,
    path,
    style,
    metered: false,
    permission: null,
    parameters,
    exactNumbers: false,
  };
}

export const operations: Readonly<Record<OperationName, Operation>> = {
  gettoken: tokenOperation('gettoken', 'GET', '/gettoken', ['appkey', 'appsecret']),
  access_token: tokenOperation('access_token', 'POST', '/v1.0/oauth2/accessToken', ['appKey', 'appSecret']),
  corp_token: tokenOperation('corp_token', 'POST', '/v1.0/oauth2/{corpId}/token', [
    'client_id',
    'client_secret',
    'grant_type',
  ]),
  get_by_mobile: {
    name: 'get_by_mobile',
    group: 'lookup',
    method: 'GET',
    path: '/user/get_by_mobile',
    style: 'bare',
    metered: false,
    permission: 'legacy_get_by_mobile',
    parameters: ['mobile'],
    exactNumbers: false,
  },
  getbymobile: {
    name: 'getbymobile',
    group: 'lookup',
    method: 'POST',
    path: '/topapi/v2/user/getbymobile',
    style: 'top',
    metered: false,
    permission: 'qyapi_get_member_by_mobile',
    parameters: ['mobile', 'support_exclusive_account_search'],
    exactNumbers: false,
  },
  send: messageOperation('send', 'asyncsend_v2', [
    'agent_id',
    'userid_list',
    'dept_id_list',
    'to_all_user',
    'msg',
    'enable_id_trans',
  ]),
  progress: messageOperation('progress', 'getsendprogress', ['agent_id', 'task_id']),
  result: messageOperation('result', 'getsendresult', ['agent_id', 'task_id']),
  recall: messageOperation('recall', 'recall', ['agent_id', 'msg_task_id']),
  status_bar: messageOperation('status_bar', 'status_bar/update', [
    'agent_id',
    'task_id',
    'status_value',
    'status_bg',
  ]),
  media: {
    name: 'media',
    group: 'media',
    method: 'POST',
    path: '/media/upload',
    style: 'bare',
    metered: true,
    permission: 'qyapi_base',
    parameters: ['type', 'media'],
    exactNumbers: false,
  },
};

const byPath = new Map(Object.values(operations).map((operation) => [operation.path, operation]));
const corpTokenPath = /^\/v1\.0\/oauth2\/([^/]+)\/token$/;

export function operationAt(path: string): Operation | null {
  return byPath.get(path) ?? (corpTokenPath.test(path) ? operations.corp_token : null);
}

/** The corpId inside `/v1.0/oauth2/{corpId}/token` as it stands there; ids are letters and digits. */
export function corpIdIn(path: string): string | null {
  return corpTokenPath.exec(path)?.[1] ?? null;
}
