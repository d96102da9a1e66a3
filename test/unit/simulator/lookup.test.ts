import { describe, expect, it } from 'vitest';
import { Bench, type Json } from './harness.ts';

const current = '/topapi/v2/user/getbymobile';

function legacy(bench: Bench, mobile: string): Promise<Json> {
  return bench.get(`/user/get_by_mobile?access_token=${bench.token}&mobile=${mobile}`);
}

describe('finding a person by mobile', () => {
  it('answers both lookups in their own shapes', async () => {
    const bench = await Bench.start();
    expect(await bench.post(current, { mobile: '13800001101' })).toMatchObject({
      errcode: 0,
      result: { userid: 'zhangsan', exclusive_account_userid_list: [] },
    });
    expect(await legacy(bench, '13800001101')).toMatchObject({ errcode: 0, userid: 'zhangsan' });
  });

  it.each([
    ['nobody', '13999999999', 60121],
    ['somebody who has left', '13800001801', 60121],
    ['something that is no mobile', '12345', 40104],
    ['nothing', '', 400002],
  ])('refuses %s', async (_name, mobile, code) => {
    const bench = await Bench.start();
    expect(await bench.post(current, { mobile })).toMatchObject({ errcode: code });
  });

  it('takes the form encoding of the documentation', async () => {
    const bench = await Bench.start();
    const body = new URLSearchParams({ access_token: bench.token, mobile: '13800001101' });
    const answer = await fetch(bench.simulator.url + current, { method: 'POST', body });
    expect(await answer.json()).toMatchObject({ result: { userid: 'zhangsan' } });
  });

  it('refuses an app without the permission, wrapped or bare as the API is', async () => {
    const bench = await Bench.start();
    const app = bench.control.apps()[0];
    if (app === undefined) throw new Error('the built-in company has apps');
    bench.control.putApp({ ...app, permissions: ['qyapi_base'] });
    const refused = await bench.post(current, { mobile: '13800001101' });
    expect(refused).toMatchObject({ errcode: 88, sub_code: '60011' });
    expect(refused['errmsg']).toContain('qyapi_get_member_by_mobile');
    expect(await legacy(bench, '13800001101')).toMatchObject({ errcode: 60011 });
  });

  it('keeps mobiles and tokens out of the call log', async () => {
    const bench = await Bench.start();
    await bench.post(current, { mobile: '13800001101' });
    const log = JSON.stringify([bench.control.calls(), bench.control.violations({ advice: true })]);
    expect(log).toContain('138******01');
    expect(log).not.toContain('13800001101');
    expect(log).not.toContain(bench.token);
  });

  it('follows changes of the directory', async () => {
    const bench = await Bench.start();
    bench.control.setActive('zhangsan', false);
    expect(await bench.post(current, { mobile: '13800001101' })).toMatchObject({ errcode: 60121 });
    const user = bench.control.user('zhangsan');
    if (user === null) throw new Error('zhangsan is in the built-in company');
    bench.control.putUser({ ...user, mobile: '13800001999', active: true });
    expect(await bench.post(current, { mobile: '13800001999' })).toMatchObject({
      result: { userid: 'zhangsan' },
    });
    expect(await bench.post(current, { mobile: '13800001101' })).toMatchObject({ errcode: 60121 });
  });
});
