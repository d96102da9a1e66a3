import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAudience } from '../../../src/dingtalk/audience-check.ts';
import { miniProgramLink, pageLink, workbenchLink } from '../../../src/dingtalk/links.ts';
import type { CheckOptions } from '../../../src/dingtalk/message-fault.ts';
import { canonicalMessage, checkMessage, type DingTalkMessage } from '../../../src/dingtalk/messages.ts';

/** The samples of "消息类型与数据格式" (K775), one of each type and both kinds of card. */
const samples: Record<string, DingTalkMessage> = {
  text: { msgtype: 'text', text: { content: '月会通知' } },
  image: { msgtype: 'image', image: { media_id: '@lADOADmaWMzazQKA' } },
  voice: { msgtype: 'voice', voice: { media_id: '@lADOADmaWMzazQKA', duration: '10' } },
  file: { msgtype: 'file', file: { media_id: '@lADOADmaWMzazQKA' } },
  link: {
    msgtype: 'link',
    link: {
      messageUrl: 'http://s.dingtalk.com/market/dingtalk/error_code.php',
      picUrl: '@lALOACZwe2Rk',
      title: '测试',
      text: '测试',
    },
  },
  markdown: {
    msgtype: 'markdown',
    markdown: { title: '首屏会话透出的展示内容', text: '# 这是支持markdown的文本   \n   ## 标题2' },
  },
  oa: {
    msgtype: 'oa',
    oa: {
      message_url: 'http://dingtalk.com',
      head: { bgcolor: 'FFBBBBBB', text: '头部标题' },
      body: {
        title: '正文标题',
        form: [
          { key: '姓名:', value: '张三' },
          { key: '爱好:', value: '打球、听音乐' },
        ],
        rich: { num: '15.6', unit: '元' },
        content: '大段文本大段文本大段文本大段文本大段文本大段文本',
        image: '@lADOADmaWMzazQKA',
        file_count: '3',
        author: '李四 ',
      },
    },
  },
  single_card: {
    msgtype: 'action_card',
    action_card: {
      title: '是透出到会话列表和通知的文案',
      markdown: '支持markdown格式的正文内容',
      single_title: '查看详情',
      single_url: 'https://open.dingtalk.com',
    },
  },
  multi_card: {
    msgtype: 'action_card',
    action_card: {
      title: '是透出到会话列表和通知的文案',
      markdown: '支持markdown格式的正文内容',
      btn_orientation: '1',
      btn_json_list: [
        { title: '一个按钮', action_url: 'https://www.taobao.com' },
        { title: '两个按钮', action_url: 'https://www.tmall.com' },
      ],
    },
  },
};

const faultsOf = (message: unknown, options: CheckOptions = {}): string[] =>
  checkMessage(message, options).faults.map(({ path, code }) => `${path} ${code}`);
const warningsOf = (message: unknown): string[] =>
  checkMessage(message).warnings.map(({ path, code }) => `${path} ${code}`);

const card = (content: object): object => ({ msgtype: 'action_card', action_card: content });
const oa = (content: object): object => ({
  msgtype: 'oa',
  oa: {
    message_url: 'https://a.example',
    head: { bgcolor: 'FFBBBBBB', text: '审批' },
    body: { title: 't' },
    ...content,
  },
});
const single = { markdown: 'm', single_title: '看', single_url: 'https://a.example' };

describe('message samples of the documentation', () => {
  it.each(Object.entries(samples))('%s passes and is canonical as it stands', (_name, message) => {
    expect(checkMessage(message)).toEqual({ message, faults: [], warnings: [] });
    expect(canonicalMessage(message).body).toBe(JSON.stringify(message));
  });
});

describe('checkMessage', () => {
  it.each<[string, unknown, string[]]>([
    ['no object', 'text', ['msg wrong_type']],
    ['unknown type', { msgtype: 'video', video: {} }, ['msgtype unknown_type']],
    ['a type that objects inherit', { msgtype: 'constructor' }, ['msgtype unknown_type']],
    [
      'content of another type',
      { msgtype: 'text', markdown: {} },
      ['markdown unknown_field', 'text missing'],
    ],
    ['empty required text', { msgtype: 'text', text: { content: ' \n' } }, ['text.content empty']],
    [
      'misspelt field',
      { msgtype: 'markdown', markdown: { title: 't', txt: 'x' } },
      ['markdown.txt unknown_field', 'markdown.text missing'],
    ],
    [
      'voice of a minute',
      { msgtype: 'voice', voice: { media_id: '@a', duration: '60' } },
      ['voice.duration bad_format'],
    ],
    [
      'voice of no length',
      { msgtype: 'voice', voice: { media_id: '@a', duration: '0' } },
      ['voice.duration bad_format'],
    ],
    ['a number for text', { msgtype: 'text', text: { content: 5 } }, ['text.content wrong_type']],
    ['media id with a space', { msgtype: 'file', file: { media_id: '@a b' } }, ['file.media_id bad_format']],
    [
      'media id of another shape',
      { msgtype: 'file', file: { media_id: { path: 'a' } } },
      ['file.media_id wrong_type'],
    ],
    [
      'relative URL',
      { msgtype: 'link', link: { messageUrl: '/a', picUrl: '@p', title: 't', text: 'x' } },
      ['link.messageUrl bad_format'],
    ],
    [
      'script URL',
      { msgtype: 'link', link: { messageUrl: 'javascript:alert(1)', picUrl: '@p', title: 't', text: 'x' } },
      ['link.messageUrl bad_format'],
    ],
    [
      'head colour with 0x',
      oa({ head: { bgcolor: '0xFFBBBBBB', text: 't' } }),
      ['oa.head.bgcolor bad_format'],
    ],
    [
      'head text too long',
      oa({ head: { bgcolor: 'FFBBBBBB', text: '一二三四五六七八九十一' } }),
      ['oa.head.text too_long'],
    ],
    [
      'bar colour without 0x',
      oa({ status_bar: { status_value: '进行中', status_bg: 'FF78C06E' } }),
      ['oa.status_bar.status_bg bad_format'],
    ],
    ['empty oa body', oa({ body: { title: '', form: [{ key: '', value: '' }] } }), ['oa.body empty']],
    ['form that is no list', oa({ body: { form: { key: 'a' } } }), ['oa.body.form wrong_type']],
    ['no button at all', card({ markdown: 'm' }), ['action_card missing']],
    [
      'both kinds of buttons',
      card({
        ...single,
        btn_orientation: '0',
        btn_json_list: [{ title: 'a', action_url: 'https://a.example' }],
      }),
      ['action_card conflict'],
    ],
    ['single without URL', card({ markdown: 'm', single_title: '看' }), ['action_card.single_url missing']],
    [
      'list without orientation',
      card({ markdown: 'm', btn_json_list: [{ title: 'a', action_url: 'https://a.example' }] }),
      ['action_card.btn_orientation missing'],
    ],
    [
      'wrong orientation',
      card({
        markdown: 'm',
        btn_orientation: '2',
        btn_json_list: [{ title: 'a', action_url: 'https://a.example' }],
      }),
      ['action_card.btn_orientation bad_format'],
    ],
    [
      'button without URL',
      card({ markdown: 'm', btn_orientation: '0', btn_json_list: [{ title: 'a' }] }),
      ['action_card.btn_json_list[0].action_url missing'],
    ],
    [
      'single title too long',
      card({ ...single, single_title: 'x'.repeat(21) }),
      ['action_card.single_title too_long'],
    ],
    [
      'single URL too long',
      card({ ...single, single_url: `https://a.example/${'x'.repeat(500)}` }),
      ['action_card.single_url too_long'],
    ],
    ['card title too long', card({ ...single, title: 'x'.repeat(65) }), ['action_card.title too_long']],
    [
      'button list too long',
      card({
        markdown: 'm',
        btn_orientation: '0',
        btn_json_list: Array.from({ length: 3 }, () => ({
          title: 'a',
          action_url: `https://a.example/${'x'.repeat(400)}`,
        })),
      }),
      ['action_card.btn_json_list too_long'],
    ],
  ])('refuses %s', (_name, message, faults) => {
    expect(faultsOf(message)).toEqual(faults);
  });

  it('names the length and the limit, so that an author knows how much to cut', () => {
    const { faults } = checkMessage(card({ ...single, single_title: 'x'.repeat(21) }));
    expect(faults).toMatchObject([{ path: 'action_card.single_title', length: 21, limit: 20 }]);
  });

  it('counts 2048 bytes as UTF-8 of the whole message, envelope included', () => {
    const frame = Buffer.byteLength('{"msgtype":"text","text":{"content":""}}');
    const full = '汉'.repeat(Math.floor((2048 - frame) / 3)) + 'x'.repeat((2048 - frame) % 3);
    expect(faultsOf({ msgtype: 'text', text: { content: full } })).toEqual([]);
    const { faults } = checkMessage({ msgtype: 'text', text: { content: `${full}x` } });
    expect(faults).toMatchObject([{ path: 'msg', code: 'too_long', length: 2049, limit: 2048 }]);
  });

  it('counts a media id of 80 characters for a file that is still to be uploaded, whatever its path', () => {
    const withPicture = (content: string, picture: unknown) => ({
      msgtype: 'oa',
      oa: {
        message_url: 'https://a.cn',
        head: { bgcolor: 'FFBBBBBB', text: 'x' },
        body: { content, image: picture },
      },
    });
    const longest = `$${'i'.repeat(79)}`;
    const frame = Buffer.byteLength(JSON.stringify(withPicture('x', longest))) - 1;
    for (const upload of ['a.png', `${'folder/'.repeat(30)}a.png`]) {
      expect(checkMessage(withPicture('x'.repeat(2048 - frame), { upload })).faults).toEqual([]);
      expect(checkMessage(withPicture('x'.repeat(2049 - frame), { upload })).faults).toMatchObject([
        { path: 'msg', code: 'too_long', length: 2049, limit: 2048 },
      ]);
    }
  });

  it('takes the larger limit only when told so', () => {
    const long = card({
      markdown: 'm',
      btn_orientation: '0',
      btn_json_list: [{ title: 'a', action_url: `https://a.example/${'x'.repeat(600)}` }],
    });
    expect(faultsOf(long)).toEqual(['action_card.btn_json_list[0].action_url too_long']);
    expect(faultsOf(long, { readings: 'loose' })).toEqual([]);
  });

  it('warns, and sends all the same, where the documentation only advises', () => {
    expect(warningsOf({ msgtype: 'text', text: { content: 'x'.repeat(501) } })).toEqual([
      'text.content too_long',
    ]);
    const rows = Array.from({ length: 7 }, (_, index) => ({ key: `k${index}`, value: 'v' }));
    expect(warningsOf(oa({ body: { form: rows } }))).toEqual(['oa.body.form too_many']);
    expect(warningsOf(oa({ status_bar: { status_value: '已同意', status_bg: '0x8078C06E' } }))).toEqual([
      'oa.status_bar.status_bg bad_format',
    ]);
  });

  it('keeps a file that is still to be uploaded in the place of the media id', () => {
    const message: DingTalkMessage = { msgtype: 'image', image: { media_id: { upload: 'assets/logo.png' } } };
    expect(checkMessage(message).message).toEqual(message);
  });
});

describe('canonicalMessage', () => {
  it('gives the same text whatever the order of the fields, so that equal messages are recognised', () => {
    const one = canonicalMessage({ msgtype: 'markdown', markdown: { title: 't', text: 'x' } });
    const other = canonicalMessage({ markdown: { text: 'x', title: 't' }, msgtype: 'markdown' });
    expect(other).toEqual(one);
  });

  it('leaves out empty optional fields, which DingTalk answers with a system error', () => {
    const { message } = checkMessage(
      oa({ pc_message_url: '', status_bar: { status_value: '' }, body: { title: 'a', author: '' } }),
    );
    expect(message).not.toBeNull();
    expect(message && canonicalMessage(message).body).toBe(
      '{"msgtype":"oa","oa":{"message_url":"https://a.example","head":{"bgcolor":"FFBBBBBB","text":"审批"},"body":{"title":"a"}}}',
    );
  });

  it('sees a status bar only where there is one', () => {
    const barred = checkMessage(oa({ status_bar: { status_value: '待审批' } })).message;
    expect(barred && canonicalMessage(barred).statusBar).toBe(true);
    const mentioned = checkMessage(oa({ body: { title: '"status_bar":' } })).message;
    expect(mentioned && canonicalMessage(mentioned).statusBar).toBe(false);
  });

  it('never holds a \\u escape and always counts its own bytes, whatever the text', () => {
    const piece = fc.oneof(
      fc.integer({ min: 0, max: 0x10ffff }).map((point) => String.fromCodePoint(point)),
      fc.string({ maxLength: 8 }),
      fc.constantFrom('\u0000', '\u001b', '\ud800', '😀', '"', '\\u', '\u2028'),
    );
    const texts = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(texts, (content) => {
        const { message } = checkMessage({ msgtype: 'text', text: { content } });
        if (message === null) return;
        const { body, bytes } = canonicalMessage(message);
        expect(bytes).toBe(Buffer.byteLength(body));
        expect(body.replaceAll('\\\\', '')).not.toContain('\\u');
        expect(checkMessage(JSON.parse(body)).message).toEqual(message);
      }),
    );
  });

  it('never crashes on a message of any shape', () => {
    const types = fc.constantFrom(...Object.keys(samples), 'action_card', '__proto__');
    fc.assert(
      fc.property(types, fc.anything(), (type, content) => {
        const { message, faults } = checkMessage({ msgtype: type, [type]: content });
        expect(message === null).toBe(faults.length > 0);
      }),
    );
  });
});

describe('checkAudience', () => {
  it.each<[string, Parameters<typeof checkAudience>, string[]]>([
    ['100 userids', [{ kind: 'users', userids: Array.from({ length: 100 }, (_, i) => `u${i}`) }, false], []],
    [
      '101 userids',
      [{ kind: 'users', userids: Array.from({ length: 101 }, (_, i) => `u${i}`) }, false],
      ['userid_list too_many'],
    ],
    ['nobody', [{ kind: 'users', userids: [] }, false], ['userid_list empty']],
    ['an id with a comma', [{ kind: 'users', userids: ['a,b'] }, false], ['userid_list bad_format']],
    [
      'six people for a status bar',
      [{ kind: 'users', userids: ['a', 'b', 'c', 'd', 'e', 'f'] }, true],
      ['userid_list too_many'],
    ],
    [
      '21 departments',
      [{ kind: 'departments', deptIds: Array.from({ length: 21 }, (_, i) => i + 1) }, false],
      ['dept_id_list too_many'],
    ],
    [
      'departments for a status bar',
      [{ kind: 'departments', deptIds: [1] }, true],
      ['dept_id_list conflict'],
    ],
    ['department zero', [{ kind: 'departments', deptIds: [0] }, false], ['dept_id_list bad_format']],
    ['everyone for a status bar', [{ kind: 'everyone' }, true], ['to_all_user conflict']],
    ['everyone', [{ kind: 'everyone' }, false], []],
  ])('%s', (_name, [audience, statusBar], faults) => {
    expect(checkAudience(audience, statusBar).map(({ path, code }) => `${path} ${code}`)).toEqual(faults);
  });
});

describe('links', () => {
  it('encode the address, so that its own query survives', () => {
    expect(pageLink('http://www.dingtalk.com', { sidePanel: true })).toBe(
      'dingtalk://dingtalkclient/page/link?url=http%3A%2F%2Fwww.dingtalk.com&pc_slide=true',
    );
    expect(workbenchLink('https://a.example/?x=1&y=2', { corpId: 'ding1', agentId: 7 })).toBe(
      'dingtalk://dingtalkclient/action/openapp?corpid=ding1&container_type=work_platform&app_id=0_7&redirect_type=jump&redirect_url=https%3A%2F%2Fa.example%2F%3Fx%3D1%26y%3D2',
    );
    expect(miniProgramLink('pages/index/index', { param1: 'aa', param2: 'b b' })).toBe(
      'eapp://pages/index/index?param1=aa&param2=b%20b',
    );
  });

  it('are accepted as URLs of messages', () => {
    const single_url = pageLink('https://a.example/x', { sidePanel: false });
    expect(faultsOf(card({ ...single, single_url }))).toEqual([]);
    expect(faultsOf(card({ ...single, single_url: miniProgramLink('pages/index/index') }))).toEqual([]);
  });
});
