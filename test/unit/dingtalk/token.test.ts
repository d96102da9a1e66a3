import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Mobile, Secret } from '../../../src/base/sensitive.ts';
import type { DingTalkClient } from '../../../src/dingtalk/client-types.ts';
import type { CallError, SendResult } from '../../../src/dingtalk/outcomes.ts';
import { TokenSource, type TokenFetch } from '../../../src/dingtalk/token.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { appSecret, bench, json, toUser } from './scripted.ts';

const hour = 3_600_000;
const error: CallError = {
  operation: 'token',
  code: '-1',
  message: 'busy',
  requestId: null,
  class: 'retry',
  retryAfterMs: null,
  provesNothingSent: true,
  httpStatus: 200,
};

function source(marginMs = 300_000): {
  tokens: TokenSource;
  clock: FakeClock;
  calls: () => number;
  answers: (TokenFetch | null)[];
} {
  const clock = new FakeClock();
  const answers: (TokenFetch | null)[] = [];
  let calls = 0;
  const tokens = new TokenSource({
    clock,
    random: () => 0.5,
    marginMs,
    fetch: () => {
      calls++;
      return Promise.resolve(answers.shift() ?? { kind: 'ok', token: `t${calls}`, seconds: 7200 });
    },
  });
  return { tokens, clock, calls: () => calls, answers };
}

const tokenOf = async (tokens: TokenSource): Promise<string> => {
  const answer = await tokens.get();
  return answer.kind === 'token' ? answer.token.reveal() : answer.error.code;
};

describe('TokenSource', () => {
  it('asks once for many callers, and then not again while the token lives', async () => {
    const { tokens, clock, calls } = source();
    const all = await Promise.all(Array.from({ length: 1000 }, () => tokenOf(tokens)));
    expect(new Set(all)).toEqual(new Set(['t1']));
    await clock.advance(1.9 * hour);
    expect(await tokenOf(tokens)).toBe('t1');
    expect(calls()).toBe(1);
  });

  it('renews before the end, in the background, while the old one serves', async () => {
    const { tokens, clock, calls } = source();
    await tokenOf(tokens);
    await clock.advance(2 * hour - 299_000);
    expect(await tokenOf(tokens)).toBe('t1');
    await clock.advance(0);
    expect(await tokenOf(tokens)).toBe('t2');
    expect(calls()).toBe(2);
  });

  it('keeps the old token when a renewal fails, and asks again only after a while', async () => {
    const { tokens, clock, calls, answers } = source();
    await tokenOf(tokens);
    await clock.advance(2 * hour - 299_000);
    answers.push({ kind: 'failed', error });
    for (let i = 0; i < 5; i++) {
      expect(await tokenOf(tokens)).toBe('t1');
      await clock.advance(0);
    }
    expect(calls()).toBe(2);
    await clock.advance(2000);
    await tokenOf(tokens);
    await clock.advance(0);
    expect(await tokenOf(tokens)).toBe('t3');
  });

  it('does not hammer after a failure, and says when to come back', async () => {
    const { tokens, clock, calls, answers } = source();
    answers.push({ kind: 'failed', error });
    expect(await tokenOf(tokens)).toBe('-1');
    const again = await tokens.get();
    expect(again).toMatchObject({ kind: 'failed', error: { retryAfterMs: 750 } });
    expect(calls()).toBe(1);
    await clock.advance(750);
    expect(await tokenOf(tokens)).toBe('t2');
  });

  it('replaces a refused token once, however many calls were refused with it', async () => {
    const { tokens, calls } = source();
    const first = await tokens.get();
    if (first.kind !== 'token') throw new Error('no token');
    const replaced = await Promise.all(Array.from({ length: 50 }, () => tokens.replace(first.token)));
    expect(new Set(replaced.map((answer) => answer.kind === 'token' && answer.token.reveal()))).toEqual(
      new Set(['t2']),
    );
    await tokens.replace(first.token);
    expect(calls()).toBe(2);
  });

  it('does not ask for every call when the answer gives the token no life', async () => {
    const { tokens, clock, calls, answers } = source();
    answers.push({ kind: 'ok', token: 'short', seconds: 0 });
    await tokenOf(tokens);
    await clock.advance(20_000);
    expect(await tokenOf(tokens)).toBe('short');
    expect(calls()).toBe(1);
  });
});

/** As the delivery loop sends: the place is taken before the call. */
async function sendReserved(client: DingTalkClient): Promise<SendResult | null> {
  const slot = client.limiter.tryReserve('send', 1);
  return slot === null ? null : client.send(toUser, { slot });
}

describe('the client and its token', () => {
  it('makes one token call for 1,000 concurrent first calls', async () => {
    const { client, transport } = bench({ limits: { callsPerSecond: 0 } });
    const results = await Promise.all(Array.from({ length: 1000 }, () => client.send(toUser)));
    expect(transport.tokenCalls).toBe(1);
    expect(results.every(({ kind }) => kind === 'accepted')).toBe(true);
  });

  it.each(['40014', '42001', '40001'])(
    'gets a new token after %s and makes the call once more',
    async (code) => {
      const { client, transport } = bench();
      transport.script.push(
        json({ errcode: 88, sub_code: code, errmsg: 'x' }),
        json({ errcode: 0, task_id: 7 }),
      );
      expect(await client.send(toUser)).toMatchObject({ kind: 'accepted', taskId: '7' });
      expect(transport.tokenCalls).toBe(2);
      expect(transport.requests.map(({ url }) => /access_token=([^&]*)/.exec(url)?.[1])).toEqual([
        'token-1',
        'token-2',
      ]);
      expect(transport.requests[1]?.body).toBe(transport.requests[0]?.body);
    },
  );

  it('holds the app when the fresh token is refused too', async () => {
    const { client, transport } = bench();
    transport.otherwise = json({ errcode: 40014, errmsg: 'x' });
    expect(await client.send(toUser)).toMatchObject({
      kind: 'refused',
      error: { class: 'configuration', code: '40014' },
    });
    expect(transport.requests).toHaveLength(2);
    expect(client.state()).toMatchObject({ held: true, holds: [{ reason: 'configuration', code: '40014' }] });
    expect(await client.send(toUser)).toMatchObject({ kind: 'not_sent' });
    expect(transport.requests).toHaveLength(2);
  });

  it('does not hold the app for a fresh token that was good until somebody ended it', async () => {
    const { client, transport } = bench();
    const ended = json({ errcode: 40014, errmsg: 'x' });
    const accepted = json({ errcode: 0, task_id: 7 });
    // Both meet the end of the first token; the second one carries out one repeat and has ended at the other.
    transport.script.push(ended, ended, accepted, ended);
    const results = await Promise.all([client.send(toUser), client.send(toUser)]);
    expect(results).toMatchObject([
      { kind: 'accepted' },
      { kind: 'refused', error: { class: 'retry_after', code: '40014', retryAfterMs: 1_000 } },
    ]);
    expect(client.state().held).toBe(false);
    transport.script.push(ended, accepted);
    expect(await client.send(toUser)).toMatchObject({ kind: 'accepted' });
    expect(transport.tokenCalls).toBe(3);
  });

  it('remembers that a token was good when others have worked since', async () => {
    const { tokens } = source();
    const [first, second] = [await tokens.get(), new Secret('later')];
    if (first.kind !== 'token') throw new Error('no token');
    expect(tokens.hasWorked(first.token)).toBe(false);
    tokens.worked(first.token);
    tokens.worked(second);
    expect(tokens.hasWorked(first.token)).toBe(true);
  });

  it('does not send, and holds the app, with a wrong secret', async () => {
    const { client, transport } = bench();
    transport.token = json({ errcode: 40096, errmsg: `不合法的appkey或appsecret ${appSecret}` });
    const result = await client.send(toUser);
    expect(result).toMatchObject({ kind: 'not_sent', error: { operation: 'token', class: 'configuration' } });
    expect(transport.requests).toEqual([]);
    expect(inspect({ result, state: client.state() }, { depth: 9 })).not.toContain(appSecret);
  });

  it('fetches a token within the call that tries whether a hold is over', async () => {
    const { client, transport, clock } = bench();
    const good = transport.token;
    transport.token = json({ errcode: 40096, errmsg: 'x' });
    await sendReserved(client);
    await clock.advance(300_000);
    expect(await sendReserved(client)).toMatchObject({ kind: 'not_sent', error: { code: '40096' } });
    expect(transport.tokenCalls).toBe(2);
    expect(client.limiter.tryReserve('send', 1)).toBeNull();
    transport.token = good;
    await clock.advance(300_000);
    expect(await sendReserved(client)).toMatchObject({ kind: 'accepted' });
    expect(client.state()).toEqual({ held: false, holds: [] });
  });

  it('goes on after one bad answer to a renewal, though the old token has ended in the meantime', async () => {
    const { client, transport, clock } = bench();
    const good = transport.token;
    await client.send(toUser);
    await clock.advance(116 * 60_000);
    transport.token = json('<html>403 Forbidden</html>', 403);
    await client.send(toUser);
    expect(client.state()).toMatchObject({ held: true, holds: [{ scope: 'address' }] });
    transport.token = good;
    await clock.advance(5 * 60_000);
    expect(await sendReserved(client)).toMatchObject({ kind: 'accepted' });
    expect(client.state().held).toBe(false);
  });

  it('proves nothing about a hold of other calls by a token', async () => {
    const { client, transport, clock } = bench();
    transport.script.push(json({ errcode: 60020, errmsg: 'x' }));
    await client.send(toUser);
    await clock.advance(121 * 60_000);
    expect(await client.checkToken()).toMatchObject({ kind: 'ok' });
    expect(client.state().held).toBe(true);
    expect(client.limiter.available('send')).toBe(1);
  });

  it('says that nothing of the call has left where the token call failed, whatever that was answered', async () => {
    const { client, transport } = bench();
    transport.token = json({ errcode: -1, errmsg: 'busy' });
    const unsent = { operation: 'token', code: '-1', provesNothingSent: true, httpStatus: null };
    expect(await client.send(toUser)).toMatchObject({ kind: 'not_sent', error: unsent });
    expect(await client.recall('1')).toMatchObject({ kind: 'failed', error: unsent });
  });

  it.each(['400002', '40000', '41001', '40014'])(
    'takes %s in the answer to the token call for a fault of what is configured, not of the call',
    async (code) => {
      const { client, transport } = bench();
      transport.token = json({ errcode: Number(code), errmsg: 'x' });
      expect(await client.lookupMobile(new Mobile('13800001201'))).toMatchObject({
        kind: 'failed',
        error: { operation: 'token', code, class: 'configuration' },
      });
      expect(client.state()).toMatchObject({ held: true, holds: [{ reason: 'configuration', code }] });
      transport.token = json({ errcode: 0, access_token: 't', expires_in: 7200 });
      client.release();
      expect(await client.send(toUser)).toMatchObject({ kind: 'accepted' });
    },
  );

  it.each([
    ['v1', 'https://api.example/v1.0/oauth2/accessToken', '{"appKey":"key","appSecret":"top-Secret-1"}'],
    [
      'corp',
      'https://api.example/v1.0/oauth2/ding1/token',
      '{"client_id":"key","client_secret":"top-Secret-1","grant_type":"client_credentials"}',
    ],
  ] as const)('takes tokens of the new API (%s)', async (tokenApi, url, body) => {
    const { client, transport } = bench({
      tokenApi,
      apiBaseUrl: 'https://api.example',
      app: { name: 'a', appKey: 'key', appSecret: new Secret(appSecret), agentId: 1, corpId: 'ding1' },
    });
    transport.token = (request) => {
      expect(request).toMatchObject({ url, body, method: 'POST' });
      return json({ accessToken: 'new', expireIn: 7200 });
    };
    expect(await client.send(toUser)).toMatchObject({ kind: 'accepted' });
    expect(transport.requests[0]?.url).toContain('access_token=new');
  });

  it('reads the refusals of the new API', async () => {
    const { client, transport } = bench({ tokenApi: 'v1' });
    transport.token = json(
      { code: 'invalidClientIdOrSecret', message: '无效的clientId或者clientSecret', requestid: 'q' },
      400,
    );
    expect(await client.checkToken()).toMatchObject({
      kind: 'failed',
      error: { class: 'configuration', requestId: 'q' },
    });
  });

  it('keeps token, secret and mobile numbers out of every text', async () => {
    const { client, transport, events } = bench();
    transport.otherwise = json({
      errcode: 60011,
      errmsg: `token-1 ${appSecret} 13800001201 access_token=abc request ip=1.2.3.4`,
      request_id: 'token-1',
    });
    const result = await client.send(toUser);
    const text = inspect([result, events, client.state()], { depth: 9 });
    expect(text).toContain('request ip=1.2.3.4');
    for (const hidden of ['token-1', appSecret, '13800001201', 'access_token=abc'])
      expect(text).not.toContain(hidden);
  });
});
