import type { WriteStream } from 'node:tty';
import { expect, it } from 'vitest';
import { Progress } from '../../../src/cli/progress.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

function terminal(isTTY: boolean): { stream: WriteStream; written: string[] } {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text) > 0 } as unknown as WriteStream;
  return { stream, written };
}

it('shows on a terminal how far a command is, a few times a second, and goes away for other text', () => {
  const clock = new FakeClock(1_000_000);
  const { stream, written } = terminal(true);
  const progress = new Progress(stream, clock);
  progress.clear();
  for (const [at, share] of [
    [1000, 0.25],
    [1100, 0.3],
    [1200, 0.5],
  ] as const) {
    clock.set(1_000_000 + at);
    progress.show(share, at * 10, 'events');
  }
  progress.clear();
  progress.clear();
  clock.set(1_002_000);
  progress.show(null, 5, 'events');
  expect(written).toEqual([
    `\r\u001b[K${'█'.repeat(6)}${'░'.repeat(18)}  25 % 10,000 events, 10,000/s`,
    `\r\u001b[K${'█'.repeat(12)}${'░'.repeat(12)}  50 % 12,000 events, 10,000/s`,
    '\r\u001b[K',
    '\r\u001b[K5 events, 3/s',
  ]);
});

it('is silent where errors go into a file', () => {
  const { stream, written } = terminal(false);
  const progress = new Progress(stream, new FakeClock(1_000_000));
  progress.show(0.5, 1, 'events');
  progress.clear();
  expect(written).toEqual([]);
});
