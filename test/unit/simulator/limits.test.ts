import { describe, expect, it } from 'vitest';
import { agentId, appKey, appSecret, Bench, conversation, text, type Json } from './harness.ts';

const hour = 3_600_000;

async function resultOf(bench: Bench, sent: Json): Promise<Json> {
  bench.finish();
  return (await bench.result(sent['task_id']))['send_result'] as Json;
}

describe('limits that answer success and show up in the result alone', () => {
  it('lets the same content reach a person once a day of Beijing, whatever its spaces and order', async () => {
    const bench = await Bench.start({ behaviour: { readRatio: 0 } });
    const first = { msgtype: 'markdown', markdown: { title: 'a', text: 'b' } };
    const same = '{ "markdown": {"text":"b", "title":"a"}, "msgtype":"markdown" }';
    await bench.send({ userid_list: 'zhangsan', msg: first });
    const again = await bench.send({ userid_list: 'zhangsan,lisi', msg: same });
    expect(again['errcode']).toBe(0);
    expect(await resultOf(bench, again)).toMatchObject({
      forbidden_user_id_list: ['zhangsan'],
      forbidden_list: [{ code: '143106', count: 1, userid: 'zhangsan' }],
      unread_user_id_list: ['lisi'],
    });
    expect(bench.control.inbox('zhangsan')).toHaveLength(1);
    expect(bench.control.violations()).toMatchObject([{ kind: 'limit' }]);
    // The bench begins at noon in Shanghai; the new day there begins at 16:00 UTC.
    await bench.later(12 * hour);
    await bench.send({ userid_list: 'zhangsan', msg: first });
    expect(bench.control.inbox('zhangsan')).toHaveLength(2);
  });

  it('counts the same content per app', async () => {
    const bench = await Bench.start();
    await bench.send({ userid_list: 'zhangsan' });
    const other = await bench.get('/gettoken?appkey=dingsimulatorops&appsecret=simulator-ops-secret');
    const body = { agent_id: 836390887, userid_list: 'zhangsan', msg: text('hello') };
    await bench.post(`${conversation}/asyncsend_v2`, body, String(other['access_token']));
    expect(bench.control.inbox('zhangsan')).toHaveLength(2);
  });

  it('leaves a person out beyond 500 messages a day', async () => {
    const bench = await Bench.start({ limits: { messagesPerUserPerDay: 3, callsPerSecond: null } });
    for (let index = 0; index < 3; index++) await bench.send({ userid_list: 'lisi', msg: text(`m${index}`) });
    const sent = await bench.send({ userid_list: 'lisi', msg: text('one too many') });
    expect((await resultOf(bench, sent))['forbidden_list']).toEqual([
      { code: '143105', count: 3, userid: 'lisi' },
    ]);
    await bench.later(12 * hour);
    await bench.send({ userid_list: 'lisi', msg: text('tomorrow') });
    expect(bench.control.inbox('lisi')).toHaveLength(4);
  });

  it('leaves people out beyond the recipients of a minute, and lets them in a minute later', async () => {
    const bench = await Bench.start({ limits: { recipientsPerMinute: 5 } });
    const department = await bench.send({ dept_id_list: '4417023' });
    expect(await resultOf(bench, department)).toMatchObject({
      forbidden_list: [{ code: '143103', count: 5, userid: 'zhouba' }],
    });
    bench.control.advance(60_000);
    await bench.send({ userid_list: 'zhouba' });
    expect(bench.control.inbox('zhouba')).toHaveLength(1);
  });

  it('has the documented numbers by default', async () => {
    const bench = await Bench.start();
    expect(bench.control.limits()).toMatchObject({
      callsPerSecond: 20,
      callsPerMonth: 5_000,
      callsPerIp: 10_000,
      recipientsPerMinute: 5_000,
      messagesPerUserPerDay: 500,
      sameContentPerUserPerDay: 1,
      broadcastsPerDay: 3,
      messageBytes: 2_048,
    });
  });
});

describe('limits that are answered', () => {
  it('refuses the fourth broadcast of a day', async () => {
    const bench = await Bench.start();
    for (let index = 0; index < 3; index++) {
      expect(await bench.send({ to_all_user: true, msg: text(`all ${index}`) })).toMatchObject({
        errcode: 0,
      });
    }
    expect(await bench.send({ to_all_user: 'true', msg: text('all 4') })).toMatchObject({ errcode: 41045 });
    expect(bench.control.inbox('chenyifan')).toHaveLength(3);
    await bench.later(12 * hour);
    expect(await bench.send({ to_all_user: true, msg: text('all 5') })).toMatchObject({ errcode: 0 });
  });

  it('refuses the 21st call within any second, not within a calendar second', async () => {
    const bench = await Bench.start();
    bench.control.advance(900);
    for (let index = 0; index < 20; index++)
      expect(await bench.progress(1)).toMatchObject({ errcode: 40035 });
    bench.control.advance(999);
    const refused = await bench.progress(1);
    expect(refused).toMatchObject({ errcode: 88, sub_code: '90018' });
    // Another API of the same app has a window of its own.
    expect(await bench.recall(1)).toMatchObject({ errcode: 400002 });
    bench.control.advance(1);
    expect(await bench.progress(1)).toMatchObject({ errcode: 40035 });
  });

  it('throttles tokens too, in the envelope of each API', async () => {
    const bench = await Bench.start({ limits: { callsPerSecond: 1 } });
    expect(await bench.get(`/gettoken?appkey=${appKey}&appsecret=${appSecret}`)).toMatchObject({
      errcode: 90018,
    });
    await bench.raw('/v1.0/oauth2/accessToken', { appKey, appSecret }, null);
    const answer = await bench.raw('/v1.0/oauth2/accessToken', { appKey, appSecret }, null);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi' });
  });

  it('refuses metered calls beyond the month, and not the address book', async () => {
    const bench = await Bench.start({ limits: { callsPerMonth: 2 } });
    await bench.send({ userid_list: 'zhangsan' });
    await bench.progress(256271667526);
    expect(await bench.send({ userid_list: 'zhangsan' })).toMatchObject({ errcode: 88, sub_code: '90020' });
    const lookup = await bench.post('/topapi/v2/user/getbymobile', { mobile: '13800001101' });
    expect(lookup).toMatchObject({ errcode: 0 });
    await bench.later(31 * 24 * hour);
    expect(await bench.send({ userid_list: 'zhangsan' })).toMatchObject({ errcode: 0 });
  });

  it('bans an address for five minutes, with a body of another shape', async () => {
    const bench = await Bench.start({ limits: { callsPerIp: 3 } });
    await bench.progress(1);
    await bench.progress(1);
    expect(await bench.progress(1)).toMatchObject({ status: 1111, wait: 5, punish: 'deny' });
    bench.control.advance(299_999);
    expect(await bench.progress(1)).toMatchObject({ status: 1111 });
    bench.control.advance(1);
    expect(await bench.progress(1)).toMatchObject({ errcode: 40035 });
  });

  it('lifts all rates and quotas on demand and brings them back', async () => {
    const bench = await Bench.start({ limits: 'off' });
    for (let index = 0; index < 30; index++) await bench.send({ agent_id: agentId, userid_list: 'zhangsan' });
    expect(bench.control.inbox('zhangsan')).toHaveLength(30);
    bench.control.setLimits('documented');
    await bench.send({ userid_list: 'zhangsan' });
    const sent = await bench.send({ userid_list: 'zhangsan' });
    expect((await resultOf(bench, sent))['forbidden_user_id_list']).toEqual(['zhangsan']);
  });
});
