import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mobile } from '../../../src/base/sensitive.ts';
import { readAnswer, type Answer } from '../../../src/dingtalk/answers.ts';
import { errorClasses } from '../../../src/dingtalk/codes.ts';
import { isObject, listOf, parseJson, wholeNumberOf } from '../../../src/dingtalk/json.ts';
import { readProgress, readTaskResult, readUser } from '../../../src/dingtalk/payloads.ts';
import { bench, json, toUser } from './scripted.ts';

const read = (text: string, status = 200): Answer =>
  readAnswer({ status, body: Buffer.from(text) }, 'errcode');
const codeOf = (text: string, status = 200): string => {
  const answer = read(text, status);
  return answer.kind === 'error' ? answer.code : 'ok';
};

describe('readAnswer', () => {
  it.each<[string, string, number, string]>([
    ['success without errmsg', '{"errcode":0,"task_id":256271667526,"request_id":"4jzllmte0wau"}', 200, 'ok'],
    ['errcode as text', '{"errcode":"0"}', 200, 'ok'],
    ['a byte order mark', '\ufeff{"errcode":0}', 200, 'ok'],
    ['a bare code', '{"errcode":40014,"errmsg":"不合法的access_token"}', 200, '40014'],
    ['a code as text', '{"errcode":"90002","errmsg":""}', 200, '90002'],
    [
      'a wrapped code',
      '{"errcode":88,"sub_code":"40014","sub_msg":"不合法的access_token","errmsg":"ding talk error[subcode=40014,submsg=不合法的access_token]","request_id":"x"}',
      200,
      '40014',
    ],
    ['a wrapped number', '{"errcode":88,"sub_code":60011}', 200, '60011'],
    [
      'a code in the text alone',
      '{"errcode":88,"errmsg":"ding talk error[subcode=90018,submsg=x]"}',
      200,
      '90018',
    ],
    ['88 without more', '{"errcode":88,"errmsg":"鉴权异常"}', 200, '88'],
    ['a failure with HTTP 400', '{"errcode":40035,"errmsg":"不合法的参数"}', 400, '40035'],
    [
      'the v1.0 shape',
      '{"code":"Forbidden.AccessDenied.IpNotInWhiteList","message":"x","requestid":"y"}',
      403,
      'Forbidden.AccessDenied.IpNotInWhiteList',
    ],
    ['no errcode', '{"task_id":1}', 200, 'no_errcode'],
    ['an errcode that is null', '{"errcode":null,"task_id":1}', 200, 'no_errcode'],
    ['an inherited name', '{"__proto__":{"errcode":0}}', 200, 'no_errcode'],
    ['success with a sub_code', '{"errcode":0,"sub_code":"40014"}', 200, 'incomplete'],
    ['success with HTTP 500', '{"errcode":0,"task_id":1}', 500, 'incomplete'],
    ['an array', '[{"errcode":0}]', 200, 'not_json'],
    ['nothing', '', 200, 'not_json'],
    ['half an answer', '{"errcode":0,"task', 200, 'not_json'],
    ['a gateway page', '<html><h1>502 Bad Gateway</h1></html>', 502, 'http_5xx'],
    ['an empty 503', '', 503, 'http_5xx'],
    ['a redirect', '', 302, 'http_4xx'],
    ['a web page with 200', '<!DOCTYPE html><html></html>', 200, 'html_page'],
    ['the ban', '{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"xxx"}', 200, 'ip_banned'],
    [
      'the ban inside a page',
      '<html><body>{"status":1111,"wait":5,"punish":"deny"}</body></html>',
      403,
      'ip_banned',
    ],
    ['a page that speaks of the ban', '<html><body>punish: deny</body></html>', 200, 'ip_banned'],
    ['a hostile code', JSON.stringify({ errcode: 88, sub_code: 'x'.repeat(9999) }), 200, 'unlisted'],
  ])('reads %s', (_name, text, status, code) => {
    expect(codeOf(text, status)).toBe(code);
  });

  it('counts the wait of a ban in minutes', () => {
    expect(read('{"status":1111,"wait":7,"punish":"deny"}')).toMatchObject({ waitMs: 7 * 60_000 });
    expect(read('{"status":1111,"wait":99999999,"punish":"deny"}')).toMatchObject({ waitMs: 0 });
  });

  it('reads the end of a refusal as Beijing time', () => {
    const answer = read(
      '{"errcode":90002,"errmsg":"请求总次数超过了 300 次, 处罚将在 2019-02-13 20:40:05 结束"}',
    );
    expect(answer).toMatchObject({ endsAt: Date.UTC(2019, 1, 13, 12, 40, 5) });
    expect(read('{"errcode":90005,"errmsg":"限制将在 2026-03-02 10:00:00 结束"}')).toMatchObject({
      endsAt: Date.UTC(2026, 2, 2, 2),
    });
  });

  it('keeps every digit of large numbers', () => {
    expect(parseJson('{"task_id":9007199254740993123,"n":1.5,"e":1e3}')).toEqual({
      task_id: 9007199254740993123n,
      n: 1.5,
      e: 1000,
    });
  });
});

describe('payloads', () => {
  const resultOf = (text: string): unknown => {
    const body = parseJson(text);
    return isObject(body) ? readTaskResult(body) : null;
  };
  const empty = { read: [], unread: [], invalid: [], failed: [], forbidden: [], invalidDeptIds: [] };

  it.each<[string, string, object]>([
    [
      'the live sample',
      '{"send_result":{"failed_user_id_list":[],"forbidden_list":[],"invalid_dept_id_list":[],"invalid_user_id_list":[],"read_user_id_list":["u1"],"unread_user_id_list":[]}}',
      { read: ['u1'] },
    ],
    [
      'texts with commas',
      '{"send_result":{"invalid_user_id_list":"zhangsan,lisi","forbidden_user_id_list":"a,b","invalid_dept_id_list":"1,2,3"}}',
      {
        invalid: ['zhangsan', 'lisi'],
        forbidden: [
          { userid: 'a', code: null, count: null },
          { userid: 'b', code: null, count: null },
        ],
        invalidDeptIds: [1, 2, 3],
      },
    ],
    [
      'forbidden with codes',
      '{"send_result":{"forbidden_list":[{"code":"143105","count":1,"userid":"a"},{"code":143106,"count":"2","userid":"b"}],"forbidden_user_id_list":["a","c"]}}',
      {
        forbidden: [
          { userid: 'a', code: '143105', count: 1 },
          { userid: 'b', code: '143106', count: 2 },
          { userid: 'c', code: null, count: null },
        ],
      },
    ],
    [
      'one forbidden object',
      '{"send_result":{"forbidden_list":{"code":"143106","userid":"a"}}}',
      { forbidden: [{ userid: 'a', code: '143106', count: null }] },
    ],
    [
      'JSON text inside',
      '{"send_result":"{\\"read_user_id_list\\":\\"[\\\\\\"a\\\\\\"]\\"}"}',
      { read: ['a'] },
    ],
    [
      'null lists and numbers',
      '{"send_result":{"read_user_id_list":null,"unread_user_id_list":[123456789012345678901,"b","b"]}}',
      { unread: ['123456789012345678901', 'b'] },
    ],
  ])('reads %s', (_name, text, lists) => {
    expect(resultOf(text)).toEqual({ ...empty, ...lists });
  });

  it('takes an answer without send_result for none', () => {
    expect(resultOf('{"errcode":0}')).toBeNull();
    expect(resultOf('{"send_result":[]}')).toBeNull();
  });

  it('reads progress, numbers also as text', () => {
    expect(readProgress({ progress: { progress_in_percent: 100, status: 2 } })).toEqual({
      percent: 100,
      status: 'done',
    });
    expect(readProgress({ progress: { progress_in_percent: '40', status: '1' } })).toEqual({
      percent: 40,
      status: 'running',
    });
    expect(readProgress({ progress: { progress_in_percent: 100 } })).toBeNull();
    expect(readProgress({ progress: { status: 3 } })).toBeNull();
  });

  it('reads a user from both lookups', () => {
    expect(readUser({ userid: 'zhangsan' }).userid).toBe('zhangsan');
    const v2 = { result: { userid: 'a', exclusive_account_userid_list: '["x","y"]' } };
    expect(readUser(v2)).toEqual({ userid: 'a', exclusiveUserids: ['x', 'y'] });
    expect(readUser({ result: { userid: '', exclusive_account_userid_list: ['x'] } }).userid).toBe('x');
    expect(readUser({ result: {} }).userid).toBeNull();
  });

  it('reads lists of any shape without a crash', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => Array.isArray(listOf(value as never))));
  });
});

/** Bodies near to real ones: the interesting keys with values of every kind, and plain noise. */
const leaf = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(0, '0', 1, '40014', -1, 88, 90018, 1111, '', null, true),
);
const keys = fc.constantFrom(
  'errcode',
  'errmsg',
  'sub_code',
  'task_id',
  'request_id',
  'code',
  'message',
  'send_result',
  'progress',
  'result',
  'userid',
  'media_id',
  'status',
  'wait',
  'punish',
  'access_token',
  'expires_in',
  'forbidden_list',
  'read_user_id_list',
);
const objects = fc.dictionary(keys, fc.oneof(leaf, fc.dictionary(keys, leaf)));
const bodies = fc.oneof(
  objects.map((body) => Buffer.from(JSON.stringify(body))),
  fc.jsonValue().map((body) => Buffer.from(JSON.stringify(body))),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  objects.map((body) => Buffer.from(JSON.stringify(body).slice(0, -3))),
);
const answers = fc.record({
  kind: fc.constant('answered' as const),
  status: fc.oneof(fc.constant(200), fc.integer({ min: 100, max: 999 })),
  body: bodies,
});

describe('whatever the server answers', () => {
  it('a send is accepted only with errcode 0 and a task id', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        const { client, transport } = bench();
        transport.otherwise = answer;
        const result = await client.send(toUser);
        if (result.kind === 'accepted') {
          const body = parseJson(answer.body.toString('utf8'));
          if (!isObject(body)) throw new Error('accepted without JSON');
          expect(wholeNumberOf(body['errcode'])).toBe(0n);
          expect(wholeNumberOf(body['task_id'])).toBe(BigInt(result.taskId));
          expect(answer.status).toBeGreaterThanOrEqual(200);
          expect(answer.status).toBeLessThan(300);
          return;
        }
        expect(errorClasses).toContain(result.error.class);
        expect(result.error.provesNothingSent).toBe(result.kind !== 'unknown');
      }),
      { numRuns: 500 },
    );
  });

  it('every other operation ends in a value, and nobody is read or unread without being named', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        const { client, transport } = bench({ configurationHoldMs: 0 });
        transport.otherwise = answer;
        const result = await client.result('1');
        if (result.kind === 'ok') {
          const text = answer.body.toString('utf8').replaceAll('\\', '');
          for (const userid of [...result.value.read, ...result.value.unread])
            expect(text).toContain(JSON.stringify(userid).slice(1, -1).replaceAll('\\', ''));
        }
        for (const done of [
          await client.progress('1'),
          await client.recall('1'),
          await client.updateStatusBar('1', 'x', null),
        ]) {
          expect(['ok', 'failed']).toContain(done.kind);
        }
        expect(['found', 'not_found', 'failed']).toContain(
          (await client.lookupMobile(new Mobile('13800001201'))).kind,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('a token call ends in a value', async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        const { client, transport } = bench();
        transport.token = answer;
        const result = await client.send(toUser);
        expect(['accepted', 'not_sent']).toContain(result.kind);
        if (result.kind === 'not_sent') expect(transport.requests).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('task ids beyond 2^53 come out digit for digit', async () => {
    const { client, transport } = bench();
    transport.otherwise = json('{"errcode":0,"task_id":92233720368547758079}');
    expect(await client.send(toUser)).toMatchObject({ kind: 'accepted', taskId: '92233720368547758079' });
  });
});
