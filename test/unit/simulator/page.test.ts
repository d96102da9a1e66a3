import { describe, expect, it } from 'vitest';
import { markdown } from '../../../src/simulator/pages/markdown.ts';
import { html } from 'hono/html';
import { Bench, type Json } from './harness.ts';

async function pageOf(bench: Bench, path: string): Promise<string> {
  return (await fetch(bench.simulator.url + path)).text();
}

async function rendered(source: string): Promise<string> {
  const markup = await markdown(source, (url, label) => html`<i>${label}:${url}</i>`);
  return markup.toString().replace(/\s+/g, ' ');
}

const oa: Json = {
  msgtype: 'oa',
  oa: {
    message_url: 'https://ops.example.com/1',
    head: { bgcolor: 'FF3370FF', text: '头部' },
    status_bar: { status_value: '待审批', status_bg: '0xFFFF9D46' },
    body: {
      title: '退款审批',
      form: Array.from({ length: 8 }, (_, index) => ({ key: `键${index}`, value: `值${index}` })),
      rich: { num: '1280.00', unit: '元' },
      file_count: '3',
      author: '李四',
    },
  },
};

describe('the inbox page', () => {
  it('lists people and draws the cards of one of them', async () => {
    const bench = await Bench.start();
    await bench.send({ userid_list: 'zhangsan', msg: oa });
    const page = await pageOf(bench, '/?user=zhangsan&lang=zh');
    expect(page).toContain('陈一帆');
    expect(page).toContain('退款审批');
    expect(page).toContain('background:#3370FFFF');
    expect(page).toContain('background:#FF9D46FF');
    expect(page).toContain('键5');
    expect(page).not.toContain('键6</b>');
    expect(page).toContain('2 行在钉钉中不显示');
    expect(page).toContain('href="https://ops.example.com/1"');
  });

  it('speaks English too', async () => {
    const bench = await Bench.start();
    expect(await pageOf(bench, '/?lang=en')).toContain('Choose a person to see the work notifications');
    expect(await pageOf(bench, '/?lang=zh')).toContain('选择一位员工');
  });

  it('escapes everything that came from a caller', async () => {
    const bench = await Bench.start();
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
    const messages: Json[] = [
      { msgtype: 'text', text: { content: evil } },
      {
        msgtype: 'markdown',
        markdown: {
          title: evil,
          text: `# ${evil}\n[a](javascript:alert(3)) ![${evil}](https://e.example/x)`,
        },
      },
      {
        msgtype: 'action_card',
        action_card: { markdown: evil, single_title: '"><b>x', single_url: 'https://e.example/"onclick="x' },
      },
      {
        msgtype: 'oa',
        oa: {
          message_url: 'https://e.example',
          head: { bgcolor: 'FFBBBBBB', text: evil },
          body: { title: evil, form: [{ key: evil, value: evil }] },
        },
      },
    ];
    for (const msg of messages)
      expect(await bench.send({ userid_list: 'zhangsan', msg })).toMatchObject({ errcode: 0 });
    bench.control.putUser({
      userid: evil,
      name: evil,
      mobile: '',
      departments: [1],
      active: true,
      title: evil,
    });
    for (const path of ['/', '/_sim/page/people', '/_sim/page/inbox', '/_sim/page/panel']) {
      const page = await pageOf(bench, `${path}?user=zhangsan&q=&lang=en`);
      expect(page).not.toContain('<script>alert');
      expect(page).not.toContain('<img src=x');
      expect(page).not.toMatch(/href="javascript:/i);
      expect(page).not.toContain('"onclick="');
    }
    expect(
      await pageOf(bench, `/?user=${encodeURIComponent(evil)}&q=${encodeURIComponent(evil)}`),
    ).not.toContain('<script>alert');
  });

  it('loads nothing from other hosts and runs no inline script', async () => {
    const bench = await Bench.start();
    const answer = await fetch(bench.simulator.url);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    const page = await answer.text();
    const sources = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url ?? '');
    expect(sources.filter((url) => !url.startsWith('/') && !url.startsWith('data:,'))).toEqual([]);
    for (const asset of ['/_sim/page.js', '/_sim/page.css']) {
      expect((await fetch(bench.simulator.url + asset)).status).toBe(200);
    }
  });

  it('finds people by name, userid, department and among generated ones', async () => {
    const bench = await Bench.start({ generate: 100_000 });
    const found = async (query: string): Promise<string[]> => {
      const part = await pageOf(bench, `/_sim/page/people?q=${encodeURIComponent(query)}`);
      return [...part.matchAll(/data-user="([^"]+)"/g)].map(([, userid]) => userid ?? '');
    };
    expect(await found('财务部')).toEqual(['zhangsan', 'lisi', 'sunqi', 'tangmei']);
    expect(await found('hechao')).toEqual(['hechao']);
    expect(await found('load99999')).toEqual(['load99999']);
  });

  it('tells an open page that something is new', async () => {
    const bench = await Bench.start();
    const stop = new AbortController();
    const events = await fetch(`${bench.simulator.url}/_sim/events`, { signal: stop.signal });
    const reader = (events.body as ReadableStream<Uint8Array>).getReader();
    const next = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    expect(await next()).toContain('data: 0');
    await bench.send({ userid_list: 'zhangsan' });
    await bench.clock.advance(300);
    expect(await next()).toContain('data: 1');
    stop.abort();
  });
});

describe('the Markdown of cards', () => {
  it.each([
    ['# 标题', '<div class="h h1" role="heading" aria-level="1">标题</div>'],
    ['**粗** *斜* `码`', '<strong>粗</strong> <em>斜</em> <code>码</code>'],
    ['> 引用\n> 二', '<blockquote>引用<br />二</blockquote>'],
    ['一\n二', '<p>一<br />二</p>'],
    ['![图](@lAD)', '<p><i>图:@lAD</i></p>'],
    ['\\*不斜\\*', '<p>*不斜*</p>'],
    ['<b>x</b>', '<p>&lt;b&gt;x&lt;/b&gt;</p>'],
  ])('%j', async (source, expected) => {
    expect(await rendered(source)).toContain(expected);
  });

  it('draws lists', async () => {
    expect(await rendered('- a\n- b')).toMatch(/<ul> <li>a<\/li><li>b<\/li> <\/ul>/);
    expect(await rendered('1. a\n2. b')).toMatch(/<ol> <li>a<\/li><li>b<\/li> <\/ol>/);
  });

  it('links to the web alone', async () => {
    expect(await rendered('[a](https://b.example/c)')).toContain('href="https://b.example/c"');
    expect(await rendered('[a](javascript:x)')).not.toContain('href');
    expect(await rendered('[a](dingtalk://x)')).not.toContain('href');
  });

  it('stays quick on hostile text', async () => {
    const hostile = ['*'.repeat(5_000), '['.repeat(5_000), '**a'.repeat(2_000), `![${'a'.repeat(5_000)}`];
    for (const source of hostile) expect(await rendered(source)).toContain('class="md"');
  });
});
