import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/base/sensitive.ts';
import type { RenderedMessage } from '../../../src/model/plan.ts';
import { en } from '../../../src/server/console/texts-en.ts';
import { zh } from '../../../src/server/console/texts-zh.ts';
import { canaryMobile, detail } from './fake-data.ts';
import { fakeProgram, type FakeProgram } from './fake-ports.ts';
import { adminToken, harness, readToken } from './harness.ts';

const paths = [
  '/',
  '/notifications',
  '/notifications?search=order-1000&status=delivered',
  '/notifications/ntf_aaaaaa',
  '/explorer',
  '/explorer?recorded=ntf_aaaaaa',
  '/dead-letters',
  '/dead-letters/dl_a',
  '/configuration',
  '/audit',
] as const;

const fragment = { 'x-dingbus-fragment': 'yes' };

function withMessage(fields: object): FakeProgram {
  const program = fakeProgram();
  const [msgtype = 'text'] = Object.keys(fields);
  const body = JSON.stringify({ msgtype, ...fields });
  const message = { msgtype, body, bytes: Buffer.byteLength(body), statusBar: false } as RenderedMessage;
  const first = detail(0);
  program.notifications = [{ ...first, notification: { ...first.notification, message } }];
  return program;
}

async function messagePage(fields: object): Promise<string> {
  const { ask } = harness({ program: withMessage(fields) });
  return (await ask('/notifications/ntf_aaaaaa')).text();
}

describe('console', () => {
  it('shows every page in both languages, without a mobile number in clear', async () => {
    const program = fakeProgram(8);
    program.holds = [{ subject: 'default', reason: 'ip_ban', detail: canaryMobile, since: 0, until: null }];
    program.lastReload = program.nextReload;
    const { ask } = harness({ program });
    for (const path of paths) {
      for (const [language, title] of [
        ['en', en.notifications],
        ['zh', zh.notifications],
      ] as const) {
        const response = await ask(path, { headers: { 'accept-language': language } });
        expect(response.status, path).toBe(200);
        const page = await response.text();
        expect(page, path).toContain(title);
        expect(page, path).not.toContain(canaryMobile);
        expect(page, path).not.toMatch(/\bundefined\b|\[object|\bNaN\b/);
      }
    }
  });

  it('has a stop button beside each route, and shows which are stopped', async () => {
    const program = fakeProgram(1);
    const hold = { reason: 'paused', detail: null, since: 0, until: null };
    program.holds = [{ ...hold, subject: 'route:stock-low' }];
    const { ask } = harness({ program });
    const page = await (await ask('/configuration', { headers: { 'accept-language': 'en' } })).text();
    const bodies = (path: string): string[] =>
      [...page.matchAll(new RegExp(`data-action="${path}"\\s+data-body="([^"]*)"`, 'g'))].map(([, body]) =>
        String(body).replaceAll('&quot;', '"'),
      );
    expect(bodies('/pause')).toEqual(['{"subject":"route:refund-needs-approval"}']);
    expect(bodies('/resume')).toEqual(['{"subject":"route:stock-low"}']);
    expect(page.match(new RegExp(`>\\s*${en.paused}\\s*<`, 'g'))).toHaveLength(1);
  });

  it('needs nothing inline and nobody else, so that its own content policy holds', async () => {
    const { ask } = harness();
    for (const path of paths) {
      const page = await (await ask(path)).text();
      expect(page, path).not.toMatch(/<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|<style/);
      for (const [, address] of page.matchAll(/(?:src|href)="([^"]*)"/g))
        expect(address, path).toMatch(/^[/#]/);
    }
  });

  it('serves its assets for ever under the hash of their content', async () => {
    const { ask } = harness();
    const page = await (await ask('/')).text();
    const assets = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, address = '']) => address);
    expect(new Set(assets).size).toBe(4);
    for (const address of assets) {
      const response = await ask(address);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toContain('immutable');
    }
    expect((await ask('/assets/..%2Fassets.ts')).status).toBe(404);
  });

  it('keeps the chosen language in its links', async () => {
    const { ask } = harness();
    const page = await (await ask('/notifications?lang=zh', { headers: { 'accept-language': 'en' } })).text();
    expect(page).toContain('<html lang="zh-CN">');
    expect(page).toContain('href="/dead-letters?lang=zh"');
    expect(page).toContain('name="lang" value="zh"');
  });

  it('escapes what upstream wrote', async () => {
    const evil = '"><img src=x onerror=alert(1)>';
    const program = withMessage({
      markdown: { title: 't', text: `# ${evil}\n[${evil}](javascript:${evil})` },
    });
    const first = program.notifications[0] ?? detail(0);
    const event = { ...first.notification.event, id: evil, key: evil };
    program.notifications = [{ ...first, notification: { ...first.notification, event, route: evil } }];
    program.deadLetters = program.deadLetters.map((one) => ({ ...one, message: evil, reason: evil }));
    const { ask } = harness({ program });
    for (const path of [...paths, `/notifications?search=${encodeURIComponent(evil)}`]) {
      const page = await (await ask(path)).text();
      expect(page, path).not.toContain('<img src=x');
      expect(page, path).not.toContain('href="javascript:');
    }
  });

  it('comes without content where reading needs a token, and gives it to who has one', async () => {
    const { ask } = harness({ read: new Secret(readToken) });
    for (const path of paths) {
      const page = await (await ask(path)).text();
      expect(page, path).toContain('data-locked');
      expect(page, path).not.toMatch(/order-1001|manager0101|schema_not_found|refund-approval/);
      expect((await ask(path, { headers: fragment })).status, path).toBe(401);
      const content = await ask(path, { headers: fragment, token: readToken });
      expect(content.status, path).toBe(200);
      expect(await content.text()).not.toContain('<html');
    }
  });

  it('can be opened from a link elsewhere, but not be read by scripts from there', async () => {
    const { ask } = harness();
    const from = (mode: string, dest: string): Promise<Response> =>
      ask('/', {
        headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest },
      });
    expect(await (await from('navigate', 'document')).text()).not.toContain('data-locked');
    expect(await (await from('navigate', 'iframe')).text()).toContain('data-locked');
    expect(await (await from('cors', 'empty')).text()).toContain('data-locked');
  });

  it('switches its buttons off, and says why, when no admin token is configured', async () => {
    const { ask } = harness({ admin: null });
    const page = await (await ask('/notifications/ntf_aaaaaa')).text();
    expect(page).toContain(en.changesOff);
    expect(page).not.toContain('data-action');
  });

  it('tells a timeline in the order in which it happened, even when the publisher’s clock runs ahead', async () => {
    const program = fakeProgram();
    const first = detail(0);
    const event = { ...first.notification.event, time: first.notification.receivedAt + 600_000 };
    program.notifications = [{ ...first, notification: { ...first.notification, event } }];
    const { ask } = harness({ program });
    const page = await (await ask('/notifications/ntf_aaaaaa')).text();
    const steps = [en.stepPublished, en.stepPlanned, en.stepAccepted, '>accepted<', '>delivered<'];
    const places = steps.map((step) => page.indexOf(step, page.indexOf('id="timeline"')));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });

  it('offers the three ways to settle a delivery with an unknown outcome', async () => {
    const { ask } = harness({ program: fakeProgram(6) });
    const page = await (await ask('/notifications/ntf_aaaaa5')).text();
    for (const label of [en.resolveSent, en.resolveResend, en.resolveDrop]) expect(page).toContain(label);
  });

  it('says what a page is for when there is nothing on it yet', async () => {
    const program = fakeProgram(0);
    program.quotas = [];
    const { ask } = harness({ program });
    expect(await (await ask('/notifications')).text()).toContain(en.noNotificationsYet);
    expect(await (await ask('/notifications?status=failed')).text()).toContain(en.noNotifications);
    expect(await (await ask('/dead-letters')).text()).toContain(en.noDeadLetters);
    expect(await (await ask('/')).text()).toContain(en.noQuotas);
  });

  it('answers people with a page and tools with a problem where there is nothing', async () => {
    const { ask } = harness();
    const page = await ask('/nowhere', { headers: { accept: 'text/html' } });
    expect(page.status).toBe(404);
    expect(await page.text()).toContain(en.notFound);
    const gone = await ask('/notifications/ntf_gone', { headers: { accept: 'text/html' } });
    expect(gone.status).toBe(404);
    expect((await ask('/nowhere')).headers.get('content-type')).toContain('problem+json');
  });
});

describe('route explorer', () => {
  it('shows which routes match, why, for whom and the message, for an event with exact numbers', async () => {
    const { ask, program } = harness();
    const response = await ask('/explorer', { body: { event: '{"data":{"id":9007199254740993}}' } });
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(program.asked).toEqual([{ what: 'explain', args: [{ data: { id: 9007199254740993n } }] }]);
    for (const text of ['vip-refund', 'gave false', 'manager0101', '退款', '138******01'])
      expect(page).toContain(text);
    expect(page).not.toContain(canaryMobile);
  });

  it('says what is wrong with a text that is no JSON', async () => {
    const { ask } = harness();
    const page = await (await ask('/explorer', { body: { event: '{"data":' } })).text();
    expect(page).toContain('role="alert"');
  });

  it('is for readers alone', async () => {
    const { ask, program } = harness({ read: new Secret(readToken) });
    expect((await ask('/explorer', { body: { event: '{}' } })).status).toBe(401);
    expect((await ask('/explorer', { body: { event: '{}' }, token: adminToken })).status).toBe(200);
    expect(program.asked).toHaveLength(1);
  });
});

describe('message preview', () => {
  it('draws each of the eight message types', async () => {
    const messages: readonly (readonly [object, readonly string[]])[] = [
      [{ text: { content: 'stock is low\nsecond line' } }, ['stock is low\nsecond line']],
      [{ image: { media_id: '@img' } }, ['@img']],
      [{ voice: { media_id: { upload: 'assets/a.mp3' }, duration: '12' } }, ['assets/a.mp3', '12″']],
      [{ file: { media_id: '@report' } }, ['@report']],
      [
        { link: { title: 'T', text: 'body', messageUrl: 'https://a.example/x', picUrl: '@pic' } },
        ['https://a.example/x', '@pic'],
      ],
      [
        {
          markdown: {
            title: 't',
            text: '# Big\n> said\n1. one\n- dot\n**bold** *soft* [go](https://a.example)',
          },
        },
        [
          'class="h1">Big',
          '<blockquote>said',
          '<li>one',
          '<li>dot',
          '<b>bold</b>',
          '<i>soft</i>',
          'title="https://a.example"',
        ],
      ],
      [
        {
          oa: {
            message_url: 'https://a.example/oa',
            head: { bgcolor: 'FFBBBBBB', text: 'Head' },
            status_bar: { status_value: '已同意', status_bg: '0xFF78C06E' },
            body: {
              title: 'Leave',
              form: [{ key: 'Days', value: '3' }],
              rich: { num: '15.6', unit: '元' },
              content: 'long text',
              file_count: '2',
              author: 'Li Lei',
            },
          },
        },
        ['fill="#BBBBBB"', 'fill="#78C06E"', '已同意', '<dt>Days</dt>', '15.6', '📎 2', 'Li Lei'],
      ],
      [
        {
          action_card: {
            title: 't',
            markdown: 'choose',
            btn_orientation: '1',
            btn_json_list: [
              { title: 'Yes', action_url: 'https://a.example/y' },
              { title: 'No', action_url: 'https://a.example/n' },
            ],
          },
        },
        ['card-buttons beside', '>Yes<', 'https://a.example/n'],
      ],
    ];
    for (const [message, expected] of messages) {
      const page = await messagePage(message);
      for (const text of expected) expect(page, Object.keys(message)[0]).toContain(text);
    }
  });

  it('draws what is there of a message that lacks fields or has odd ones', async () => {
    for (const message of [
      { oa: null },
      { action_card: { btn_json_list: 'none' } },
      { link: [] },
      { text: {} },
    ]) {
      expect(await messagePage(message)).toContain('class="phone"');
    }
  });
});
