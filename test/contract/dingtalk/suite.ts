import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { Mobile } from '../../../src/base/sensitive.ts';
import { createDingTalkClient, type DingTalkClientOptions } from '../../../src/dingtalk/client.ts';
import type { DingTalkClient, SendRequest } from '../../../src/dingtalk/client-types.ts';
import { canonicalMessage, checkMessage, type DingTalkMessage } from '../../../src/dingtalk/messages.ts';
import type { Situation, Stand } from './stand.ts';

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

const messages: readonly DingTalkMessage[] = [
  { msgtype: 'text', text: { content: '月会通知' } },
  { msgtype: 'image', image: { media_id: '@lADOADmaWMzazQKA' } },
  {
    msgtype: 'link',
    link: { messageUrl: 'http://dingtalk.com', picUrl: '@lALOACZwe2Rk', title: '测试', text: '测试' },
  },
  { msgtype: 'markdown', markdown: { title: '首屏会话透出的展示内容', text: '# 标题\n* 列表 "引号" \\ 😀' } },
  {
    msgtype: 'oa',
    oa: {
      message_url: 'http://dingtalk.com',
      head: { bgcolor: 'FFBBBBBB', text: '头部标题' },
      status_bar: { status_value: '进行中', status_bg: '0xFFF65E5E' },
      body: {
        title: '正文标题',
        form: [{ key: '姓名:', value: '张三' }],
        rich: { num: '15.6', unit: '元' },
        file_count: '3',
      },
    },
  },
  {
    msgtype: 'action_card',
    action_card: {
      title: '透出的文案',
      markdown: '**正文**',
      single_title: '查看详情',
      single_url: 'https://open.dingtalk.com',
    },
  },
  {
    msgtype: 'action_card',
    action_card: {
      markdown: '正文',
      btn_orientation: '1',
      btn_json_list: [
        { title: '一个按钮', action_url: 'https://www.taobao.com' },
        { title: '两个按钮', action_url: 'https://www.tmall.com' },
      ],
    },
  },
];

/** What must hold for the client whatever answers it, as long as it answers like DingTalk. */
export function clientContract(name: string, start: () => Promise<Stand>): void {
  describe(`DingTalk client against ${name}`, () => {
    let stand: Stand;
    let client: DingTalkClient;
    const more: DingTalkClient[] = [];

    const clientOf = (options: Partial<DingTalkClientOptions> = {}): DingTalkClient => {
      const made = createDingTalkClient({
        baseUrl: stand.url,
        apiBaseUrl: stand.url,
        app: stand.app,
        clock: systemClock,
        ...options,
      });
      more.push(made);
      return made;
    };

    beforeEach(async () => {
      stand = await start();
      client = clientOf();
    });

    afterEach(async () => {
      for (const made of more.splice(0)) await made.close();
      await stand.stop();
    });

    const toPerson = (content = '月会'): SendRequest => ({
      audience: { kind: 'users', userids: [stand.person.userid] },
      body: canonicalMessage({ msgtype: 'text', text: { content } }).body,
      people: null,
    });

    async function sent(request: SendRequest): Promise<string> {
      const result = await client.send(request);
      if (result.kind !== 'accepted') throw new Error(`${result.kind}: ${result.error.message}`);
      return result.taskId;
    }

    describe.each(['form', 'json'] as const)('arguments as %s', (encoding) => {
      it('sends every type of message, and nothing in it breaks the documentation', async () => {
        const encoded = clientOf({ encoding });
        for (const message of messages) {
          expect(checkMessage(message).faults).toEqual([]);
          const result = await encoded.send({ ...toPerson(), body: canonicalMessage(message).body });
          expect(result).toMatchObject({
            kind: 'accepted',
            taskId: expect.stringMatching(/^[0-9]+$/) as string,
          });
        }
        expect(stand.violations()).toEqual([]);
      });

      it('follows a message to its result, changes and recalls it', async () => {
        const encoded = clientOf({ encoding });
        const oa = messages.find(({ msgtype }) => msgtype === 'oa');
        if (oa === undefined) throw new Error('no OA message');
        const accepted = await encoded.send({ ...toPerson(), body: canonicalMessage(oa).body });
        if (accepted.kind !== 'accepted') throw new Error(accepted.error.message);
        stand.pass(5000);
        expect(await encoded.progress(accepted.taskId)).toEqual({
          kind: 'ok',
          value: { percent: 100, status: 'done' },
        });
        expect(await encoded.result(accepted.taskId)).toEqual({
          kind: 'ok',
          value: {
            read: [stand.person.userid],
            unread: [],
            invalid: [],
            failed: [],
            forbidden: [],
            invalidDeptIds: [],
          },
        });
        expect(await encoded.updateStatusBar(accepted.taskId, '已同意', '0xFF78C06E')).toEqual({
          kind: 'ok',
          value: null,
        });
        expect(await encoded.recall(accepted.taskId)).toEqual({ kind: 'ok', value: null });
        expect(stand.violations()).toEqual([]);
      });

      it('finds people and uploads media', async () => {
        const encoded = clientOf({ encoding });
        expect(await encoded.lookupMobile(new Mobile(stand.person.mobile))).toMatchObject({
          kind: 'found',
          userid: stand.person.userid,
        });
        const upload = await encoded.uploadMedia({
          type: 'image',
          source: { kind: 'bytes', fileName: '标志.png', content: png },
        });
        expect(upload).toMatchObject({
          kind: 'ok',
          value: { mediaId: expect.stringMatching(/^[@$]/) as string },
        });
        expect(stand.violations()).toEqual([]);
      });
    });

    it('sends to departments and to everyone', async () => {
      const text = (content: string): string => canonicalMessage({ msgtype: 'text', text: { content } }).body;
      const toDepartment = { kind: 'departments', deptIds: [4417023] } as const;
      for (const request of [
        { audience: toDepartment, body: text('部门'), people: 5 },
        { audience: { kind: 'everyone' } as const, body: text('全员'), people: 50 },
      ]) {
        expect(await client.send(request)).toMatchObject({ kind: 'accepted' });
      }
      expect(stand.violations()).toEqual([]);
    });

    it('keeps every digit of a task id beyond 2^53', async () => {
      stand.arrange('large task id');
      expect(await client.send(toPerson())).toMatchObject({
        kind: 'accepted',
        taskId: '9223372036854775807',
      });
    });

    it('uses the legacy lookup where the current one is not permitted', async () => {
      stand.arrange('no permission for the current lookup');
      expect(await client.lookupMobile(new Mobile(stand.person.mobile))).toMatchObject({
        kind: 'found',
        userid: stand.person.userid,
      });
      expect(client.state().held).toBe(false);
    });

    it('tells who has left from a fault', async () => {
      stand.arrange('unknown mobile');
      expect(await client.lookupMobile(new Mobile(stand.person.mobile))).toMatchObject({
        kind: 'not_found',
        error: { code: '60121' },
      });
    });

    it('names people who are invalid, and those who had the same content before', async () => {
      stand.arrange('the same content before');
      await sent(toPerson());
      const again = await sent(toPerson());
      stand.pass(5000);
      expect(await client.result(again)).toMatchObject({
        kind: 'ok',
        value: { forbidden: [{ userid: stand.person.userid, code: '143106' }] },
      });
      stand.arrange('invalid person');
      const toNobody = await sent({ ...toPerson(), audience: { kind: 'users', userids: ['nobody-here'] } });
      stand.pass(5000);
      expect(await client.result(toNobody)).toMatchObject({
        kind: 'ok',
        value: { invalid: ['nobody-here'], read: [], unread: [] },
      });
    });

    it('says that a task cannot be recalled', async () => {
      stand.arrange('unknown task');
      expect(await client.recall('1')).toMatchObject({
        kind: 'failed',
        error: { code: '400002', class: 'message' },
      });
    });

    it.each(['legacy', 'v1'] as const)('takes a token from the %s API', async (tokenApi) => {
      expect(await clientOf({ tokenApi }).send(toPerson())).toMatchObject({ kind: 'accepted' });
      expect(stand.violations()).toEqual([]);
    });

    it('replaces a token that has expired, unseen by the caller', async () => {
      stand.arrange('token expired');
      expect(await client.send(toPerson())).toMatchObject({ kind: 'accepted' });
    });

    it('holds the app when the secret is wrong, and sends nothing', async () => {
      stand.arrange('wrong secret');
      expect(await client.send(toPerson())).toMatchObject({
        kind: 'not_sent',
        error: { operation: 'token', code: '40096', class: 'configuration' },
      });
      expect(client.state()).toMatchObject({ held: true, holds: [{ reason: 'configuration' }] });
    });

    it.each<[Situation, object]>([
      ['busy', { kind: 'refused', error: { code: '-1', class: 'retry', provesNothingSent: true } }],
      [
        'too many calls a second',
        { kind: 'refused', error: { code: '90018', class: 'retry_after', retryAfterMs: 1000 } },
      ],
      [
        'too many calls by everyone',
        { kind: 'refused', error: { code: '90002', class: 'retry_after', retryAfterMs: 1000 } },
      ],
      ['calls of the month used up', { kind: 'refused', error: { code: '90020', class: 'configuration' } }],
      [
        'ip banned',
        { kind: 'refused', error: { code: 'ip_banned', class: 'retry_after', retryAfterMs: 300_000 } },
      ],
      [
        'ip banned, with a page',
        { kind: 'refused', error: { code: 'ip_banned', class: 'retry_after', retryAfterMs: 300_000 } },
      ],
      ['not whitelisted', { kind: 'refused', error: { code: '60020', class: 'configuration' } }],
      ['no permission', { kind: 'refused', error: { code: '60011', class: 'configuration' } }],
      ['system error', { kind: 'unknown', error: { code: '400001', provesNothingSent: false } }],
      ['bad gateway', { kind: 'unknown', error: { code: 'http_5xx', httpStatus: 502 } }],
      ['answer lost', { kind: 'unknown', error: { code: 'lost_after_write', httpStatus: null } }],
      ['request lost', { kind: 'unknown', error: { code: 'lost_after_write' } }],
    ])('tells %s for what it is', async (situation, outcome) => {
      stand.arrange(situation);
      expect(await client.send(toPerson())).toMatchObject(outcome);
      expect(stand.violations()).toEqual([]);
    });

    it.each<[Situation, string]>([
      ['ip banned', 'ban'],
      ['ip banned, with a page', 'ban'],
      ['not whitelisted', 'configuration'],
      ['no permission', 'configuration'],
      ['calls of the month used up', 'monthly_quota'],
    ])('stops calling after %s, and says so', async (situation, reason) => {
      stand.arrange(situation);
      await client.send(toPerson());
      expect(client.state()).toMatchObject({ held: true, holds: [{ reason }] });
      expect(await client.send(toPerson())).toMatchObject({ kind: 'not_sent' });
    });

    it('believes the time that a refusal names', async () => {
      stand.arrange('too many calls by everyone, until a time');
      await client.send(toPerson());
      expect(client.state().holds).toMatchObject([
        { scope: 'send', until: Date.UTC(2099, 1, 13, 12, 40, 5) },
      ]);
    });
  });
}
