/**
 * Answers in the very shape in which the official pages print them or in which they were seen live, behind a small
 * server. Sources stand beside each; ids are shortened, names are those of the documentation.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '../../../src/base/sensitive.ts';
import type { Situation, Stand } from './stand.ts';

const token = '{"errcode": 0,"access_token": "96fc7a7axxx","errmsg": "ok","expires_in": 7200}'; // K1444
const badSecret = '{"errcode":40096,"errmsg":"不合法的appKey或appSecret"}'; // PROBE
const sent = '{\n  "errcode":0,\n  "task_id":256271667526,\n  "request_id":"4jzllmte0wau"\n}'; // K769
const progress =
  '{"errcode": 0,"errmsg":"ok","progress": {"progress_in_percent": 100,"status": 2},"request_id": "5y2znla8tw3d"}'; // K772
// The live sample of BRICK: no forbidden_user_id_list, no status.
const result =
  '{"errcode":0,"errmsg":"ok","send_result":{"failed_user_id_list":[],"forbidden_list":[],"invalid_dept_id_list":[],"invalid_user_id_list":[],"read_user_id_list":["zhangsan"],"unread_user_id_list":[]},"request_id":"16kf1p1r2wq0y"}';
const resultForbidden =
  '{"errcode":0,"errmsg":"ok","send_result":{"failed_user_id_list":[],"forbidden_list":[{"code":"143106","count":1,"userid":"zhangsan"}],"invalid_dept_id_list":[],"invalid_user_id_list":[],"read_user_id_list":[],"unread_user_id_list":[]},"request_id":"16kf1p1r2wq0y"}';
// The older form of the page: comma-separated texts.
const resultInvalid =
  '{"send_result":{"invalid_user_id_list":"nobody-here","forbidden_user_id_list":"","failed_user_id_list":"","read_user_id_list":"","unread_user_id_list":"","invalid_dept_id_list":""},"errcode":0,"errmsg":"ok"}';
const done = '{\n  "errcode":0,\n  "errmsg":"ok"\n}'; // K770
const statusBar = '{"request_id":"4jzllmte0wau","errcode":0,"errmsg":"ok"}'; // K771
const userV2 =
  '{"errcode":"0","errmsg":"ok","result":{"exclusive_account_userid_list":"[]","userid":"zhangsan"},"request_id":"5um7ykyaalsj"}'; // K63
const userLegacy = '{"errcode": 0,"errmsg": "ok","userid": "zhangsan"}'; // K1463
const noUser = '{"errcode":60121,"errmsg":"找不到该用户","request_id":"5um7ykyaalsj"}'; // K63
const media =
  '{"errcode":0,"errmsg":"ok","media_id":"@lAz1234567890","created_at":1605863153573,"type":"image"}'; // K646

/** The envelope of the gateway (PROBE P8). */
const wrapped = (code: string, message: string): string =>
  JSON.stringify({
    errcode: 88,
    sub_code: code,
    sub_msg: message,
    errmsg: `ding talk error[subcode=${code},submsg=${message}]`,
    request_id: '15r6h2p4kjk8r',
  });
const bare = (errcode: number, errmsg: string): string => JSON.stringify({ errcode, errmsg });

const ban = '{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"xxx"}'; // K12
const noPermission =
  '应用尚未开通所需的权限：[qyapi_get_member_by_mobile]，点击链接申请并开通即可，requiredScopes=[qyapi_get_member_by_mobile]'; // BRICK

interface Recorded {
  readonly status?: number;
  readonly body: string;
}

/** The answer of a situation to a path, once or for good; null = all well. */
function recorded(situation: Situation, path: string, earlier: number): Recorded | 'cut' | null {
  const sending = path.endsWith('/asyncsend_v2');
  switch (situation) {
    case 'all well':
      return null;
    case 'token expired':
      return sending && earlier === 0 ? { body: wrapped('40014', '不合法的access_token') } : null;
    case 'wrong secret':
      return path === '/gettoken' ? { body: badSecret } : null;
    case 'busy':
      return sending ? { body: bare(-1, '系统繁忙') } : null;
    case 'too many calls a second':
      return sending && earlier === 0 ? { body: wrapped('90018', '应用调用该接口的QPS超限') } : null;
    case 'too many calls by everyone':
      return sending
        ? { body: bare(90002, '您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了') }
        : null;
    case 'too many calls by everyone, until a time':
      return sending
        ? { body: bare(90002, '请求总次数超过了 300 次, 处罚将在 2099-02-13 20:40:05 结束') }
        : null; // node-dingtalk#32
    case 'calls of the month used up':
      return sending ? { body: wrapped('90020', '本月调用量已达上限') } : null;
    case 'ip banned':
      return sending ? { body: ban } : null;
    case 'ip banned, with a page':
      return sending ? { body: `<!DOCTYPE html><html><body>${ban}</body></html>` } : null;
    case 'not whitelisted':
      return sending
        ? { body: wrapped('60020', '访问ip不在白名单之中,request ip=203.0.113.7 appKey(dingxxx)') }
        : null;
    case 'no permission':
      return sending ? { body: wrapped('60011', noPermission) } : null;
    case 'no permission for the current lookup':
      return path.startsWith('/topapi/v2/user/') ? { body: wrapped('60011', noPermission) } : null;
    case 'system error':
      return sending ? { body: bare(400001, '系统错误') } : null;
    case 'bad gateway':
      return sending ? { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>' } : null;
    case 'answer lost':
    case 'request lost':
      return sending ? 'cut' : null;
    case 'unknown mobile':
      return path.includes('mobile') ? { body: noUser } : null;
    case 'invalid person':
      return path.endsWith('/getsendresult') ? { body: resultInvalid } : null;
    case 'the same content before':
      return path.endsWith('/getsendresult') ? { body: resultForbidden } : null;
    case 'unknown task':
      return path.endsWith('/recall') ? { body: bare(400002, 'agentId不合法或taskId不合法') } : null;
    case 'large task id':
      return sending ? { body: sent.replace('256271667526', '9223372036854775807') } : null;
  }
}

const well: Readonly<Record<string, string>> = {
  '/gettoken': token,
  '/v1.0/oauth2/accessToken': '{"expireIn":7200,"accessToken":"fw8ef8we8f76e6f7s8dxxxx"}', // K33
  '/topapi/message/corpconversation/asyncsend_v2': sent,
  '/topapi/message/corpconversation/getsendprogress': progress,
  '/topapi/message/corpconversation/getsendresult': result,
  '/topapi/message/corpconversation/recall': done,
  '/topapi/message/corpconversation/status_bar/update': statusBar,
  '/topapi/v2/user/getbymobile': userV2,
  '/user/get_by_mobile': userLegacy,
  '/media/upload': media,
};

export async function recordedStand(): Promise<Stand> {
  let situation: Situation = 'all well';
  const seen = new Map<string, number>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    request.resume().on('end', () => {
      const earlier = seen.get(path) ?? 0;
      seen.set(path, earlier + 1);
      const special = recorded(situation, path, earlier);
      if (special === 'cut') {
        request.socket.destroy();
        return;
      }
      response.statusCode = special?.status ?? 200;
      response.end(special?.body ?? well[path] ?? bare(404, '请求的URI地址不存在'));
    });
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    app: { name: 'default', appKey: 'dingxxx', appSecret: new Secret('recorded-secret'), agentId: 836390886 },
    person: { userid: 'zhangsan', mobile: '13800001101' },
    other: { userid: 'lisi' },
    arrange: (next) => {
      situation = next;
    },
    pass: () => {},
    violations: () => [],
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
