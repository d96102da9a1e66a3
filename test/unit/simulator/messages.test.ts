import { describe, expect, it } from 'vitest';
import { Bench, text, type Json } from './harness.ts';

const image = '@lADOADmaWMzazQKA';
const oa = (changes: Json = {}, body: Json = {}): Json => ({
  msgtype: 'oa',
  oa: {
    message_url: 'http://dingtalk.com',
    head: { bgcolor: 'FFBBBBBB', text: '头部标题' },
    body: { title: '正文标题', ...body },
    ...changes,
  },
});
const card = (fields: Json): Json => ({
  msgtype: 'action_card',
  action_card: { markdown: '正文', ...fields },
});
const single = { single_title: '查看详情', single_url: 'https://open.dingtalk.com' };
const button = { title: '一个按钮', action_url: 'https://www.taobao.com' };
const multi = { btn_orientation: '1', btn_json_list: [button, { ...button, title: '两个按钮' }] };
const link = { messageUrl: 'http://s.dingtalk.com/x', picUrl: '@lALOACZwe2Rk', title: '测试', text: '测试' };

const good: readonly (readonly [string, Json])[] = [
  ['text', text('月会通知')],
  ['image', { msgtype: 'image', image: { media_id: image } }],
  ['voice', { msgtype: 'voice', voice: { media_id: '@lAvoiceOfTheSample', duration: '10' } }],
  ['file', { msgtype: 'file', file: { media_id: '@lAfileOfTheSample' } }],
  ['link', { msgtype: 'link', link }],
  ['markdown', { msgtype: 'markdown', markdown: { title: '首屏', text: '# 标题' } }],
  [
    'oa with everything',
    oa(
      {
        pc_message_url: 'dingtalk://dingtalkclient/page/link?url=a',
        status_bar: { status_value: '进行中', status_bg: '0xFFF65E5E' },
      },
      {
        form: [{ key: '姓名:', value: '张三' }],
        rich: { num: '15.6', unit: '元' },
        content: '大段文本',
        image,
        file_count: '3',
        author: '李四 ',
      },
    ),
  ],
  ['a card with one link', card({ title: '标题', ...single })],
  ['a card with buttons', card(multi)],
];

const bad: readonly (readonly [string, unknown, number])[] = [
  ['a msg that is no object', '"text"', 40],
  ['a msg that is no JSON', '{msgtype:text}', 40],
  ['no type', { text: { content: 'a' } }, 40008],
  ['an unknown type', { msgtype: 'video', video: {} }, 40008],
  ['a type from the prototype', { msgtype: 'constructor', constructor: {} }, 40008],
  ['two types', { ...text('a'), image: { media_id: image } }, 34014],
  ['a type without its content', { msgtype: 'text' }, 34014],
  ['empty text', text(''), 34014],
  ['text that is a number', { msgtype: 'text', text: { content: 5 } }, 34014],
  ['an unknown medium', { msgtype: 'image', image: { media_id: '@lAunknown' } }, 40007],
  ['no medium', { msgtype: 'file', file: {} }, 40007],
  ['a medium of another type', { msgtype: 'file', file: { media_id: image } }, 40007],
  [
    'a voice of 60 s',
    { msgtype: 'voice', voice: { media_id: '@lAvoiceOfTheSample', duration: '60' } },
    45007,
  ],
  ['a voice of "0"', { msgtype: 'voice', voice: { media_id: '@lAvoiceOfTheSample', duration: '0' } }, 45007],
  [
    'a duration that is a number',
    { msgtype: 'voice', voice: { media_id: '@lAvoiceOfTheSample', duration: 9 } },
    34014,
  ],
  [
    'a link in snake case',
    { msgtype: 'link', link: { ...link, messageUrl: undefined, message_url: 'http://a.b' } },
    34014,
  ],
  ['a link that is none', { msgtype: 'link', link: { ...link, messageUrl: 'javascript:alert(1)' } }, 40048],
  ['a picture by address', { msgtype: 'link', link: { ...link, picUrl: 'https://a.example/b.png' } }, 40007],
  ['markdown without a title', { msgtype: 'markdown', markdown: { text: 'a' } }, 34014],
  ['oa without a head', oa({ head: undefined }), 34014],
  ['oa without a body', oa({ body: undefined }), 34014],
  ['a head colour with 0x', oa({ head: { bgcolor: '0xFFBBBBBB', text: 'a' } }), 34014],
  ['a head colour of six digits', oa({ head: { bgcolor: 'BBBBBB', text: 'a' } }), 34014],
  ['a status colour without 0x', oa({ status_bar: { status_value: 'a', status_bg: 'FFF65E5E' } }), 34014],
  ['a form that is an object', oa({}, { form: { key: 'a', value: 'b' } }), 34014],
  ['a file count that is a number', oa({}, { file_count: 3 }), 34014],
  ['a card without link and buttons', card({}), 34014],
  ['a card with both', card({ ...single, ...multi }), 34014],
  ['a single title alone', card({ single_title: '查看' }), 34014],
  ['a single title of 21', card({ ...single, single_title: '一'.repeat(21) }), 34016],
  ['a single url of 501', card({ ...single, single_url: `https://a.b/${'x'.repeat(489)}` }), 34016],
  ['a card title of 65', card({ ...single, title: 'x'.repeat(65) }), 34016],
  ['an orientation of 2', card({ ...multi, btn_orientation: '2' }), 34014],
  ['buttons as text', card({ ...multi, btn_json_list: JSON.stringify([button]) }), 34014],
  ['no buttons', card({ ...multi, btn_json_list: [] }), 34014],
  ['a button title of 21', card({ ...multi, btn_json_list: [{ ...button, title: 'x'.repeat(21) }] }), 34016],
  [
    'buttons of more than 1000 in all',
    card({
      ...multi,
      btn_json_list: Array.from({ length: 3 }, () => ({
        ...button,
        action_url: `https://a.b/${'x'.repeat(320)}`,
      })),
    }),
    34016,
  ],
  [
    'a button link of 501',
    card({ ...multi, btn_json_list: [{ ...button, action_url: `https://a.b/${'x'.repeat(489)}` }] }),
    34016,
  ],
];

describe('the documented message types', () => {
  it.each(good)('takes %s', async (_name, msg) => {
    const bench = await Bench.start();
    expect(await bench.send({ userid_list: 'zhangsan', msg })).toMatchObject({ errcode: 0 });
    expect(bench.control.violations({ advice: true })).toEqual([]);
    expect(bench.control.inbox('zhangsan')[0]?.msg).toEqual(msg);
  });

  it.each(bad)('refuses %s', async (_name, msg, code) => {
    const bench = await Bench.start();
    expect(await bench.send({ userid_list: 'zhangsan', msg })).toMatchObject({ errcode: code });
    expect(bench.control.inbox('zhangsan')).toEqual([]);
    expect(bench.control.violations().length).toBeGreaterThan(0);
  });

  it('takes 2048 bytes of msg and refuses 2049, counting Chinese characters as three', async () => {
    const bench = await Bench.start();
    const frame = Buffer.byteLength(JSON.stringify(text('')));
    const fitting = '字'.repeat(600) + 'x'.repeat(2048 - frame - 1800);
    expect(await bench.send({ userid_list: 'zhangsan', msg: text(fitting) })).toMatchObject({ errcode: 0 });
    expect(await bench.send({ userid_list: 'zhangsan', msg: text(`${fitting}x`) })).toMatchObject({
      errcode: 45002,
    });
    expect(bench.control.violations()[0]?.detail).toBe('msg has 2049 bytes, 2048 are allowed');
  });

  it('takes what is only advised against, and writes it down as advice', async () => {
    const bench = await Bench.start();
    const msg = oa({}, { form: Array.from({ length: 7 }, () => ({ key: 'a', value: 'b' })), colour: 'red' });
    expect(await bench.send({ userid_list: 'zhangsan', msg })).toMatchObject({ errcode: 0 });
    expect(bench.control.violations()).toEqual([]);
    expect(bench.control.violations({ advice: true }).map(({ detail }) => detail)).toEqual([
      'oa.body.form has 7 rows, 6 are shown',
      'oa.body.colour is not documented',
    ]);
  });

  it('lets a status bar go to five people and to nobody else', async () => {
    const bench = await Bench.start();
    const msg = oa({ status_bar: { status_value: '待审批', status_bg: '0xFFFF9D46' } });
    const five = 'zhangsan,lisi,wangwu,zhaoliu,sunqi';
    expect(await bench.send({ userid_list: five, msg })).toMatchObject({ errcode: 0 });
    expect(await bench.send({ userid_list: `${five},zhouba`, msg })).toMatchObject({ errcode: 41029 });
    expect(await bench.send({ dept_id_list: '4417023', msg })).toMatchObject({ errcode: 40035 });
    expect(await bench.send({ to_all_user: true, msg })).toMatchObject({ errcode: 40035 });
  });

  it('refuses \\uXXXX escapes in either encoding unless told to take them', async () => {
    const bench = await Bench.start();
    const raw = `{"agent_id":836390886,"userid_list":"lisi","msg":{"msgtype":"text","text":{"content":"\\u4f60\\u597d"}}}`;
    const post = async (body: string): Promise<unknown> => {
      const url = `${bench.simulator.url}/topapi/message/corpconversation/asyncsend_v2?access_token=${bench.token}`;
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      return answer.json();
    };
    expect(await post(raw)).toMatchObject({ errcode: 40033 });
    expect(await post(raw.replaceAll('\\u', '\\\\u'))).toMatchObject({ errcode: 0 });
    const inText = JSON.stringify({
      agent_id: 836390886,
      userid_list: 'lisi',
      msg: '{"msgtype":"text","text":{"content":"\\u4f60"}}',
    });
    expect(await post(inText)).toMatchObject({ errcode: 40033 });
    bench.control.setBehaviour({ unicodeEscapes: 'accept' });
    expect(await post(raw)).toMatchObject({ errcode: 0 });
    expect(bench.control.inbox('lisi').at(-1)?.msg).toEqual(text('你好'));
  });
});
