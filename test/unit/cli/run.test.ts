/** The process itself: signals, and what it tells the service manager. It needs no broker: Kafka may be late. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const within = { timeout: 30_000, interval: 20 };

let folder: string;
let broker: Server;
let connections: Socket[];
let child: ChildProcess | null;
let log: string;

/** A broker that takes connections and never answers, so that the start hangs for as long as a request may take. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dingbus-run-'));
  connections = [];
  broker = createServer((socket) => connections.push(socket));
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  child = null;
  log = '';
  mkdirSync(join(folder, 'config/routes'), { recursive: true });
  writeRoute('first');
  const address = broker.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  writeFileSync(
    join(folder, 'config/dingbus.yaml'),
    `kafka: { brokers: "127.0.0.1:${port}" }
dingtalk: { apps: { default: { app_key: key, app_secret: { file: secret }, agent_id: 1 } } }
results: { format: json }
server: { port: 0 }
shutdown_timeout: 1s
topics: { orders: {} }
`,
  );
  writeFileSync(join(folder, 'config/secret'), 'secret');
});
afterEach(async () => {
  child?.kill('SIGKILL');
  for (const socket of connections) socket.destroy();
  await new Promise((resolve) => broker.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function writeRoute(name: string): void {
  const route = `{ name: ${name}, on: orders, to: { userids: [u1] }, message: { text: { content: x } } }`;
  writeFileSync(join(folder, 'config/routes/a.yaml'), `routes: [${route}]\n`);
}

function start(env: Readonly<Record<string, string>> = {}): Promise<number | null> {
  const started = spawn(process.execPath, [join(root, 'src/main.ts'), 'run'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child = started;
  return new Promise((resolve) => {
    started.once('exit', (code) => {
      resolve(code);
    });
  });
}

const messages = (): string[] =>
  log.split('\n').flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { msg: string }).msg]));

describe('dingbus run', () => {
  it('ends in order and with code 0 at the first SIGTERM, within its time, even while Kafka hangs', async () => {
    const exited = start();
    await expect.poll(messages, within).toContain('dingbus runs');
    child?.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(messages()).toContain('stopping');
  });

  it('ends at once at the second signal', async () => {
    const exited = start();
    await expect.poll(messages, within).toContain('dingbus runs');
    child?.kill('SIGTERM');
    await expect.poll(messages, within).toContain('stopping');
    child?.kill('SIGINT');
    expect(await exited).toBe(1);
    expect(messages()).not.toContain('stopped');
  });
});

describe('under systemd', () => {
  const told = (): string[] => {
    const path = join(folder, 'told');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  };
  const withoutPings = (): string[] => told().filter((line) => !line.startsWith('WATCHDOG'));

  async function aLife(env: Readonly<Record<string, string>>): Promise<void> {
    const exited = start({ ...env, WATCHDOG_USEC: '300000' });
    await expect.poll(() => told().filter((line) => line === 'WATCHDOG=1').length, within).toBeGreaterThan(2);
    writeRoute('second');
    child?.kill('SIGHUP');
    await expect.poll(() => withoutPings().length, within).toBeGreaterThan(2);
    writeFileSync(join(folder, 'config/routes/a.yaml'), 'routes: [{ name: half');
    child?.kill('SIGHUP');
    await expect.poll(() => withoutPings().length, within).toBeGreaterThan(4);
    child?.kill('SIGTERM');
    expect(await exited).toBe(0);
    await expect
      .poll(withoutPings, within)
      .toEqual([
        expect.stringMatching(/^READY=1 STATUS=serving at http/),
        expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+ STATUS=reloading$/),
        expect.stringMatching(/^READY=1 STATUS=serving at http/),
        expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+ STATUS=reloading$/),
        'READY=1 STATUS=the last reload failed; the old configuration is in force',
        'STOPPING=1 STATUS=stopping',
      ]);
  }

  it('tells by systemd-notify when it is ready, reloads, lives and stops', async () => {
    const command = join(folder, 'systemd-notify');
    writeFileSync(command, `#!/bin/sh\necho "$@" >> "${join(folder, 'told')}"\n`);
    chmodSync(command, 0o755);
    await aLife({ PATH: `${folder}:${process.env['PATH'] ?? ''}`, NOTIFY_SOCKET: '/run/somewhere' });
  });

  const real = ['systemd-notify', 'python3'].every((name) => spawnSync(name, ['--version']).status === 0);

  it.runIf(real)('is heard on a real notification socket', async () => {
    const socket = join(folder, 'notify');
    const listener = spawn('python3', ['-c', listen, socket, join(folder, 'told')], { stdio: 'inherit' });
    await expect.poll(() => existsSync(socket), within).toBe(true);
    try {
      await aLife({ NOTIFY_SOCKET: socket });
    } finally {
      listener.kill('SIGKILL');
    }
  });
});

/** Writes down each datagram on one line; a barrier (a descriptor that wants to be closed) is no message. */
const listen = `
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
while True:
    data, fds, _, _ = socket.recv_fds(listener, 4096, 8)
    for fd in fds: os.close(fd)
    text = data.decode().strip().replace('\\n', ' ')
    if not text.startswith('BARRIER'):
        with open(sys.argv[2], 'a') as told: told.write(text + '\\n')
`;
