import { describe, expect, it } from 'vitest';
import { agentId, Bench, conversation, text } from './harness.ts';

const many = (count: number): string => Array.from({ length: count }, (_, index) => `load${index}`).join(',');

describe('whom a send may name', () => {
  it.each([
    ['an empty list, as live', { userid_list: '' }, 1],
    ['an empty department list', { dept_id_list: '' }, 400001],
    ['an empty to_all_user', { userid_list: 'zhangsan', to_all_user: '' }, 400001],
    ['nobody at all', {}, 40035],
    ['nobody but to_all_user false', { to_all_user: false }, 40035],
    ['everyone and somebody', { to_all_user: true, userid_list: 'zhangsan' }, 40035],
    ["a language's own boolean", { userid_list: 'zhangsan', to_all_user: 'False' }, 41],
    ['a JSON array', { userid_list: ['zhangsan'] }, 41],
    ['a hole in the list', { userid_list: 'zhangsan,,lisi' }, 41],
    ['a department that is no number', { dept_id_list: 'finance' }, 41],
    ['101 userids', { userid_list: many(101) }, 40032],
    ['21 departments', { dept_id_list: Array.from({ length: 21 }, (_, id) => id + 1).join(',') }, 41],
  ])('refuses %s', async (_name, audience, code) => {
    const bench = await Bench.start();
    expect(await bench.send(audience)).toMatchObject({
      errcode: code,
      request_id: expect.any(String) as string,
    });
    expect(bench.control.tasks()).toEqual([]);
    expect(bench.control.violations()).toHaveLength(1);
  });

  it('takes 100 userids and 20 departments', async () => {
    const bench = await Bench.start({ generate: 100 });
    const departments = Array.from({ length: 20 }, () => '4417023').join(',');
    expect(await bench.send({ userid_list: many(100), dept_id_list: departments })).toMatchObject({
      errcode: 0,
    });
  });

  it('sends to a department with everybody below it, each person once', async () => {
    const bench = await Bench.start();
    const sent = await bench.send({ dept_id_list: '4417020,4417021', userid_list: 'wujiu' });
    const reached = bench.control.task(String(sent['task_id']))?.delivered ?? [];
    expect(reached).toContain('zhaoliu');
    expect(reached.filter((userid) => userid === 'wujiu')).toHaveLength(1);
    expect(bench.control.inbox('wujiu')).toHaveLength(1);
  });

  it('accepts people and departments that do not exist or have left, and tells in the result', async () => {
    const bench = await Bench.start({ behaviour: { readRatio: 1 } });
    const sent = await bench.send({ userid_list: 'zhangsan,dingli,nobody', dept_id_list: '999,4417022' });
    bench.control.advance(120_000);
    const { send_result: result } = await bench.result(sent['task_id']);
    expect(result).toMatchObject({
      invalid_user_id_list: ['dingli', 'nobody'],
      invalid_dept_id_list: [999],
      read_user_id_list: ['zhangsan', 'fengyan', 'chuwei', 'weilan'],
    });
  });

  it('refuses more than 5000 people behind departments', async () => {
    const bench = await Bench.start({ generate: 5_001 });
    expect(await bench.send({ dept_id_list: '1' })).toMatchObject({ errcode: 41029 });
  });

  it.each([
    ['missing', undefined, 40],
    ['no number', 'agent', 41],
    ["another app's", 836390887, 40056],
  ])('refuses an agent id that is %s', async (_name, id, code) => {
    const bench = await Bench.start();
    expect(await bench.send({ agent_id: id, userid_list: 'zhangsan' })).toMatchObject({ errcode: code });
  });

  it('counts people outside the scope of an app as invalid, or refuses them when told so', async () => {
    const bench = await Bench.start();
    const app = bench.control.apps()[0];
    if (app === undefined) throw new Error('the built-in company has apps');
    bench.control.putApp({ ...app, scope: { departments: [4417023], userids: [] } });
    const sent = await bench.send({ userid_list: 'wangwu,hechao' });
    expect(bench.control.task(String(sent['task_id']))).toMatchObject({
      delivered: ['wangwu'],
      invalidUserids: ['hechao'],
    });
    bench.control.setBehaviour({ outOfScope: 'refuse' });
    expect(await bench.send({ userid_list: 'wangwu,hechao' })).toMatchObject({ errcode: 50002 });
    expect(await bench.send({ dept_id_list: '4417011' })).toMatchObject({ errcode: 50004 });
    expect(await bench.send({ dept_id_list: '4417024', msg: text('other') })).toMatchObject({ errcode: 0 });
  });

  it('names the parameter that is missing', async () => {
    const bench = await Bench.start();
    const path = `${conversation}/asyncsend_v2`;
    expect(await bench.post(path, { userid_list: 'zhangsan' })).toMatchObject({
      errcode: 40,
      errmsg: 'Missing required arguments:agent_id',
    });
    expect(await bench.post(path, { agent_id: agentId, userid_list: 'zhangsan' })).toMatchObject({
      errcode: 40,
      errmsg: 'Missing required arguments:msg',
    });
  });
});
