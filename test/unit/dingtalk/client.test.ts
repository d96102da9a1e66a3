import { describe, expect, it } from 'vitest';
import { nextDingtalkMonth } from '../../../src/base/dingtalk-day.ts';
import { Mobile } from '../../../src/base/sensitive.ts';
import { createAddressLimits } from '../../../src/dingtalk/address-limits.ts';
import type { SendAudience } from '../../../src/dingtalk/client-types.ts';
import { Holds } from '../../../src/dingtalk/holds.ts';
import type { TransportAnswer, TransportRequest } from '../../../src/dingtalk/transport.ts';
import { bench, json, toUser } from './scripted.ts';

const ok = json({ errcode: 0, task_id: 256271667526, request_id: '4jzllmte0wau' });
const refused = (code: number, errmsg = 'x'): TransportAnswer => json({ errcode: code, errmsg });
const formOf = (request: TransportRequest | undefined): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(typeof request?.body === 'string' ? request.body : ''));

describe('send', () => {
  const body = '{"msgtype":"text","text":{"content":"月会 100% & \\"更多\\" 😀\\n+1"}}';

  it.each<[string, SendAudience, Record<string, string>]>([
    ['people', { kind: 'users', userids: ['zhangsan', 'lisi'] }, { userid_list: 'zhangsan,lisi' }],
    ['departments', { kind: 'departments', deptIds: [123, 456] }, { dept_id_list: '123,456' }],
    ['everyone', { kind: 'everyone' }, { to_all_user: 'true' }],
  ])('sends the message byte for byte, to %s', async (_name, audience, expected) => {
    const { client, transport } = bench();
    transport.otherwise = ok;
    expect(await client.send({ audience, body, people: 5 })).toEqual({
      kind: 'accepted',
      taskId: '256271667526',
      requestId: '4jzllmte0wau',
    });
    expect(transport.requests[0]?.url).toBe(
      'https://oapi.dingtalk.com/topapi/message/corpconversation/asyncsend_v2?access_token=token-1',
    );
    expect(formOf(transport.requests[0])).toEqual({ agent_id: '1000', ...expected, msg: body });
  });

  it('sends the same bytes inside a JSON body when told so, scalars as text like the official SDK', async () => {
    const { client, transport } = bench({ encoding: 'json' });
    await client.send({ audience: toUser.audience, body, people: null });
    expect(transport.requests[0]?.body).toBe(`{"agent_id":"1000","userid_list":"u1","msg":${body}}`);
  });

  it('refuses by itself what DingTalk would refuse, without a call', async () => {
    const { client, transport } = bench();
    const audience: SendAudience = { kind: 'users', userids: Array.from({ length: 101 }, (_, i) => `u${i}`) };
    expect(await client.send({ ...toUser, audience })).toMatchObject({
      kind: 'refused',
      error: { code: 'invalid_request', class: 'message' },
    });
    expect(transport.tokenCalls).toBe(0);
  });

  it.each<[string, TransportAnswer, string]>([
    [
      'lost after the request was written',
      { kind: 'lost_after_write', message: 'reset' },
      'lost_after_write',
    ],
    ['a gateway error', json('<html>', 502), 'http_5xx'],
    ['a system error', refused(400001), '400001'],
    ['success without a task id', json({ errcode: 0 }), 'incomplete'],
    ['a task id of no digits', json({ errcode: 0, task_id: 'abc' }), 'incomplete'],
  ])('leaves the outcome open after %s, and does not send again', async (_name, answer, code) => {
    const { client, transport } = bench();
    transport.script.push(answer);
    expect(await client.send(toUser)).toMatchObject({
      kind: 'unknown',
      error: { code, class: 'unknown', provesNothingSent: false },
    });
    expect(transport.requests).toHaveLength(1);
  });

  it('knows that nothing was sent when there was no connection', async () => {
    const { client, transport } = bench();
    transport.script.push({ kind: 'lost_before_write', message: 'connect ECONNREFUSED' });
    expect(await client.send(toUser)).toMatchObject({
      kind: 'not_sent',
      error: { class: 'retry', provesNothingSent: true },
    });
  });

  it('gives up only while it waits for its turn', async () => {
    const { client } = bench({ limits: { callsPerSecond: 1 } });
    await client.send(toUser);
    const controller = new AbortController();
    const waiting = client.send(toUser, { signal: controller.signal });
    await Promise.resolve();
    controller.abort();
    expect(await waiting).toMatchObject({ kind: 'not_sent', error: { code: 'given_up', class: 'retry' } });
  });
});

describe('reserved places', () => {
  it('are used up by the call that brings them', async () => {
    const { client, clock } = bench({ limits: { callsPerSecond: 2 } });
    const slots = [client.limiter.tryReserve('send', 1), client.limiter.tryReserve('send', 1)];
    expect(client.limiter.available('send')).toBe(0);
    for (const slot of slots) if (slot !== null) await client.send(toUser, { slot });
    await clock.advance(1100);
    expect(client.limiter.available('send')).toBe(2);
  });

  it('do not go out into a ban that came after the reservation', async () => {
    const { client, transport } = bench();
    await client.checkToken();
    const slot = client.limiter.tryReserve('send', 1);
    transport.otherwise = json({ status: 1111, wait: 5, punish: 'deny' });
    await client.progress('1');
    if (slot === null) throw new Error('no slot');
    expect(await client.send(toUser, { slot })).toMatchObject({
      kind: 'not_sent',
      error: { code: 'ip_banned', class: 'retry_after', retryAfterMs: 300_000 },
    });
    expect(transport.requests).toHaveLength(1);
    expect(client.limiter.available('send')).toBe(0);
  });
});

describe('pauses and holds', () => {
  it('waits a second after 90018 and then goes on by itself', async () => {
    const { client, transport, clock, events } = bench();
    transport.script.push(json({ errcode: 88, sub_code: '90018', errmsg: 'x' }));
    expect(await client.send(toUser)).toMatchObject({
      kind: 'refused',
      error: { class: 'retry_after', retryAfterMs: 1000 },
    });
    const next = client.send(toUser);
    await clock.advance(900);
    expect(transport.requests).toHaveLength(1);
    await clock.advance(200);
    expect(await next).toMatchObject({ kind: 'accepted' });
    expect(client.state().held).toBe(false);
    expect(events).toContainEqual({ kind: 'wait', operation: 'send', ms: 1000, reason: 'pause' });
  });

  it('waits 1, 2 and 4 seconds for 90002 in a row, and starts again after a success', async () => {
    const { client, transport, clock } = bench();
    await client.checkToken();
    const waits: (number | null)[] = [];
    for (const answer of [90002, 90002, 90002, 90002, 0, 90002]) {
      transport.script.push(answer === 0 ? ok : refused(answer));
      const result = await client.send(toUser);
      if (result.kind === 'refused') waits.push(result.error.retryAfterMs);
      await clock.advance(5000);
    }
    expect(waits).toEqual([1000, 2000, 4000, 4000, 1000]);
  });

  it('takes refusals of calls under way together for one', async () => {
    const { client, transport } = bench();
    await client.checkToken();
    transport.otherwise = refused(90002);
    const results = await Promise.all(Array.from({ length: 10 }, () => client.send(toUser)));
    expect(results.map((result) => result.kind === 'refused' && result.error.retryAfterMs)).toEqual(
      Array.from({ length: 10 }, () => 1000),
    );
  });

  it('believes the end that a refusal names', async () => {
    const { client, transport, clock } = bench();
    transport.otherwise = refused(90005, '处罚将在 2026-03-02 12:40:00 结束');
    expect(await client.send(toUser)).toMatchObject({ error: { retryAfterMs: 40 * 60_000 } });
    expect(client.state()).toMatchObject({
      held: true,
      holds: [{ scope: 'send', until: clock.now() + 40 * 60_000 }],
    });
    expect(await client.send(toUser)).toMatchObject({
      kind: 'not_sent',
      error: { code: '90005', class: 'retry_after' },
    });
    expect(client.limiter.available('result')).toBe(20);
  });

  it.each([
    ['the wait that the ban names', { status: 1111, wait: 7, punish: 'deny' }, 7 * 60_000],
    ['the configured hold when it names none', { status: 1111, punish: 'deny' }, 120_000],
  ])('stops all apps of our address for %s', async (_name, page, holdMs) => {
    const address = createAddressLimits(new Holds(bench().clock), bench().clock);
    const one = bench({ address, banHoldMs: 120_000 });
    const other = bench({ address });
    one.transport.otherwise = json(page);
    expect(await one.client.send(toUser)).toMatchObject({
      kind: 'refused',
      error: { code: 'ip_banned', retryAfterMs: holdMs },
    });
    expect(other.client.state()).toMatchObject({ held: true, holds: [{ scope: 'address', reason: 'ban' }] });
    expect(await other.client.send(toUser)).toMatchObject({ kind: 'not_sent' });
    expect(other.transport.requests).toEqual([]);
  });

  it('stops after a web page too, which a ban may be, and leaves the send open', async () => {
    const { client, transport } = bench();
    transport.otherwise = json('<!doctype html><html>denied</html>', 403);
    expect(await client.send(toUser)).toMatchObject({ kind: 'unknown', error: { code: 'html_page' } });
    expect(client.state()).toMatchObject({ held: true, holds: [{ reason: 'ban' }] });
  });

  it('holds the app on a fault of the configuration, tries again once after a while, and goes on', async () => {
    const { client, transport, clock, events } = bench();
    transport.script.push(refused(60020, '访问ip不在白名单之中,request ip=1.2.3.4'));
    expect(await client.send(toUser)).toMatchObject({ kind: 'refused', error: { class: 'configuration' } });
    expect(await client.send(toUser)).toMatchObject({
      kind: 'not_sent',
      error: { class: 'configuration', retryAfterMs: 300_000 },
    });
    await clock.advance(300_000);
    transport.script.push(refused(60020));
    expect(await client.send(toUser)).toMatchObject({ kind: 'refused' });
    expect(await client.send(toUser)).toMatchObject({ kind: 'not_sent' });
    await clock.advance(300_000);
    expect(await client.send(toUser)).toMatchObject({ kind: 'accepted' });
    expect(client.state()).toEqual({ held: false, holds: [] });
    expect(
      events.filter(({ kind }) => kind === 'held' || kind === 'released').map(({ kind }) => kind),
    ).toEqual(['held', 'released']);
  });

  it('takes a refusal of the message itself for a sign that the door is open again', async () => {
    const { client, transport, clock } = bench();
    transport.script.push(refused(60020), refused(34014));
    await client.send(toUser);
    await clock.advance(300_000);
    await client.send(toUser);
    expect(client.state().held).toBe(false);
  });

  it('goes on at once when a person says that the fault is mended', async () => {
    const { client, transport } = bench({ configurationHoldMs: null });
    transport.script.push(refused(60011));
    await client.send(toUser);
    expect(client.state().holds).toMatchObject([{ until: null }]);
    client.release();
    expect(await client.send(toUser)).toMatchObject({ kind: 'accepted' });
  });

  it('parks the app until the next month when the calls are used up', async () => {
    const { client, transport, clock } = bench();
    transport.script.push(refused(90020));
    await client.send(toUser);
    expect(client.state()).toMatchObject({
      held: true,
      holds: [{ reason: 'monthly_quota', until: nextDingtalkMonth(clock.now()) }],
    });
  });

  it('closes without touching a transport that others share', async () => {
    const { client } = bench({ limits: { callsPerSecond: 1 } });
    await client.send(toUser);
    const waiting = client.send(toUser);
    await Promise.resolve();
    await client.close();
    expect(await waiting).toMatchObject({ kind: 'not_sent' });
  });
});

describe('lookup', () => {
  const mobile = new Mobile('13800001201');

  it('asks the current API', async () => {
    const { client, transport } = bench();
    transport.otherwise = json({
      errcode: '0',
      result: { userid: 'zhangsan', exclusive_account_userid_list: '["x"]' },
    });
    expect(await client.lookupMobile(mobile)).toEqual({
      kind: 'found',
      userid: 'zhangsan',
      exclusiveUserids: ['x'],
    });
    expect(transport.requests[0]?.url).toContain('/topapi/v2/user/getbymobile?access_token=token-1');
    expect(formOf(transport.requests[0])).toEqual({ mobile: '13800001201' });
  });

  it('turns to the legacy one when the permission is missing, and remembers', async () => {
    const { client, transport, events } = bench();
    transport.script.push(
      refused(60011),
      json({ errcode: 0, userid: 'a' }),
      json({ errcode: 0, userid: 'b' }),
    );
    expect(await client.lookupMobile(mobile)).toMatchObject({ kind: 'found', userid: 'a' });
    expect(await client.lookupMobile(mobile)).toMatchObject({ kind: 'found', userid: 'b' });
    expect(transport.requests.map(({ url }) => new URL(url).pathname)).toEqual([
      '/topapi/v2/user/getbymobile',
      '/user/get_by_mobile',
      '/user/get_by_mobile',
    ]);
    expect(client.state().held).toBe(false);
    expect(events.filter(({ kind }) => kind === 'legacy_lookup')).toHaveLength(1);
  });

  it('holds the app when neither is permitted', async () => {
    const { client, transport } = bench();
    transport.otherwise = refused(60011);
    expect(await client.lookupMobile(mobile)).toMatchObject({
      kind: 'failed',
      error: { class: 'configuration' },
    });
    expect(transport.requests).toHaveLength(2);
    expect(client.state()).toMatchObject({ held: true, holds: [{ code: '60011' }] });
  });

  it.each(['v2', 'legacy'] as const)('uses %s alone when told so', async (lookupApi) => {
    const { client, transport } = bench({ lookupApi });
    transport.otherwise = refused(60011);
    expect(await client.lookupMobile(mobile)).toMatchObject({ kind: 'failed' });
    expect(transport.requests).toHaveLength(1);
    expect(transport.requests[0]?.url.includes('/user/get_by_mobile')).toBe(lookupApi === 'legacy');
  });

  it.each([60121, 40104, 60103, 400002])(
    'says that nobody has the number on %d, which is no fault',
    async (code) => {
      const { client, transport } = bench();
      transport.otherwise = refused(code, '找不到该用户 13800001201');
      const result = await client.lookupMobile(mobile);
      expect(result).toMatchObject({ kind: 'not_found', error: { message: '找不到该用户 138******01' } });
    },
  );

  it('shows no other number that the text of DingTalk names, whatever its country code', async () => {
    const { client, transport } = bench();
    for (const written of ['8613800001101', '+86 13800001101', '008613800001101']) {
      transport.otherwise = refused(60121, `找不到该用户 ${written}`);
      const result = await client.lookupMobile(mobile);
      expect(JSON.stringify(result)).not.toContain('380000');
    }
  });
});

describe('the other operations', () => {
  it('ask for progress and result', async () => {
    const { client, transport } = bench();
    transport.script.push(
      json({ errcode: 0, progress: { progress_in_percent: 100, status: 2 } }),
      json({ errcode: 0, send_result: { read_user_id_list: ['a'] } }),
    );
    expect(await client.progress('456')).toEqual({ kind: 'ok', value: { percent: 100, status: 'done' } });
    expect(await client.result('456')).toMatchObject({ kind: 'ok', value: { read: ['a'], forbidden: [] } });
    expect(transport.requests.map(formOf)).toEqual([
      { agent_id: '1000', task_id: '456' },
      { agent_id: '1000', task_id: '456' },
    ]);
  });

  it('recall with msg_task_id, which this one operation calls it', async () => {
    const { client, transport } = bench();
    expect(await client.recall('456')).toEqual({ kind: 'ok', value: null });
    expect(transport.requests[0]?.url).toContain('/topapi/message/corpconversation/recall?');
    expect(formOf(transport.requests[0])).toEqual({ agent_id: '1000', msg_task_id: '456' });
  });

  it('update the status bar, the colour only when there is one', async () => {
    const { client, transport } = bench();
    await client.updateStatusBar('456', '已同意', '0xFF78C06E');
    await client.updateStatusBar('456', '已同意', null);
    expect(transport.requests[0]?.url).toContain('/topapi/message/corpconversation/status_bar/update?');
    expect(transport.requests.map(formOf)).toEqual([
      { agent_id: '1000', task_id: '456', status_value: '已同意', status_bg: '0xFF78C06E' },
      { agent_id: '1000', task_id: '456', status_value: '已同意' },
    ]);
  });

  it('may be repeated when their answer is lost', async () => {
    const { client, transport } = bench();
    transport.otherwise = { kind: 'lost_after_write', message: 'reset' };
    expect(await client.recall('1')).toMatchObject({
      kind: 'failed',
      error: { class: 'retry', code: 'lost_after_write' },
    });
    expect(await client.result('1')).toMatchObject({ kind: 'failed', error: { class: 'retry' } });
  });

  it('do not take success without content for content', async () => {
    const { client, transport } = bench();
    transport.otherwise = json({ errcode: 0 });
    for (const answer of [await client.progress('1'), await client.result('1')]) {
      expect(answer).toMatchObject({ kind: 'failed', error: { code: 'incomplete', class: 'retry' } });
    }
  });
});

describe('events', () => {
  it('tell each call with its outcome, for metrics', async () => {
    const { client, transport, events } = bench();
    transport.script.push(ok, refused(34014));
    await client.send(toUser);
    await client.send(toUser);
    expect(events).toMatchObject([
      { kind: 'call', operation: 'token', outcome: 'ok' },
      { kind: 'token', outcome: 'renewed' },
      { kind: 'call', operation: 'send', outcome: 'ok', code: null, httpStatus: 200 },
      { kind: 'call', operation: 'send', outcome: 'message', code: '34014', httpStatus: 200 },
    ]);
  });
});
