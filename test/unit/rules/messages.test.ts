import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal, Timestamp } from '../../../src/model/values.ts';
import type { PlannedNotification } from '../../../src/model/plan.ts';
import { truncateUtf8, utf8Length } from '../../../src/rules/message/truncate.ts';
import { compile, event, faultsOf, indent, now } from '../../fakes/rules.ts';

function plan(message: string, data: unknown, keys = '', extra = ''): PlannedNotification {
  const yaml = `routes:\n  - name: r\n    on: orders\n    to: { userids: [u1] }\n${indent(keys)}    message:\n${message
    .split('\n')
    .map((line) => `      ${line}\n`)
    .join('')}`;
  const [planned] = compile(yaml, {}, extra).rules.plan(event(data), now).notifications;
  if (planned === undefined) throw new Error('no notification');
  return planned;
}

function content(message: string, data: unknown, keys = '', extra = ''): Record<string, unknown> {
  const planned = plan(message, data, keys, extra);
  if (planned.message === null) throw new Error(planned.failure?.message);
  const body = JSON.parse(planned.message.body) as Record<string, Record<string, unknown>>;
  return body[planned.message.msgtype] ?? {};
}

const text = (liquid: string): string => `text: { content: ${JSON.stringify(liquid)} }`;
const markdown = (liquid: string): string => `markdown: { title: t, text: ${JSON.stringify(liquid)} }`;

describe('what templates print', () => {
  it.each([
    ['{{ data.v }}', 12345678901234567890n, '12345678901234567890'],
    ['{{ data.v }}', new Decimal(-1205n, 3), '-1.205'],
    ['{{ data.v }}', new Date('2026-03-02T01:30:00Z'), '2026-03-02T09:30:00+08:00'],
    ['{{ data.v }}', new Date('2026-03-02T01:30:00.120Z'), '2026-03-02T09:30:00.120+08:00'],
    [
      '{{ data.v }}',
      new Timestamp(Date.parse('2026-03-02T01:30:00.001Z'), 500),
      '2026-03-02T09:30:00.0010005+08:00',
    ],
    ['{{ data.v }}', 1e21, '1000000000000000000000'],
    ['{{ data.v }}', true, 'true'],
    ['[{{ data.v }}]', null, '[]'],
    ['{{ data.v | money: "CNY" }}', 128000n, '¥1,280.00'],
    ['{{ data.v | money: "JPY" }}', 128000n, 'JP¥128,000'],
    ['{{ data.v | money: "USD", "major" }}', new Decimal(12345n, 2), 'US$123.45'],
    ['{{ data.v | money }}', 123456789012345678901n, '¥1,234,567,890,123,456,789.01'],
    ['{{ data.v | date: "%Y-%m-%d %H:%M" }}', new Date('2026-03-02T01:30:00Z'), '2026-03-02 09:30'],
    ['{{ data.v | date: "%H:%M", "UTC" }}', '2026-03-02T01:30:00Z', '01:30'],
    ['{{ data.v | relative_time }}', new Date(now - 3 * 3_600_000), '3小时前'],
    ['{{ data.v | relative_time: "en" }}', new Date(now + 86_400_000), 'in 1 day'],
    ['{{ data.v | mask }}', '13800001201', '138******01'],
    ['{{ data.v | url_encode }}', 'a b/(c)&d=中', 'a%20b%2F%28c%29%26d%3D%E4%B8%AD'],
    ['{{ data.v | truncate_bytes: 8 }}', '退款退款', '退…'],
    ['{{ data.v | default: "-" }}', null, '-'],
    ['{{ data.w | default: "-" }}', null, '-'],
    ['{{ data.v }} <b>&amp;', 'a<b>&"c"', 'a<b>&"c" <b>&amp;'],
    ['{% if data.w %}a{% else %}b{% endif %}', null, 'b'],
    ['{% case data.w %}{% when 1 %}a{% else %}b{% endcase %}', null, 'b'],
    ['[{% assign w = data.w %}{{ w }}]', null, '[]'],
    ['{% for x in data.v %}{{ x }},{% endfor %}', [1n, 2n], '1,2,'],
    ['{{ data.v | sum }} {{ 7 | divided_by: 2 }} {{ 7 | modulo: 4 }}', [1n, 2n], '3 3.5 3'],
  ])('%s over %s', (liquid, v, expected) => {
    expect(content(text(liquid), { v })['content']).toBe(expected);
  });

  it.each([
    ['{{ data.w }}', 'data.w is not in the event'],
    ['{% for x in data.w %}{% endfor %}', 'data.w is not in the event'],
    ['{{ data.v | money }}', 'money: the value is not an amount'],
    ['{{ data.v | date }}', 'date: the value is not a time'],
    ['{{ 9999999999999 | date }}', 'date: the value is not a time'],
    ['{% for i in (1..4000) %}x{% endfor %}', 'more than 3,000 steps'],
    ['{{ data.v.constructor }}', 'data.v.constructor is not in the event'],
    ['{{ 10 | divided_by: 0 }}', 'divided_by: the result is not a number'],
    ['{{ 0 | divided_by: 0 }}', 'divided_by: the result is not a number'],
    ['{{ 10 | divided_by: data.v }}', 'divided_by: the result is not a number'],
    ['{{ 10 | divided_by: 0 | at_most: 5 }}', 'divided_by: the result is not a number'],
    ['{{ 10 | modulo: 0 }}', 'modulo: the result is not a number'],
    ['{{ "1e308" | times: 10 }}', 'times: the result is not a number'],
    ['{{ "1e308,1e308" | split: "," | sum }}', 'sum: the result is not a number'],
  ])('%s fails and says why, without the value', (liquid, message) => {
    const { failure } = plan(text(liquid), { v: 'secret-value' });
    expect(failure).toMatchObject({ reason: 'template_error', stage: 'render' });
    expect(failure?.message).toContain(message);
    expect(failure?.message).not.toContain('secret-value');
  });
});

describe('Markdown', () => {
  it('is not for events to write', () => {
    const v = '# 标题\n[click](http://evil.example) **x** `y` > q\n- item\n1. item';
    expect(content(markdown('{{ data.v }}'), { v })['text']).toBe(
      '\\# 标题\n\\[click\\](http://evil.example) \\*\\*x\\*\\* \\`y\\` \\> q\n\\- item\n1\\. item',
    );
  });

  it('stays as the template wrote it, and as the event wrote it where `raw` says so', () => {
    expect(content(markdown('### **{{ data.v | raw }}**'), { v: '*b*' })['text']).toBe('### ***b***');
  });

  it('is escaped once, also by hand', () => {
    expect(content(markdown('{{ data.v | md_escape }}'), { v: '*b*' })['text']).toBe('\\*b\\*');
  });

  it('that was captured or escaped before is printed once escaped with `raw`', () => {
    const captured = '{% capture v %}{{ data.v }}{% endcapture %}{{ v | raw }}';
    const assigned = '{% assign v = data.v | md_escape %}{{ v | raw }}';
    for (const liquid of [captured, assigned]) {
      expect(content(markdown(liquid), { v: 'a_b' })['text']).toBe('a\\_b');
    }
  });

  it('leaves encoded addresses whole', () => {
    const found = content(markdown('[x](https://e.example/{{ data.v | url_encode }})'), { v: 'a_b*(c)' });
    expect(found['text']).toBe('[x](https://e.example/a_b%2A%28c%29)');
  });

  it('does not concern titles', () => {
    const found = content('markdown: { title: "{{ data.v }}", text: x }', { v: '*b*' });
    expect(found['title']).toBe('*b*');
  });
});

describe('the limit of 2,048 bytes', () => {
  const long = '超长'.repeat(600);

  it('rejects by default', () => {
    expect(plan(text('{{ data.v }}'), { v: long }).failure?.reason).toBe('message_too_long');
  });

  it('truncates the longest free text and nothing else', () => {
    const card = `action_card:
  title: "{{ data.v | truncate_bytes: 60 }}"
  markdown: "{{ data.v }}"
  single_title: 去审批
  single_url: https://ops.example.com/refunds/1
on_too_long: truncate`;
    const planned = plan(card, { v: long });
    expect(planned.message?.bytes).toBeLessThanOrEqual(2048);
    expect(planned.message?.bytes).toBeGreaterThan(2040);
    const found = JSON.parse(planned.message?.body ?? '') as { action_card: Record<string, string> };
    expect(found.action_card['single_url']).toBe('https://ops.example.com/refunds/1');
    expect(found.action_card['markdown']).toMatch(/^超长.*…$/);
  });

  it.each([
    ['quotes', text('{{ data.v }}'), '"'.repeat(3000)],
    ['lines', text('{{ data.v }}'), 'a\nb\n'.repeat(900)],
    ['a log of JSON', text('{{ data.v }}'), '{"level":"error","msg":"a \\"b\\""}\n'.repeat(440)],
    ['a table', markdown('### Rows\n{{ data.v }}'), '"12","a","b"\n'.repeat(400)],
    ['signs of Markdown', markdown('### Rows\n{{ data.v }}'), 'a_b*c'.repeat(600)],
    ['backslashes', markdown('### Rows\n{{ data.v }}'), '\\'.repeat(3000)],
    ['what cannot be seen', text('{{ data.v }}'), 'a\u0001\u0002\u0003'.repeat(3000)],
    ['characters of several units', text('{{ data.v }}'), '😀"'.repeat(1500)],
  ])('keeps as much as has room, also of %s', (_, message, v) => {
    const planned = plan(`${message}\non_too_long: truncate`, { v });
    expect(planned.message?.bytes).toBeGreaterThan(2040);
    expect(planned.message?.bytes).toBeLessThanOrEqual(2048);
    expect(planned.message?.body).toMatch(/…"\}\}$/);
  });

  it('leaves no backslash that would escape the sign of omission', () => {
    for (const length of [1010, 1011, 1012, 1013]) {
      const found = content(`${markdown('{{ data.v }}')}\non_too_long: truncate`, {
        v: `${'a'.repeat(length)}${'_'.repeat(900)}`,
      });
      expect(found['text']).toMatch(/_…$/);
    }
  });

  it('shortens titles to their own limit, too', () => {
    const card = `action_card: { title: "{{ data.v }}", markdown: x, single_title: y, single_url: "https://e.example/" }
on_too_long: truncate`;
    expect(content(card, { v: long })['title']).toHaveLength(64);
  });

  it('keeps the time that makes equal messages differ', () => {
    const message = `${text('{{ data.v }}')}\non_too_long: truncate`;
    const found = content(message, { v: long }, 'same_content: append_event_time');
    expect(found['content']).toMatch(/…\n2026-03-02 09:30:00$/);
  });

  it('always fits, whatever the event says', () => {
    const message = `${markdown('{{ data.a }} {{ data.b }}')}\non_too_long: truncate`;
    const { rules } = compile(
      `routes:\n  - name: r\n    on: orders\n    to: { userids: [u1] }\n    message:\n${message
        .split('\n')
        .map((line) => `      ${line}\n`)
        .join('')}`,
    );
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 1200 }),
        fc.string({ unit: 'binary', maxLength: 1200 }),
        (a, b) => {
          const [planned] = rules.plan(event({ a, b }), now).notifications;
          if (planned?.message == null) {
            expect(planned?.failure?.reason).toBe('message_invalid');
            return;
          }
          expect(planned.message.bytes).toBeLessThanOrEqual(2048);
          expect(planned.message.bytes).toBe(Buffer.byteLength(planned.message.body));
          expect(planned.message.body).not.toMatch(/\\u[0-9a-f]{4}/);
        },
      ),
      { numRuns: 60, seed: 20260302 },
    );
  });

  it('cuts between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(60), (value, bytes) => {
        const cut = truncateUtf8(value, bytes, '…');
        expect(utf8Length(cut)).toBeLessThanOrEqual(Math.max(bytes, 0));
        expect(cut.isWellFormed()).toBe(true);
        if (cut !== value && cut !== '') expect(value.startsWith(cut.slice(0, -1))).toBe(true);
      }),
      { seed: 20260302 },
    );
  });
});

describe('messages', () => {
  it('leave out what is empty, and fail when it was needed', () => {
    const oa = `oa:
  message_url: https://ops.example.com/
  head: { bgcolor: FFBBBBBB, text: x }
  body:
    title: "{{ data.title }}"
    form:
      - { key: "备注：", value: "{{ data.note | default: '' }}" }
      - { key: "金额：", value: "{{ data.amount }}" }`;
    expect(content(oa, { title: '', note: null, amount: 5n })['body']).toEqual({
      form: [{ key: '金额：', value: '5' }],
    });
    expect(plan(text('{{ data.v }}'), { v: ' ' }).failure?.reason).toBe('message_invalid');
  });

  it('keep a file to be uploaded in place of its media id', () => {
    const yaml =
      'routes:\n  - name: r\n    on: orders\n    to: { userids: [u1] }\n    message: { image: { media_id: { upload: logo.png } } }\n';
    const { rules } = compile(yaml, { 'logo.png': 'x' });
    expect(rules.plan(event({}), now).notifications[0]?.message?.body).toBe(
      '{"msgtype":"image","image":{"media_id":{"upload":"logo.png"}}}',
    );
  });

  it('come in the variant of the locale', () => {
    const yaml =
      'routes:\n  - name: r\n    on: orders\n    to: { userids: [u1] }\n    locale: data.lang\n    template: hi\n';
    const files = {
      'templates/hi.zh-CN.yaml': 'text: { content: 你好 }\n',
      'templates/hi.en.yaml': 'text: { content: hello }\n',
    };
    const { rules } = compile(yaml, files);
    const template = (lang: unknown) => rules.plan(event({ lang }), now).notifications[0]?.template;
    expect(template('en')).toBe('hi.en');
    expect(template('en-GB')).toBe('hi.en');
    expect(template('zh_CN')).toBe('hi.zh-CN');
    expect(template('fr')).toBe('hi.zh-CN');
    expect(template(null)).toBe('hi.zh-CN');
  });
});

describe('links.allow', () => {
  const allow = 'links: { allow: ["https://ops.example.com/", "https://*.wiki.example.com/pages/"] }\n';
  const card = (url: string): string =>
    `action_card: { title: t, markdown: "{{ data.m }}", single_title: y, single_url: "${url}" }`;

  it.each([
    ['https://ops.example.com/refunds/1', '', null],
    ['https://a.wiki.example.com/pages/x', '', null],
    ['https://a.wiki.example.com/admin', '', 'message_invalid'],
    ['https://ops.example.com.evil.example/', '', 'message_invalid'],
    ['https://ops.example.com@evil.example/', '', 'message_invalid'],
    ['http://ops.example.com/', '', 'message_invalid'],
    ['dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fops.example.com%2Fx&pc_slide=true', '', null],
    [
      'dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fevil.example%2Fx&pc_slide=true',
      '',
      'message_invalid',
    ],
    ['https://ops.example.com/', 'see https://evil.example/x', 'message_invalid'],
    ['https://ops.example.com/', 'see https://ops.example.com/x.', null],
  ])('%s with %j gives %s', (url, m, reason) => {
    expect(plan(card(url), { m: `m ${m}` }, '', allow).failure?.reason ?? null).toBe(reason);
  });

  it.each([
    ['[x](//evil.example/)'],
    ['[x]( //evil.example/)'],
    ['[x](<//evil.example/>)'],
    ['[x](www.evil.example)'],
    ['![y](//evil.example/p.png)'],
    ['[z](evil.example)'],
    ['[z](https:\\\\evil.example)'],
    ['[z](https\\://evil.example)'],
    ['[z](https://ops.example.com。evil.example/)'],
    ['[z\\\\](//evil.example)'],
    ['[z](https://ops.example.com/](//evil.example)'],
    ['[z](javascript:alert)'],
    ['[z](mailto:a@evil.example)'],
    ['<javascript:alert>'],
    ['[z]: //evil.example'],
    ['[z]: www.evil.example "title"'],
    [
      '[z](dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fops.example.com&url=https%3A%2F%2Fevil.example)',
    ],
    ['[z](dingtalk://d/a?url=https%3A%2F%2Fops.example.com&redirect_url=https%3A%2F%2Fevil.example)'],
  ])('refuses what Markdown makes a link of: %s', (m) => {
    const { failure } = plan(markdown('# t\n{{ data.m | raw }}'), { m }, '', allow);
    expect(failure).toMatchObject({
      reason: 'message_invalid',
      message: 'markdown.text: the link is not on the list links.allow',
    });
  });

  it.each([
    ['release 1.2.3 of a.b.c, see node.js (v24.1) at 10:30, error:timeout'],
    ['[INFO]: took 1.5s\n[INFO]: 10:30\n[WARN]: error:timeout in db'],
    ['[x](https://ops.example.com/a_b(c)) ![p](@lADOmedia) [] []()'],
    ['[x](<https://ops.example.com/a b>) <https://ops.example.com/>'],
    ['[z]: https://ops.example.com/ "title"'],
    ['\\[x\\](evil.example)'],
  ])('and leaves alone what is none: %s', (m) => {
    expect(plan(markdown('# t\n{{ data.m | raw }}'), { m }, '', allow).failure).toBe(null);
  });

  it('takes a value of the event as it stands behind the escapes', () => {
    const written = markdown('[x]({{ data.url }}) {{ data.m }}');
    const m = '[y](evil.example) <a:b>';
    expect(plan(written, { url: 'https://ops.example.com/a_b', m }, '', allow).failure).toBe(null);
    expect(plan(written, { url: '//evil.example', m }, '', allow).failure?.reason).toBe('message_invalid');
  });

  it('must be patterns', () => {
    const yaml = 'routes: []\n';
    expect(faultsOf(yaml, {}, 'links: { allow: ["*"] }\n')[0]).toContain('wrong_value a pattern for links');
  });
});
