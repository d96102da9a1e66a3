import { describe, expect, it } from 'vitest';
import { appKey, appSecret, Bench, text, tokenOf, type Json } from './harness.ts';

const one = { userid_list: 'zhangsan' };

describe('faults of the line', () => {
  it('request-lost cuts the connection before anything happened', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'request-lost', operation: 'send', count: 1 });
    await expect(bench.send(one)).rejects.toThrow();
    expect(bench.control.inbox('zhangsan')).toEqual([]);
    expect(bench.control.calls('send')).toMatchObject([
      { code: 'lost', faults: ['request-lost'], status: 0 },
    ]);
    expect(await bench.send(one)).toMatchObject({ errcode: 0 });
  });

  it('answer-lost cuts it after the message was sent', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'answer-lost', operation: 'send', count: 1 });
    await expect(bench.send(one)).rejects.toThrow();
    expect(bench.control.inbox('zhangsan')).toHaveLength(1);
  });

  it('bad-gateway answers 502 with a page, before or after the work', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'bad-gateway', count: 1 });
    const url = `${bench.simulator.url}/topapi/v2/user/getbymobile?access_token=${bench.token}`;
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ mobile: '13800001101' }) });
    expect([answer.status, await answer.text()]).toEqual([502, expect.stringContaining('502 Bad Gateway')]);
    bench.control.addFault({ name: 'bad-gateway', operation: 'send', count: 1, processed: true });
    await expect(bench.send(one)).rejects.toThrow();
    expect(bench.control.inbox('zhangsan')).toHaveLength(1);
  });

  it('half-open takes the request and says nothing', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'half-open', operation: 'gettoken', count: 1 });
    const signal = AbortSignal.timeout(50);
    const call = fetch(`${bench.simulator.url}/gettoken?appkey=${appKey}&appsecret=${appSecret}`, { signal });
    await expect(call).rejects.toThrow();
    expect(await tokenOf(bench.simulator.url)).toBe(bench.token);
  });

  it('slow works at once and answers late', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'slow', operation: 'send', ms: 30_000, count: 1 });
    const call = bench.send(one);
    while (bench.control.inbox('zhangsan').length === 0)
      await new Promise((resolve) => setImmediate(resolve));
    await bench.clock.advance(29_999);
    const early = await Promise.race([call.then(() => 'answered'), Promise.resolve('waiting')]);
    expect(early).toBe('waiting');
    await bench.clock.advance(1);
    expect(await call).toMatchObject({ errcode: 0 });
  });

  it('ip-banned answers in another shape, or with a page', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'ip-banned', count: 1 });
    expect(await bench.send(one)).toMatchObject({ status: 1111, wait: 5, source: 'x5', punish: 'deny' });
    bench.control.addFault({ name: 'ip-banned', count: 1, html: true });
    const page = await fetch(`${bench.simulator.url}/gettoken`);
    expect(page.headers.get('content-type')).toContain('text/html');
  });
});

describe('faults of gateway and service', () => {
  const wrapped = (code: string): Json => ({ errcode: 88, sub_code: code });
  it.each([
    ['rate-limited', {}, wrapped('90018')],
    ['rate-limited', { code: '90002' }, wrapped('90002')],
    ['not-whitelisted', {}, wrapped('60020')],
    ['no-permission', {}, wrapped('60011')],
    ['token-expired', {}, wrapped('42001')],
    ['token-expired', { code: '40014' }, wrapped('40014')],
    ['system-busy', {}, { errcode: -1 }],
    ['answer-code', { code: '41049', message: '包含违禁内容' }, { errcode: 41049, errmsg: '包含违禁内容' }],
    ['answer-code', { code: '33001', wrapped: true }, wrapped('33001')],
  ] as const)('%s %j refuses a send and sends nothing', async (name, extra, expected) => {
    const bench = await Bench.start();
    bench.control.addFault({ name, operation: 'send', count: 1, ...extra });
    expect(await bench.send(one)).toMatchObject(expected);
    expect(bench.control.inbox('zhangsan')).toEqual([]);
    // What a fault refuses is no fault of the caller.
    expect(bench.control.violations()).toEqual([]);
  });

  it('answer-code may come although the message went out, as a system error does', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'answer-code', code: '500', processed: true, count: 1 });
    expect(await bench.send(one)).toMatchObject({ errcode: 500 });
    expect(bench.control.inbox('zhangsan')).toHaveLength(1);
  });

  it('token-expired really ends the token, so that a new one helps', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'token-expired', count: 1 });
    await bench.send(one);
    expect(await bench.send(one)).toMatchObject({ errcode: 88, sub_code: '42001' });
    await bench.later(0);
    expect(await bench.send(one)).toMatchObject({ errcode: 0 });
  });

  it('not-whitelisted names address and key in the message, bare outside /topapi', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'not-whitelisted' });
    const answer = await bench.get(`/user/get_by_mobile?access_token=${bench.token}&mobile=13800001101`);
    expect(answer).toMatchObject({ errcode: 60020 });
    expect(answer['errmsg']).toContain(`request ip=127.0.0.1 appKey(${appKey})`);
  });

  it('fail-every-n fails every n-th call', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'fail-every-n', n: 3, operation: 'send' });
    const codes = [];
    for (let index = 0; index < 6; index++) {
      codes.push((await bench.send({ ...one, msg: text(`m${index}`) }))['errcode']);
    }
    expect(codes).toEqual([0, 0, -1, 0, 0, -1]);
  });

  it('strikes with a chance that follows the seed', async () => {
    const outcomes = async (seed: string): Promise<unknown[]> => {
      const bench = await Bench.start({ seed });
      bench.control.addFault({ name: 'system-busy', operation: 'progress', probability: 0.5 });
      const codes = [];
      for (let index = 0; index < 12; index++) codes.push((await bench.progress(1))['errcode']);
      return codes;
    };
    const first = await outcomes('a');
    expect(new Set(first)).toEqual(new Set([-1, 40035]));
    expect(await outcomes('a')).toEqual(first);
  });

  it('concerns one app alone when told so', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'system-busy', app: 'ops' });
    expect(await bench.send(one)).toMatchObject({ errcode: 0 });
    bench.control.addFault({ name: 'system-busy', app: 'default' });
    expect(await bench.send(one)).toMatchObject({ errcode: -1 });
    expect(bench.control.removeFault('system-busy')).toBe(2);
  });
});

describe('faults that only the result shows', () => {
  it('result-late makes tasks take longer', async () => {
    const bench = await Bench.start();
    bench.control.addFault({ name: 'result-late', ms: 10_000, count: 1 });
    const sent = await bench.send(one);
    bench.control.advance(10_999);
    expect(await bench.progress(sent['task_id'])).toMatchObject({ progress: { status: 1 } });
    bench.control.advance(1);
    expect(await bench.progress(sent['task_id'])).toMatchObject({ progress: { status: 2 } });
  });

  it('user-left and user-failed concern one person or all', async () => {
    const bench = await Bench.start({ behaviour: { readRatio: 0 } });
    bench.control.addFault({ name: 'user-left', userid: 'lisi', count: 1 });
    bench.control.addFault({ name: 'user-failed', userid: 'wangwu', count: 1 });
    const sent = await bench.send({ userid_list: 'zhangsan,lisi,wangwu' });
    bench.finish();
    expect((await bench.result(sent['task_id']))['send_result']).toMatchObject({
      invalid_user_id_list: ['lisi'],
      failed_user_id_list: ['wangwu'],
      unread_user_id_list: ['zhangsan'],
    });
    // What failed used nothing up, so the same content may go out again.
    await bench.send({ userid_list: 'wangwu' });
    expect(bench.control.inbox('wangwu')).toHaveLength(1);
  });

  it('media-expired makes known media invalid, new uploads are good', async () => {
    const bench = await Bench.start();
    const image = (id: unknown): Json => ({ ...one, msg: { msgtype: 'image', image: { media_id: id } } });
    expect(await bench.send(image('@lADOADmaWMzazQKA'))).toMatchObject({ errcode: 0 });
    bench.control.addFault({ name: 'media-expired' });
    expect(await bench.send(image('@lADOADmaWMzazQKA'))).toMatchObject({ errcode: 40007 });
    bench.control.advance(1);
    const form = new FormData();
    form.append('media', new Blob(['x']), 'a.png');
    const url = `${bench.simulator.url}/media/upload?access_token=${bench.token}&type=image`;
    const uploaded = (await (await fetch(url, { method: 'POST', body: form })).json()) as Json;
    expect(await bench.send(image(uploaded['media_id']))).toMatchObject({ errcode: 0 });
  });
});
