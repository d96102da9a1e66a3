import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run, writeConfig } from './command.ts';

let folder: string;
let config: string;
let service: Server;
let url: string;
let asked: { path: string; token: string | undefined; body: unknown }[];

/** The running service, as far as this command sees it; what it does with a stop is tested where it does it. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dingbus-pause-'));
  config = writeConfig(folder);
  asked = [];
  service = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const body = JSON.parse(text) as { subject: string };
      asked.push({ path: request.url ?? '', token: request.headers.authorization, body });
      const known = body.subject !== 'route:none';
      const outcome = { id: body.subject, ok: known, outcome: known ? 'paused' : 'not_found' };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ items: [{ ...outcome, message: null, created: [] }] }));
    });
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const address = service.address();
  url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
});
afterEach(async () => {
  await new Promise((resolve) => service.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

it('stops everything, an app or a route through the running service, and resumes', async () => {
  const common = ['--config', config, '--url', url];
  expect((await run('pause', '--all', '--note', 'wrong price', ...common)).code).toBe(0);
  expect((await run('pause', '--app', 'default', '--for', '30m', ...common)).code).toBe(0);
  expect((await run('resume', '--route', 'refund', ...common)).code).toBe(0);
  const until = expect.stringMatching(/^\d{4}-.*Z$/) as string;
  expect(asked.map(({ path, body }) => [path, body])).toEqual([
    ['/api/v1/pause', { subject: '*', note: 'wrong price' }],
    ['/api/v1/pause', { subject: 'default', note: null, until }],
    ['/api/v1/resume', { subject: 'route:refund', note: null }],
  ]);
  expect(asked[0]?.token).toBe('Bearer test-admin-token');
});

it('ends with 1 when there is no such thing, and with 2 unless one is named', async () => {
  expect((await run('pause', '--route', 'none', '--config', config, '--url', url)).code).toBe(1);
  expect((await run('pause', '--config', config, '--url', url)).code).toBe(2);
  expect((await run('resume', '--all', '--app', 'x', '--config', config, '--url', url)).code).toBe(2);
  expect((await run('pause', '--all', '--for', 'soon', '--config', config, '--url', url)).code).toBe(2);
  expect(asked).toHaveLength(1);
});
