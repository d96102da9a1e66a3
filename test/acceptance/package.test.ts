/** What `npm pack` makes, unpacked somewhere else: the program runs from it as it does from the repository. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../dev/stack/ports.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'dingbus-package-'));
const unpacked = join(folder, 'node_modules', 'dingbus');
const main = join(unpacked, 'dist', 'main.js');

beforeAll(() => {
  // npm comes with Node on the machine; the package's own scripts build first (prepack).
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  mkdirSync(unpacked, { recursive: true });
  const archive = join(folder, packed.trim().split('\n').at(-1) ?? '');
  execFileSync('tar', ['-xzf', archive, '-C', unpacked, '--strip-components=1']);
  // The dependencies of the repository stand in for those that npm would install.
  symlinkSync(join(root, 'node_modules'), join(unpacked, 'node_modules'));
}, 240_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function dingbus(...args: string[]): string {
  return execFileSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
}

it('knows its version and checks the configuration that it brings', () => {
  const { version } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as { version: string };
  expect(dingbus('--version').trim()).toBe(version);
  expect(dingbus('lint', join(unpacked, 'config'))).toContain('0 faults');
  expect(dingbus('test', '--config', join(unpacked, 'config'))).toContain('0 failed');
});

it('runs the service, and ends it when it is told to', async () => {
  const port = await freePort();
  const child = spawn(process.execPath, [main, 'run', '--config', join(unpacked, 'config')], {
    cwd: folder,
    // Nobody is there: the service waits for Kafka, is well and not ready.
    env: {
      PATH: process.env['PATH'] ?? '',
      DINGBUS_PORT: String(port),
      KAFKA_BROKERS: '127.0.0.1:1',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
    },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  try {
    const status = (path: string): Promise<number> =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        (answer) => answer.status,
        () => 0,
      );
    await expect.poll(() => status('/-/healthy'), { timeout: 30_000 }).toBe(200);
    expect(await status('/-/ready')).toBe(503);
    // Pages, their style sheets and the document of the API come out of the package.
    expect(await status('/')).toBe(200);
    expect(await status('/api/v1/openapi.json')).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
  } finally {
    child.kill('SIGKILL');
  }
});
