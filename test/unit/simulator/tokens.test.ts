import { describe, expect, it } from 'vitest';
import { appKey, appSecret, Bench, conversation, tokenOf, type Json } from './harness.ts';

const lifeMs = 7_200_000;

async function v1(bench: Bench, path: string, body: Json): Promise<{ status: number; body: Json }> {
  const answer = await bench.raw(path, body, null);
  return { status: answer.status, body: (await answer.json()) as Json };
}

describe('tokens', () => {
  it('gives the same token while it is good and renews it by being asked', async () => {
    const bench = await Bench.start();
    bench.control.advance(lifeMs - 1_000);
    expect(await tokenOf(bench.simulator.url)).toBe(bench.token);
    bench.control.advance(lifeMs - 1_000);
    expect(await bench.send({ userid_list: 'zhangsan' })).toMatchObject({ errcode: 0 });
    bench.control.advance(1_000);
    expect(await bench.send({ userid_list: 'zhangsan' })).toMatchObject({ errcode: 88, sub_code: '42001' });
    expect(await tokenOf(bench.simulator.url)).not.toBe(bench.token);
  });

  it('answers in the shape of the documentation', async () => {
    const bench = await Bench.start();
    const answer = await bench.get(`/gettoken?appkey=${appKey}&appsecret=${appSecret}`);
    expect(answer).toMatchObject({ errcode: 0, errmsg: 'ok', expires_in: 7200, access_token: bench.token });
  });

  it('refuses a wrong secret, a missing one, and parameters outside the query, all bare', async () => {
    const bench = await Bench.start();
    const wrong = await bench.get(`/gettoken?appkey=${appKey}&appsecret=${appSecret.toUpperCase()}`);
    expect(wrong).toMatchObject({ errcode: 40096 });
    expect(wrong).not.toHaveProperty('sub_code');
    expect(await bench.get(`/gettoken?appkey=${appKey}`)).toMatchObject({ errcode: 40035 });
    const posted = await bench.post('/gettoken', { appkey: appKey, appsecret: appSecret }, null);
    expect(posted).toMatchObject({ errcode: 43001 });
  });

  it('wraps token errors under /topapi and leaves them bare elsewhere', async () => {
    const bench = await Bench.start();
    expect(await bench.post(`${conversation}/recall`, {}, 'no-such-token')).toEqual({
      errcode: 88,
      sub_code: '40014',
      sub_msg: '不合法的access_token',
      errmsg: 'ding talk error[subcode=40014,submsg=不合法的access_token]',
      request_id: expect.any(String) as string,
    });
    expect(await bench.get('/user/get_by_mobile?access_token=x&mobile=13800001101')).toMatchObject({
      errcode: 40014,
    });
  });

  it('reads the token from the query or a form, never from a header or a JSON body', async () => {
    const bench = await Bench.start();
    const blank = { errcode: 88, sub_code: '40000', sub_msg: 'access_token is blank' };
    const path = `${conversation}/getsendprogress`;
    expect(await bench.post(path, { access_token: bench.token }, null)).toMatchObject(blank);
    const header = { 'x-acs-dingtalk-access-token': bench.token, 'content-type': 'application/json' };
    const answer = await fetch(bench.simulator.url + path, { method: 'POST', headers: header, body: '{}' });
    expect(await answer.json()).toMatchObject(blank);
    expect(bench.control.violations().map(({ kind }) => kind)).toEqual(['token', 'token']);
  });

  it('serves the new token APIs with HTTP status codes and the same token', async () => {
    const bench = await Bench.start();
    const path = '/v1.0/oauth2/accessToken';
    expect(await v1(bench, path, { appKey, appSecret })).toEqual({
      status: 200,
      body: { accessToken: bench.token, expireIn: 7200 },
    });
    expect(await v1(bench, path, { appKey, appSecret: 'wrong' })).toMatchObject({
      status: 400,
      body: { code: 'invalidClientIdOrSecret' },
    });
    expect(await v1(bench, path, { appKey })).toMatchObject({
      status: 400,
      body: { code: 'MissingappSecret' },
    });
    const corp = '/v1.0/oauth2/dingsimulatorcorp/token';
    const credentials = { client_id: appKey, client_secret: appSecret, grant_type: 'client_credentials' };
    expect(await v1(bench, corp, credentials)).toEqual({
      status: 200,
      body: { access_token: bench.token, expires_in: 7200 },
    });
    expect(await v1(bench, '/v1.0/oauth2/dingother/token', credentials)).toMatchObject({
      status: 500,
      body: { code: 'unknownError' },
    });
    expect(await v1(bench, corp, { ...credentials, grant_type: 'password' })).toMatchObject({
      status: 400,
      body: { code: 'unsupported.grant.type' },
    });
    expect(await v1(bench, corp, { ...credentials, client_secret: 'x' })).toMatchObject({
      status: 400,
      body: { code: 'invalid.client' },
    });
  });

  it('keeps the tokens of apps apart', async () => {
    const bench = await Bench.start();
    const other = await bench.get('/gettoken?appkey=dingsimulatorops&appsecret=simulator-ops-secret');
    expect(other['access_token']).not.toBe(bench.token);
    const answer = await bench.post(
      `${conversation}/asyncsend_v2`,
      { agent_id: 836390886, userid_list: 'zhangsan', msg: { msgtype: 'text', text: { content: 'a' } } },
      String(other['access_token']),
    );
    expect(answer).toMatchObject({ errcode: 40056 });
  });
});
