import { describe, expect, it } from 'vitest';
import { agentId, Bench, conversation, text, type Json } from './harness.ts';

const hour = 3_600_000;
const oa = {
  msgtype: 'oa',
  oa: {
    message_url: 'http://dingtalk.com',
    head: { bgcolor: 'FFBBBBBB', text: '头' },
    status_bar: { status_value: '待审批', status_bg: '0xFFFF9D46' },
    body: { title: '正文' },
  },
};

function statusBar(bench: Bench, taskId: unknown, fields: Json): Promise<Json> {
  return bench.post(`${conversation}/status_bar/update`, { agent_id: agentId, task_id: taskId, ...fields });
}

describe('results', () => {
  it('gives none for more than 100 people, nor for a broadcast', async () => {
    const bench = await Bench.start({ generate: 200 });
    const broadcast = await bench.send({ to_all_user: true });
    bench.finish();
    expect(await bench.progress(broadcast['task_id'])).toMatchObject({ progress: { status: 2 } });
    expect(await bench.result(broadcast['task_id'])).toMatchObject({ errcode: 15, errmsg: '调用超时' });
    const hundred = await bench.send({ dept_id_list: '900000,900001' });
    const more = await bench.send({ dept_id_list: '900000,900001,900002' });
    bench.finish();
    expect(await bench.result(hundred['task_id'])).toMatchObject({ errcode: 0 });
    expect(await bench.result(more['task_id'])).toMatchObject({ errcode: 15 });
    bench.control.setBehaviour({ largeResult: '41052' });
    expect(await bench.result(more['task_id'])).toMatchObject({ errcode: 41052 });
  });

  it('may refuse a result before the end instead of giving empty lists', async () => {
    const bench = await Bench.start({ behaviour: { resultBeforeFinish: '41052' } });
    const sent = await bench.send({ userid_list: 'zhangsan' });
    expect(await bench.result(sent['task_id'])).toMatchObject({ errcode: 41052 });
    bench.finish();
    expect(await bench.result(sent['task_id'])).toMatchObject({ errcode: 0 });
  });

  it('shows people reading as time goes by, the same in every run', async () => {
    const runs = await Promise.all([1, 2].map(() => Bench.start({ behaviour: { readRatio: 0.5 } })));
    const seen = await Promise.all(
      runs.map(async (bench) => {
        const sent = await bench.send({ dept_id_list: '4417020' });
        bench.finish();
        const first = (await bench.result(sent['task_id']))['send_result'] as Json;
        expect(first['read_user_id_list']).toEqual([]);
        bench.control.advance(60_000);
        return (await bench.result(sent['task_id']))['send_result'];
      }),
    );
    expect(seen[0]).toEqual(seen[1]);
    const { read_user_id_list: read, unread_user_id_list: unread } = seen[0] as Record<string, string[]>;
    expect(read?.length).toBeGreaterThan(3);
    expect(unread?.length).toBeGreaterThan(3);
  });

  it('can give lists as comma-separated text, as older documentation shows them', async () => {
    const bench = await Bench.start({ behaviour: { listStyle: 'comma', readRatio: 0 } });
    const sent = await bench.send({ userid_list: 'zhangsan,lisi', dept_id_list: '998,999' });
    bench.finish();
    expect((await bench.result(sent['task_id']))['send_result']).toMatchObject({
      unread_user_id_list: 'zhangsan,lisi',
      invalid_dept_id_list: '998,999',
      forbidden_list: [],
    });
  });

  it('answers for 24 hours', async () => {
    const bench = await Bench.start();
    const sent = await bench.send({ userid_list: 'zhangsan', msg: oa });
    await bench.later(24 * hour);
    expect(await bench.result(sent['task_id'])).toMatchObject({ errcode: 0 });
    expect(await bench.progress(sent['task_id'])).toMatchObject({ errcode: 0 });
    bench.control.advance(1);
    expect(await bench.result(sent['task_id'])).toMatchObject({ errcode: 40035 });
    expect(await bench.progress(sent['task_id'])).toMatchObject({ errcode: 40035 });
    expect(await bench.recall(sent['task_id'])).toMatchObject({ errcode: 400002 });
    expect(await statusBar(bench, sent['task_id'], { status_value: '完' })).toMatchObject({ errcode: 40035 });
  });

  it("does not know other apps' tasks", async () => {
    const bench = await Bench.start();
    const sent = await bench.send({ userid_list: 'zhangsan' });
    const other = await bench.get('/gettoken?appkey=dingsimulatorops&appsecret=simulator-ops-secret');
    const body = { agent_id: 836390887, task_id: sent['task_id'] };
    const answer = await bench.post(`${conversation}/getsendresult`, body, String(other['access_token']));
    expect(answer).toMatchObject({ errcode: 40035 });
  });

  it('carries task ids that a double cannot hold', async () => {
    const bench = await Bench.start({ behaviour: { firstTaskId: '9223372036854775001' } });
    const answer = await bench.raw(`${conversation}/asyncsend_v2`, {
      agent_id: agentId,
      userid_list: 'zhangsan',
      msg: text('big'),
    });
    expect(await answer.text()).toContain('"task_id":9223372036854775001,');
    const url = `${bench.simulator.url}${conversation}/getsendprogress?access_token=${bench.token}`;
    const asNumber = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"agent_id":${agentId},"task_id":9223372036854775001}`,
    });
    expect(await asNumber.json()).toMatchObject({ errcode: 0 });
    expect(await bench.progress('9223372036854775001')).toMatchObject({ errcode: 0 });
    expect(await bench.progress('9223372036854775002')).toMatchObject({ errcode: 40035 });
  });
});

describe('recall', () => {
  it('takes a whole task back, keeps it marked, and may be repeated', async () => {
    const bench = await Bench.start({ behaviour: { readRatio: 1 } });
    const sent = await bench.send({ userid_list: 'zhangsan,lisi' });
    expect(await bench.recall(sent['task_id'])).toMatchObject({ errcode: 0, errmsg: 'ok' });
    const at = bench.control.now();
    bench.control.advance(120_000);
    expect(await bench.recall(sent['task_id'])).toMatchObject({ errcode: 0 });
    expect(bench.control.inbox('lisi')).toMatchObject([{ recalledAt: at, readAt: null }]);
  });

  it('wants msg_task_id, not task_id', async () => {
    const bench = await Bench.start();
    const sent = await bench.send({ userid_list: 'zhangsan' });
    const body = { agent_id: agentId, task_id: sent['task_id'] };
    expect(await bench.post(`${conversation}/recall`, body)).toMatchObject({
      errcode: 40,
      errmsg: 'Missing required arguments:msg_task_id',
    });
    expect(bench.control.violations().map(({ detail }) => detail)).toEqual([
      'parameter task_id is not documented',
      'msg_task_id is missing',
    ]);
  });
});

describe('the status bar', () => {
  it('is updated once the task is done', async () => {
    const bench = await Bench.start();
    const sent = await bench.send({ userid_list: 'zhangsan', msg: oa });
    const change = { status_value: '已同意', status_bg: '0xFF78C06E' };
    expect(await statusBar(bench, sent['task_id'], change)).toMatchObject({ errcode: 41052 });
    bench.finish();
    expect(await statusBar(bench, sent['task_id'], change)).toMatchObject({ errcode: 0 });
    expect(bench.control.inbox('zhangsan')[0]?.statusBar).toEqual({
      value: '已同意',
      background: '0xFF78C06E',
    });
  });

  it.each([
    ['no value', {}, 40],
    ['an empty colour', { status_value: 'a', status_bg: '' }, 400001],
    ['a colour without 0x', { status_value: 'a', status_bg: 'FF78C06E' }, 40035],
  ])('refuses %s', async (_name, change, code) => {
    const bench = await Bench.start();
    const sent = await bench.send({ userid_list: 'zhangsan', msg: oa });
    bench.finish();
    expect(await statusBar(bench, sent['task_id'], change)).toMatchObject({ errcode: code });
  });

  it('exists on OA messages only, and wants the right agent', async () => {
    const bench = await Bench.start();
    const sent = await bench.send({ userid_list: 'zhangsan' });
    bench.finish();
    expect(await statusBar(bench, sent['task_id'], { status_value: 'a' })).toMatchObject({ errcode: 40035 });
    const wrong = { agent_id: 1, status_value: 'a' };
    expect(await statusBar(bench, sent['task_id'], wrong)).toMatchObject({ errcode: 40056 });
  });
});
