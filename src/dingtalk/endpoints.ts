import type { Operation } from './codes.ts';

export interface Endpoint {
  readonly operation: Operation;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly what: string;
  /** Whether calls count for the calls of the month. Source: K1432 lists what does not. */
  readonly metered: boolean;
  readonly source: string;
}

function endpoint(
  operation: Operation,
  method: 'GET' | 'POST',
  path: string,
  what: string,
  source: string,
  metered = true,
): Endpoint {
  return { operation, method, path, what, metered, source };
}

/** Every address that this client calls. All are on the old host except the two tokens of the v1.0 API. */
export const endpoints = {
  tokenLegacy: endpoint('token', 'GET', '/gettoken', 'access token', 'K1444', false),
  tokenV1: endpoint(
    'token',
    'POST',
    '/v1.0/oauth2/accessToken',
    'access token of the v1.0 API',
    'K33',
    false,
  ),
  tokenCorp: endpoint(
    'token',
    'POST',
    '/v1.0/oauth2/{corpId}/token',
    'access token of one organisation',
    'K37',
    false,
  ),
  lookupV2: endpoint(
    'lookup',
    'POST',
    '/topapi/v2/user/getbymobile',
    'userid of a mobile number',
    'K63',
    false,
  ),
  lookupLegacy: endpoint(
    'lookup',
    'GET',
    '/user/get_by_mobile',
    'userid of a mobile number, older permission',
    'K1463',
    false,
  ),
  send: endpoint('send', 'POST', '/topapi/message/corpconversation/asyncsend_v2', 'send', 'K769'),
  progress: endpoint(
    'progress',
    'POST',
    '/topapi/message/corpconversation/getsendprogress',
    'progress of a task',
    'K772',
  ),
  result: endpoint(
    'result',
    'POST',
    '/topapi/message/corpconversation/getsendresult',
    'result of a task',
    'K773',
  ),
  recall: endpoint('recall', 'POST', '/topapi/message/corpconversation/recall', 'take a task back', 'K770'),
  statusBar: endpoint(
    'status_bar',
    'POST',
    '/topapi/message/corpconversation/status_bar/update',
    'change the status bar of an OA message',
    'K771',
  ),
  upload: endpoint('upload', 'POST', '/media/upload', 'upload a medium', 'K646'),
} as const;
