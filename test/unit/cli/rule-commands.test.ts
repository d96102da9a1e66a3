/** `lint` over several paths, and what `render` draws. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messagePreview } from '../../../src/cli/message-preview.ts';
import { run } from './command.ts';

describe('lint', () => {
  const broken = 'test/fixtures/config/broken-yaml';

  it('takes several configurations, tells the faults of all, and sums up each', async () => {
    const { code, out } = await run('lint', 'config', broken);
    expect(code).toBe(1);
    expect(out).toContain(`${broken}/routes/shop.yaml:4:5 error yaml_syntax`);
    expect(out).toMatch(/^config: 0 faults, 0 warnings; \d+ routes/m);
    expect(out).toContain(`${broken}: 1 fault, 0 warnings; the configuration cannot run`);
    expect((await run('lint', 'config', 'docs/cookbook')).code).toBe(0);
  });

  it('gives programs all of it in one answer', async () => {
    const { code, out } = await run('lint', broken, 'config', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ ok: false, faults: [{ code: 'yaml_syntax', line: 4 }] });
  });
});

describe('render', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dingbus-render-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('shows the message as JSON, drawn, and with its bytes', async () => {
    const file = join(folder, 'event.json');
    const data = {
      ...{ order_id: 'SO-1', amount_cents: 128000, currency: 'CNY', reason: '[破损](http://x)' },
      ...{ applicant: { name: '冯燕' }, requested_at: '2026-03-02T09:30:00+08:00' },
    };
    writeFileSync(
      file,
      JSON.stringify({ data, meta: { topic: 'shop.orders', type: 'shop.OrderRefundRequested' } }),
    );
    const { code, out } = await run('render', '--config', 'config', '-t', 'refund-approval', '-e', file);
    expect(code).toBe(0);
    expect(out).toContain('"msgtype": "action_card"');
    expect(out).toContain(`┌${'─'.repeat(62)}┐\n│ 退款待审批${' '.repeat(50)} │`);
    expect(out).toContain('│ 金额 ¥1,280.00，申请人 冯燕 ');
    expect(out).toContain('│ 原因：[破损](http://x) ');
    expect(out).toContain('│ [ 去审批 ] → https://ops.example.com/refunds/SO-1 ');
    expect(out).toMatch(/\d+ of 2048 bytes\n$/);
  });

  it.each([
    [{ msgtype: 'text', text: { content: 'a\nb\u001b[31m' } }, ['a', 'b [31m']],
    [
      { msgtype: 'markdown', markdown: { title: 'T', text: '# H\n> q\n- **i** [l](u)\n![](@m)\n' } },
      ['T', '', 'H', '▏ q', '• i l (u)', '(image @m)'],
    ],
    [
      { msgtype: 'link', link: { title: 'T', text: 'x', picUrl: '@m', messageUrl: 'https://u' } },
      ['T', 'x', '(image @m)', '→ https://u'],
    ],
    [
      {
        msgtype: 'action_card',
        action_card: {
          title: 'T',
          markdown: 'm',
          btn_json_list: [
            { title: 'A', action_url: 'u' },
            { title: 'B', action_url: 'v' },
          ],
        },
      },
      ['T', '', 'm', '', '[ A ] → u', '[ B ] → v'],
    ],
    [
      {
        msgtype: 'oa',
        oa: {
          message_url: 'u',
          head: { text: 'H', bgcolor: 'FF000000' },
          status_bar: { status_value: 'ok' },
          body: {
            title: 'T',
            form: [{ key: 'k:', value: 'v' }],
            rich: { num: '3', unit: 'd' },
            content: 'c',
            file_count: '2',
            author: 'me',
          },
        },
      },
      ['H', '[ok]', 'T', 'k: v', '3 d', 'c', '2 files', 'me', '→ u'],
    ],
    [{ msgtype: 'voice', voice: { media_id: '@v', duration: '9' } }, ['(voice @v)', '9 s']],
    [{ msgtype: 'text', text: { content: '中'.repeat(31) } }, ['中'.repeat(30), '中']],
  ])('draws %j', (message, lines) => {
    const drawn = messagePreview(JSON.stringify(message)).split('\n').slice(1, -1);
    expect(drawn.map((line) => line.slice(2, -2).trimEnd())).toEqual(lines);
  });
});
