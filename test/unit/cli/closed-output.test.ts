import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** Runs a command whose reader goes away before the first byte, as `head -0` does. */
async function unread(args: readonly string[], closed: 'stdout' | 'stderr'): Promise<[number, string]> {
  const child = spawn(process.execPath, ['src/main.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child[closed].destroy();
  let other = '';
  (closed === 'stdout' ? child.stderr : child.stdout).on('data', (chunk: Buffer) => (other += String(chunk)));
  const [code] = (await once(child, 'close')) as [number];
  return [code, other];
}

describe('a reader who has seen enough', () => {
  it.each([
    ['lint --json', 0],
    ['test', 0],
    ['explain --help', 0],
    // Faults are faults, whoever reads of them.
    ['lint test/fixtures/config/broken-yaml --json', 1],
  ])('%s ends without a word and with its own exit code', async (line, code) => {
    expect(await unread(line.split(' '), 'stdout')).toEqual([code, '']);
  });

  it('may close the errors too', async () => {
    const [code] = await unread(['lint', '--nonsense'], 'stderr');
    expect(code).toBe(2);
  });
});
