import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Secret } from '../../src/base/sensitive.ts';
import { createServer, type Server } from '../../src/server/server.ts';
import { configFault } from '../unit/server/fake-data.ts';
import { fakeProgram, type FakeProgram } from '../unit/server/fake-ports.ts';
import { adminToken, readToken } from '../unit/server/harness.ts';

const executable = process.env['DINGBUS_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const artefacts = new URL('../../.dingbus/console/', import.meta.url).pathname;
/** The screenshot in the READMEs; DINGBUS_UPDATE_IMAGES=1 makes it anew. */
const readmeImage = new URL('../../docs/images/console.png', import.meta.url).pathname;

const pages = {
  overview: '/',
  notifications: '/notifications',
  notification: '/notifications/ntf_aaaaa5',
  explorer: '/explorer?recorded=ntf_aaaaaa',
  'dead-letters': '/dead-letters',
  'dead-letter': '/dead-letters/dl_a',
  configuration: '/configuration',
  audit: '/audit',
} as const;

const looks: Readonly<Record<string, BrowserContextOptions>> = {
  desktop: { viewport: { width: 1280, height: 900 }, colorScheme: 'light', locale: 'en-US' },
  'desktop-dark': { viewport: { width: 1280, height: 900 }, colorScheme: 'dark', locale: 'zh-CN' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', locale: 'zh-CN' },
};

if (!existsSync(executable)) {
  console.warn(
    `There is no browser at ${executable}, so the console is not tested in one: install Chromium, or set DINGBUS_TEST_CHROMIUM.`,
  );
}

describe.runIf(existsSync(executable))('console in a browser', () => {
  let browser: Browser;
  let server: Server | null = null;
  const faults: string[] = [];

  beforeAll(async () => {
    mkdirSync(artefacts, { recursive: true });
    browser = await chromium.launch({
      executablePath: executable,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await server?.stop(0);
    server = null;
    expect(faults.splice(0)).toEqual([]);
  });

  afterAll(() => browser.close());

  async function serve(program: FakeProgram, tokens: { read?: string } = {}, port = 0): Promise<string> {
    server = createServer({
      host: '127.0.0.1',
      port,
      adminToken: new Secret(adminToken),
      readToken: tokens.read === undefined ? null : new Secret(tokens.read),
      ports: program.ports,
      clock: systemClock,
      logger: silentLogger,
    });
    return (await server.start()).url;
  }

  /** A page that notes every script error and every request to anybody else. */
  async function open(url: string, look: BrowserContextOptions = looks['desktop'] ?? {}): Promise<Page> {
    const page = await (await browser.newContext(look)).newPage();
    page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL(url).origin)) faults.push(`foreign request: ${request.url()}`);
    });
    await page.goto(url);
    return page;
  }

  async function seriousFaults(page: Page): Promise<readonly string[]> {
    await page.evaluate(axe.source);
    const violations = await page.evaluate(async () => {
      const { axe: injected } = globalThis as unknown as { readonly axe: typeof axe };
      return (await injected.run()).violations.map(({ id, impact, nodes }) => ({
        impact: impact ?? '',
        text: `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`,
      }));
    });
    return violations.filter(({ impact }) => /serious|critical/.test(impact)).map(({ text }) => text);
  }

  function fullProgram(): FakeProgram {
    const program = fakeProgram(60);
    const now = Date.now();
    const { views } = program.ports;
    program.ports = {
      ...program.ports,
      views: {
        ...views,
        summary: async () => ({ ...(await views.summary()), oldestReceivedAt: now - 95_000 }),
      },
    };
    program.rates = Array.from({ length: 60 }, (_, index) => ({
      at: now - (60 - index) * 10_000,
      seconds: 10,
      consumed: 900 + index,
      notifications: 12,
      finals: { delivered: 8 + (index % 5), failed: index % 9 === 0 ? 3 : 0, suppressed: index % 4 },
    }));
    program.holds = [
      {
        subject: 'default',
        reason: 'ip_ban',
        detail: 'banned for 5 minutes',
        since: now,
        until: now + 300_000,
      },
    ];
    program.lastReload = { ...program.nextReload, ok: false, faults: [configFault] };
    program.audit.push({
      id: 'a-1',
      at: now,
      actor: 'admin 127.0.0.1',
      action: 'pause',
      targets: ['default'],
      note: 'maintenance',
      outcome: 'done',
      message: null,
    });
    return program;
  }

  for (const [look, options] of Object.entries(looks)) {
    it(`shows every page without a fault of script, layout or access (${look})`, async () => {
      const url = await serve(fullProgram());
      const page = await open(url, options);
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(url + path);
        await page.locator('h1').waitFor();
        await page.screenshot({ path: `${artefacts}${look}-${name}.png`, fullPage: true });
        const tooWide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        expect(tooWide, `${name} is wider than the screen`).toBeLessThanOrEqual(0);
        expect(await seriousFaults(page), name).toEqual([]);
      }
      if (look === 'desktop' && process.env['DINGBUS_UPDATE_IMAGES'] !== undefined)
        copyFileSync(`${artefacts}desktop-overview.png`, readmeImage);
    });
  }

  it('stops everything only after a question and the right token, and shows it at once', async () => {
    const program = fullProgram();
    const page = await open(await serve(program));
    await page.getByRole('button', { name: 'Stop everything' }).click();
    const question = page.getByRole('dialog');
    await question.getByLabel(/Note/).fill('office is on fire');
    await question.getByRole('button', { name: 'Confirm' }).click();

    const signIn = page.getByRole('dialog', { name: 'Sign in' });
    await signIn.getByLabel('Token').fill('not-the-token');
    await signIn.getByRole('button', { name: 'Sign in' }).click();
    await signIn.getByText('This token is not the configured one.').waitFor();
    expect(program.asked.filter(({ what }) => what === 'pause')).toEqual([]);
    await signIn.getByLabel('Token').fill(adminToken);
    await page.keyboard.press('Enter');

    await page.locator('#holds').getByText('office is on fire').waitFor();
    expect(program.asked).toContainEqual({ what: 'pause', args: ['*', 'office is on fire', null] });
    await page.getByRole('button', { name: 'Stop everything' }).waitFor({ state: 'detached' });

    // The token is known for the rest of the tab's life, and only in this tab.
    await page
      .locator('#holds li', { hasText: 'everything' })
      .getByRole('button', { name: 'Resume' })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('button', { name: 'Stop everything' }).waitFor();
    expect(program.holds.map((hold) => hold.subject)).toEqual(['default']);
    expect(await page.evaluate('[localStorage.length, document.cookie]')).toEqual([0, '']);
  });

  it('does nothing when the question is answered with no', async () => {
    const program = fullProgram();
    const page = await open(`${await serve(program)}/notifications/ntf_aaaaaa`);
    await page.getByRole('button', { name: 'Recall' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Recall' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(program.asked.filter(({ what }) => what === 'recall')).toEqual([]);
  });

  it('opens a locked installation with the read token, and asks for more before a change', async () => {
    const program = fullProgram();
    const url = await serve(program, { read: readToken });
    const page = await open(`${url}/notifications/ntf_aaaaaa`);
    await page.getByText('Sign in to see this').waitFor();
    await page.locator('main').getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Token').fill(readToken);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('heading', { name: 'DingTalk quotas' }).waitFor();

    await page.getByRole('button', { name: 'Stop everything' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('The read token cannot change anything').waitFor();
    await page.screenshot({ path: `${artefacts}sign-in.png` });
    expect(program.asked.filter(({ what }) => what === 'pause')).toEqual([]);
  });

  it('explains a pasted event by keyboard alone', async () => {
    const program = fullProgram();
    const page = await open(`${await serve(program)}/explorer`);
    await page
      .getByLabel('Event as JSON')
      .fill('{"data": {"order_id": "B-2"}, "meta": {"topic": "shop.orders"}}');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('#explanation').getByText('vip-refund').waitFor();
    expect(program.asked).toContainEqual({
      what: 'explain',
      args: [{ data: { order_id: 'B-2' }, meta: { topic: 'shop.orders' } }],
    });
    await page.getByLabel('Event as JSON').fill('{"data": ');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.locator('#explanation [role=alert]').waitFor();
  });

  it('redrives the dead letters that are ticked', async () => {
    const program = fullProgram();
    const page = await open(`${await serve(program)}/dead-letters`);
    const button = page.getByRole('button', { name: 'Redrive selected' });
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel('Select dl_a').check();
    await page.getByLabel('Select dl_c').check();
    await button.click();
    await page.getByText('Send 2 dead letter(s)').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
    await page.getByLabel('Token').fill(adminToken);
    await page.keyboard.press('Enter');
    await page.locator('.toast.good').getByText('dl_c: redriven').waitFor();
    expect(program.asked).toContainEqual({
      what: 'redrive',
      args: [
        [
          { id: 'dl_a', place: null },
          { id: 'dl_c', place: null },
        ],
      ],
    });
  });

  it('recalls, settles, redrives and reloads, each after a question, and shows each change in the audit log', async () => {
    const program = fullProgram();
    const url = await serve(program);
    const page = await open(`${url}/notifications/ntf_aaaaaa`);
    const confirm = () => page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
    const asked = (what: string) =>
      program.asked.filter((each) => each.what === what).map(({ args }) => args);

    await page.getByRole('button', { name: 'Recall' }).click();
    await page.getByRole('dialog').getByLabel(/Note/).fill('wrong price');
    await confirm();
    await page.getByLabel('Token').fill(adminToken);
    await page.keyboard.press('Enter');
    await expect.poll(() => asked('recall')).toEqual([[['ntf_aaaaaa']]]);

    for (const [button, settlement] of [
      ['It was sent', 'sent'],
      ['Send again', 'resend'],
      ['Drop it', 'drop'],
    ] as const) {
      await page.goto(`${url}/notifications/ntf_aaaaa5`);
      await page.getByRole('button', { name: button }).click();
      await confirm();
      await expect.poll(() => asked('resolve').at(-1)).toEqual(['dlv_aaaaa5_1', settlement]);
    }

    await page.goto(`${url}/dead-letters/dl_b`);
    await page.getByRole('button', { name: 'Redrive' }).click();
    await confirm();
    await expect.poll(() => asked('redrive')).toEqual([[[{ id: 'dl_b', place: null }]]]);

    await page.goto(url);
    await page.getByRole('button', { name: 'Reload' }).click();
    await confirm();
    await expect.poll(() => asked('reload')).toHaveLength(1);

    await page.goto(`${url}/audit`);
    await page.getByText('wrong price').waitFor();
    for (const action of ['recall', 'resolve', 'redrive', 'reload'])
      await page.locator('#list').getByText(action, { exact: true }).first().waitFor();
  });

  it('finds, filters and turns pages by address, so that what is seen can be sent to somebody', async () => {
    const program = fullProgram();
    const url = await serve(program);
    const page = await open(`${url}/notifications`);
    await page.getByRole('link', { name: 'Older' }).click();
    await page.waitForURL(/cursor=50/);
    await page.getByRole('link', { name: 'Newest' }).click();
    await page.getByRole('searchbox').fill('ntf_aaaaab');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/search=ntf_aaaaab/);
    await expect.poll(() => page.locator('#list tbody tr').count()).toBe(1);
    await page.getByRole('link', { name: 'Clear' }).click();
    await page.getByLabel('Status').selectOption('failed');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/status=failed/);
    expect(program.asked.at(-1)?.args[0] ?? program.asked).toMatchObject({ status: 'failed' });
    await page.locator('#list tbody a').first().click();
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
  });

  it('shows what happens without being asked again, and says when it has lost the connection', async () => {
    const program = fullProgram();
    const url = await serve(program);
    const page = await open(url);
    await page.locator('#live[data-state=on]').waitFor();
    program.ready = [{ component: 'registry', ok: false, reason: 'connection refused' }];
    await page.getByText('connection refused').waitFor();
    await server?.stop(1_000);
    await page.locator('#live[data-state=off]').waitFor();
    program.ready = [{ component: 'registry', ok: true, reason: 'back again' }];
    await serve(program, {}, Number(new URL(url).port));
    await page.getByText('back again').waitFor();
  });

  it('remembers a chosen theme and carries a chosen language along', async () => {
    const url = await serve(fullProgram());
    const page = await open(url);
    const ink = (): Promise<string> => page.evaluate<string>('getComputedStyle(document.body).color');
    const light = await ink();
    await page.getByRole('button', { name: 'Light / dark' }).click();
    const dark = await ink();
    expect(dark).not.toBe(light);
    await page.getByRole('link', { name: '中文' }).click();
    await page.getByRole('heading', { name: '总览' }).waitFor();
    expect(await ink()).toBe(dark);
    await page.getByRole('link', { name: '死信' }).click();
    await page.getByRole('heading', { name: '死信' }).waitFor();
  });
});
