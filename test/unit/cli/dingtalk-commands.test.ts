/** `send`, `media upload` and `user` against the simulator over HTTP, as a person at a terminal runs them. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';

let simulator: Simulator;
let folder: string;

beforeEach(async () => {
  simulator = await startSimulator({});
  folder = mkdtempSync(join(tmpdir(), 'dingbus-cli-'));
  mkdirSync(join(folder, 'templates'));
  writeFileSync(
    join(folder, 'dingbus.yaml'),
    `kafka: { brokers: "localhost:9092" }
results: { format: json }
dingtalk:
  base_url: "${simulator.url}"
  apps:
    default: { app_key: dingsimulatorkey, app_secret: simulator-secret, agent_id: 836390886 }
topics: { events: {} }
`,
  );
  writeFileSync(join(folder, 'templates', 'hello.yaml'), 'text: { content: "hello {{ data.name }}" }\n');
  writeFileSync(join(folder, 'event.json'), '{ "data": { "name": "world" }, "meta": { "topic": "events" } }');
  writeFileSync(join(folder, 'logo.png'), Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
});

afterEach(async () => {
  const violations = simulator.control.violations();
  await simulator.stop();
  rmSync(folder, { recursive: true });
  expect(violations).toEqual([]);
});

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    texts.out += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    texts.err += String(text);
    return true;
  });
  try {
    return { code: await main([...args, '--config', folder]), ...texts };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

const sends = (): number => simulator.control.calls('send').length;
const inboxOf = (userid: string): number => simulator.control.inbox(userid).length;

it('user finds the userid of a mobile, and says when nobody has it', async () => {
  expect(await run('user', '13800001101')).toEqual({ code: 0, out: 'zhangsan\n', err: '' });
  const nobody = await run('user', '13800001999');
  expect(nobody.code).toBe(1);
  expect(nobody.out + nobody.err).not.toContain('13800001999');
});

it('media upload prints a media id that a message may name', async () => {
  const { code, out } = await run('media', 'upload', join(folder, 'logo.png'), '--type', 'image');
  expect(code).toBe(0);
  expect((await run('send', '--to-userids', 'zhangsan', '--image', out.trim())).code).toBe(0);
  expect(inboxOf('zhangsan')).toBe(1);
  expect((await run('media', 'upload', join(folder, 'event.json'), '--type', 'image')).code).toBe(1);
});

it('send reaches people by userid and mobile, and departments, and prints the task ids', async () => {
  const people = ['--to-userids', 'lisi', '--to-mobiles', '13800001101', '--to-depts', '4417030'];
  const { code, out } = await run('send', ...people, '--text', 'hello');
  expect(code).toBe(0);
  expect(out).toMatch(/^users: task \d+\ndepartments: task \d+\n$/);
  expect([inboxOf('lisi'), inboxOf('zhangsan'), inboxOf('jinxing')]).toEqual([1, 1, 1]);
});

it('send makes its message from a template, from JSON, or uploads its picture', async () => {
  const to = ['--to-userids', 'lisi'];
  const event = join(folder, 'event.json');
  expect((await run('send', ...to, '--template', 'hello', '--event', event)).code).toBe(0);
  const file = join(folder, 'message.json');
  writeFileSync(file, '{ "msgtype": "markdown", "markdown": { "text": "**b**", "title": "a" } }');
  expect((await run('send', ...to, '--message', file)).code).toBe(0);
  expect((await run('send', ...to, '--image', join(folder, 'logo.png'))).code).toBe(0);
  expect(inboxOf('lisi')).toBe(3);
});

it('send --dry-run shows the canonical message and every fault, and calls nobody', async () => {
  const good = await run('send', '--dry-run', '--json', '--markdown', 'b', '--title', 'a');
  expect(good.code).toBe(0);
  expect(JSON.parse(good.out)).toMatchObject({
    message: { msgtype: 'markdown', markdown: { title: 'a', text: 'b' } },
    bytes: 58,
    faults: [],
  });
  const long = await run('send', '--dry-run', '--text', 'x'.repeat(3_000));
  expect(long.code).toBe(1);
  expect(long.err).toContain('2048');
  expect(simulator.control.calls()).toEqual([]);
});

it('send refuses what is not clear, before it calls anybody', async () => {
  expect((await run('send', '--text', 'a')).code).toBe(2);
  expect((await run('send', '--to-userids', 'lisi')).code).toBe(2);
  expect((await run('send', '--to-userids', 'lisi', '--text', 'a', '--image', 'b')).code).toBe(2);
  expect((await run('send', '--to-userids', 'lisi', '--text', 'a', '--app', 'other')).code).toBe(2);
  expect((await run('send', '--to-all', '--to-userids', 'lisi', '--text', 'a')).code).toBe(2);
  expect((await run('send', '--to-mobiles', '13800001999', '--text', 'a')).code).toBe(1);
  expect(sends()).toBe(0);
});

it('send tells everyone only after --yes', async () => {
  expect((await run('send', '--to-all', '--text', 'a')).code).toBe(2);
  expect(sends()).toBe(0);
  expect((await run('send', '--to-all', '--text', 'a', '--yes')).code).toBe(0);
  expect(inboxOf('lisi')).toBe(1);
});
