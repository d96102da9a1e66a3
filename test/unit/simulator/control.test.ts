import { describe, expect, it } from 'vitest';
import { Bench, text, type Json } from './harness.ts';

async function sim(
  bench: Bench,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Json }> {
  const answer = await fetch(`${bench.simulator.url}/_sim/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Json };
}

describe('the control API', () => {
  it('switches faults on and off', async () => {
    const bench = await Bench.start();
    const added = await sim(bench, 'POST', 'faults', { name: 'system-busy', operation: 'send', count: 2 });
    expect(added).toMatchObject({ status: 201, body: { id: 'fault-1', struck: 0 } });
    expect(await bench.send({ userid_list: 'zhangsan' })).toMatchObject({ errcode: -1 });
    expect((await sim(bench, 'GET', 'faults')).body).toMatchObject([{ struck: 1 }]);
    expect((await sim(bench, 'DELETE', 'faults/fault-1')).body).toEqual({ removed: 1 });
    expect((await sim(bench, 'DELETE', 'faults/fault-1')).status).toBe(404);
    await sim(bench, 'POST', 'faults', { name: 'slow' });
    await sim(bench, 'DELETE', 'faults');
    expect(bench.control.faults()).toEqual([]);
  });

  it.each([
    ['an unknown name', { name: 'meteor' }, 'name is one of'],
    ['an unknown operation', { name: 'slow', operation: 'fly' }, 'operation fly does not exist'],
    ['an unknown parameter', { name: 'slow', colour: 'red' }, 'colour is no parameter'],
    ['a parameter of another type', { name: 'slow', ms: 'long' }, 'ms is a number'],
    ['no object', 'slow', 'a fault is an object'],
  ])('refuses a fault with %s', async (_name, body, error) => {
    const bench = await Bench.start();
    const answer = await sim(bench, 'POST', 'faults', body);
    expect(answer.status).toBe(400);
    expect(answer.body['error']).toContain(error);
  });

  it('moves the clock', async () => {
    const bench = await Bench.start();
    const before = bench.control.now();
    expect((await sim(bench, 'POST', 'clock', { advanceMs: 86_400_000 })).body['now']).toBe(
      before + 86_400_000,
    );
    expect((await sim(bench, 'GET', 'clock')).body['now']).toBe(before + 86_400_000);
    expect((await sim(bench, 'POST', 'clock', { advanceMs: 'far' })).status).toBe(400);
    expect((await sim(bench, 'POST', 'clock', { advanceMs: -1e30 })).status).toBe(400);
    expect((await sim(bench, 'GET', 'clock')).status).toBe(200);
    expect(await bench.send({ userid_list: 'zhangsan' })).toMatchObject({ sub_code: '42001' });
  });

  it('shows calls, inboxes, tasks and numbers', async () => {
    const bench = await Bench.start();
    const sent = await bench.send({ userid_list: 'zhangsan,lisi' });
    const id = String(sent['task_id']);
    expect((await sim(bench, 'GET', 'calls?operation=send')).body).toMatchObject([
      { operation: 'send', app: 'default', code: '0', parameters: { userid_list: 'zhangsan,lisi' } },
    ]);
    expect((await sim(bench, 'GET', 'inbox/lisi')).body).toMatchObject([
      { taskId: id, msg: text('hello'), readAt: null },
    ]);
    expect((await sim(bench, 'GET', 'inbox')).body).toHaveLength(2);
    expect((await sim(bench, 'GET', `tasks/${id}`)).body).toMatchObject({ delivered: ['zhangsan', 'lisi'] });
    expect((await sim(bench, 'GET', 'tasks')).body).toHaveLength(1);
    expect((await sim(bench, 'GET', 'stats')).body).toMatchObject({
      calls: 2,
      codes: { gettoken: { '0': 1 }, send: { '0': 1 } },
      tasks: 1,
      callsThisMonth: 1,
    });
    expect((await sim(bench, 'POST', 'inbox/lisi/read', { taskId: id })).body).toEqual({ read: true });
    expect((await sim(bench, 'POST', 'inbox/hechao/read', { taskId: id })).status).toBe(404);
    bench.finish();
    expect((await bench.result(id))['send_result']).toMatchObject({ read_user_id_list: ['lisi'] });
  });

  it('streams every inbox as JSON lines', async () => {
    const bench = await Bench.start({ generate: 5_000, limits: 'off' });
    for (let index = 0; index < 2; index++)
      await bench.send({ to_all_user: true, msg: text(`all ${index}`) });
    const answer = await fetch(`${bench.simulator.url}/_sim/inbox.jsonl`);
    const lines = (await answer.text()).trimEnd().split('\n');
    expect(new Set(lines.map((line) => JSON.stringify((JSON.parse(line) as Json)['userid']))).size * 2).toBe(
      lines.length,
    );
    expect(lines.length).toBeGreaterThan(10_000);
  });

  it('shows what broke the documentation, advice only when asked', async () => {
    const bench = await Bench.start();
    await bench.send({ userid_list: 'zhangsan', msg: text('长'.repeat(501)) });
    await bench.send({ userid_list: 'zhangsan', colour: 'red' });
    expect((await sim(bench, 'GET', 'violations')).body).toMatchObject([
      { kind: 'parameter', operation: 'send', detail: 'parameter colour is not documented' },
    ]);
    expect((await sim(bench, 'GET', 'violations?advice=true')).body).toHaveLength(2);
    await sim(bench, 'DELETE', 'violations');
    expect(bench.control.violations({ advice: true })).toEqual([]);
  });

  it('changes limits and behaviour, and refuses what it does not know', async () => {
    const bench = await Bench.start();
    expect(
      (await sim(bench, 'PUT', 'limits', { callsPerSecond: 1, callsPerMonth: null })).body,
    ).toMatchObject({
      callsPerSecond: 1,
      callsPerMonth: null,
      broadcastsPerDay: 3,
    });
    expect((await sim(bench, 'PUT', 'limits', 'documented')).body['callsPerSecond']).toBe(20);
    expect((await sim(bench, 'PUT', 'limits', { callsPerYear: 1 })).status).toBe(400);
    expect((await sim(bench, 'PUT', 'limits', { useridsPerCall: null })).status).toBe(400);
    expect((await sim(bench, 'PUT', 'behaviour', { finishesAfterMs: 5 })).body['finishesAfterMs']).toBe(5);
    expect((await sim(bench, 'PUT', 'behaviour', { finishesAfterMs: 'soon' })).status).toBe(400);
    expect((await sim(bench, 'PUT', 'behaviour', { listStyle: 'table' })).status).toBe(400);
  });

  it('changes the directory', async () => {
    const bench = await Bench.start();
    expect((await sim(bench, 'GET', 'users?limit=2')).body).toHaveLength(2);
    await sim(bench, 'PUT', 'departments', { id: 77, name: '新部门', parent: 4417023 });
    await sim(bench, 'PUT', 'users', {
      userid: 'new',
      name: '新人',
      mobile: '13800001990',
      departments: [77],
    });
    expect((await sim(bench, 'PUT', 'users', { userid: '' })).status).toBe(400);
    const sent = await bench.send({ dept_id_list: '4417023' });
    expect(bench.control.task(String(sent['task_id']))?.delivered).toContain('new');
    expect((await sim(bench, 'POST', 'users/new/leave')).body).toEqual({ active: false });
    expect((await sim(bench, 'POST', 'users/none/leave')).status).toBe(404);
    expect(bench.control.user('new')?.active).toBe(false);
  });

  it('forgets everything on reset and goes on', async () => {
    const bench = await Bench.start();
    await bench.send({ userid_list: 'zhangsan' });
    await sim(bench, 'POST', 'reset');
    expect(bench.control.stats()).toMatchObject({ calls: 0, tasks: 0, callsThisMonth: 0 });
    expect(await bench.send({ userid_list: 'zhangsan' })).toMatchObject({ sub_code: '40014' });
    await bench.later(0);
    const again = await bench.send({ userid_list: 'zhangsan' });
    expect(again).toMatchObject({ errcode: 0, task_id: 256271667527 });
    expect(bench.control.inbox('zhangsan')).toHaveLength(1);
  });

  it('refuses a limit that is no number of things', async () => {
    const bench = await Bench.start();
    for (const path of ['tasks', 'inbox', 'calls'])
      for (const limit of ['0', '-1', 'abc', '1.5'])
        expect((await sim(bench, 'GET', `${path}?limit=${limit}`)).status, `${path} ${limit}`).toBe(400);
    expect((await sim(bench, 'GET', 'tasks?limit=1')).status).toBe(200);
  });

  it('refuses other sites in the same browser', async () => {
    const bench = await Bench.start();
    const answer = await fetch(`${bench.simulator.url}/_sim/reset`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.status).toBe(403);
  });

  it('remembers a bounded number of tasks and says how many it forgot', async () => {
    const bench = await Bench.start({ keep: { tasks: 2 }, limits: 'off' });
    for (let index = 0; index < 5; index++) await bench.send({ userid_list: 'zhangsan,lisi' });
    expect(bench.control.stats()).toMatchObject({ tasks: 2, tasksForgotten: 3 });
    expect(bench.control.inbox('lisi').map(({ taskId }) => taskId)).toEqual(['256271667529', '256271667530']);
  });
});
