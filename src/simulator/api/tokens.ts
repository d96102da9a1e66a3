import { apiRefusal, plainSuccess, success, type Refusal } from '../answer.ts';
import type { DirectoryApp } from '../directory-data.ts';
import { corpIdIn } from '../operations.ts';
import type { Call, HandlerResult } from '../world.ts';

/** GET /gettoken (K1444): the query alone counts; a form body is not read (live probe: 40035). */
export function getToken(call: Call): HandlerResult {
  const key = call.query.get('appkey') ?? '';
  const secret = call.query.get('appsecret') ?? '';
  if (key === '' || secret === '') {
    return apiRefusal(
      40035,
      '缺少参数 corpid or appkey',
      'parameter',
      'appkey or appsecret is missing in the query',
    );
  }
  const app = authenticate(call, key, secret);
  if (app === null) return apiRefusal(40096, '不合法的appKey或appSecret', null, 'wrong app key or secret');
  const life = call.world.limits.current.tokenLifeMs;
  const token = call.world.tokens.issue(app, life);
  return success(`"access_token":"${token}","expires_in":${Math.floor(life / 1000)}`, call.requestId);
}

/** POST /v1.0/oauth2/accessToken (K33). The token is the same as that of /gettoken. */
export function accessToken(call: Call): HandlerResult {
  const { appKey: key, appSecret: secret } = call.values;
  for (const [name, value] of [
    ['appKey', key],
    ['appSecret', secret],
  ] as const) {
    if (typeof value !== 'string' || value === '') return missingInV1(name);
  }
  const app = authenticate(call, String(key), String(secret));
  if (app === null) return v1Refusal(400, 'invalidClientIdOrSecret', '无效的clientId或者clientSecret', null);
  const life = call.world.limits.current.tokenLifeMs;
  return plainSuccess({ accessToken: call.world.tokens.issue(app, life), expireIn: Math.floor(life / 1000) });
}

/** POST /v1.0/oauth2/{corpId}/token (K37). */
export function corpToken(call: Call): HandlerResult {
  const { client_id: key, client_secret: secret, grant_type: grant } = call.values;
  for (const [name, value] of [
    ['client_id', key],
    ['client_secret', secret],
    ['grant_type', grant],
  ] as const) {
    if (typeof value !== 'string' || value === '') return missingInV1(name);
  }
  if (grant !== 'client_credentials') {
    return v1Refusal(400, 'unsupported.grant.type', 'unsupported.grant.type', 'parameter');
  }
  // Live probe: an unknown corpId is answered as a server fault.
  if (corpIdIn(call.path) !== call.world.directory.company.corpId) {
    return v1Refusal(500, 'unknownError', '未知错误', null);
  }
  const app = authenticate(call, String(key), String(secret));
  if (app === null) return v1Refusal(400, 'invalid.client', 'invalid.client', null);
  const life = call.world.limits.current.tokenLifeMs;
  const token = call.world.tokens.issue(app, life);
  return plainSuccess({ access_token: token, expires_in: Math.floor(life / 1000) });
}

function authenticate(call: Call, key: string, secret: string): DirectoryApp | null {
  const app = call.world.directory.appByKey(key);
  return app !== null && app.appSecret === secret ? app : null;
}

function missingInV1(name: string): Refusal {
  return v1Refusal(400, `Missing${name}`, `${name} is mandatory for this action.`, 'parameter');
}

function v1Refusal(status: number, code: string, message: string, breach: Refusal['breach']): Refusal {
  return { code, message, layer: 'api', breach, detail: message, v1: { status, code, message } };
}
