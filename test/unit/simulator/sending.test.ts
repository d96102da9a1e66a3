import { describe, expect, it } from 'vitest';
import { agentId, Bench, conversation, text, type Json } from './harness.ts';

describe('sending to people', () => {
  it('accepts a send, shows progress in three steps and then who has it', async () => {
    const bench = await Bench.start({ behaviour: { readRatio: 0 } });
    const sent = await bench.send({ userid_list: 'zhangsan,lisi' });
    expect(sent).toMatchObject({ errcode: 0, errmsg: 'ok', task_id: 256271667526 });
    expect(sent['request_id']).toEqual(expect.any(String));
    expect(await bench.progress(sent['task_id'])).toMatchObject({
      progress: { progress_in_percent: 0, status: 0 },
    });
    bench.control.advance(600);
    expect(await bench.progress(sent['task_id'])).toMatchObject({
      progress: { progress_in_percent: 50, status: 1 },
    });
    const early = await bench.result(sent['task_id']);
    expect(early['send_result']).toMatchObject({ read_user_id_list: [], unread_user_id_list: [] });
    bench.control.advance(400);
    expect(await bench.progress(sent['task_id'])).toMatchObject({
      progress: { progress_in_percent: 100, status: 2 },
    });
    const { send_result: result } = await bench.result(sent['task_id']);
    expect(result).toEqual({
      failed_user_id_list: [],
      forbidden_list: [],
      invalid_dept_id_list: [],
      invalid_user_id_list: [],
      read_user_id_list: [],
      unread_user_id_list: ['zhangsan', 'lisi'],
    });
    expect(bench.control.violations({ advice: true })).toEqual([]);
  });

  it('takes the way of the official Java SDK: JSON body, scalars as text, msg nested, token in the query', async () => {
    const bench = await Bench.start();
    const sent = await bench.send({
      agent_id: String(agentId),
      userid_list: 'zhangsan',
      to_all_user: 'false',
    });
    expect(sent['errcode']).toBe(0);
    expect(bench.control.inbox('zhangsan')).toMatchObject([{ msg: text('hello') }]);
    expect(bench.control.violations({ advice: true })).toEqual([]);
  });

  it('takes the way of the documentation: a form with the token in it and msg as JSON text', async () => {
    const bench = await Bench.start();
    const answer = await fetch(`${bench.simulator.url}${conversation}/asyncsend_v2`, {
      method: 'POST',
      body: new URLSearchParams({
        access_token: bench.token,
        agent_id: String(agentId),
        dept_id_list: '4417023',
        msg: JSON.stringify(text('张三的请假申请')),
        to_all_user: 'false',
        userid_list: 'zhangsan,hechao',
      }),
    });
    const sent = (await answer.json()) as Json;
    expect(sent['errcode']).toBe(0);
    // zhangsan is in the department too, and still gets one message; 4417024 lies below 4417023.
    expect(bench.control.task(String(sent['task_id']))?.delivered).toEqual([
      'zhangsan',
      'hechao',
      'lisi',
      'wangwu',
      'zhaoliu',
      'sunqi',
      'zhouba',
    ]);
    expect(bench.control.violations({ advice: true })).toEqual([]);
  });
});
