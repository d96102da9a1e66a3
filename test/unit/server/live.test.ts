import { describe, expect, it } from 'vitest';
import { LiveFeed, type Subscriber } from '../../../src/server/live.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { harness } from './harness.ts';

const clock = new FakeClock();

function feed(maxSubscribers = 10): LiveFeed<number> {
  let looks = 0;
  return new LiveFeed({
    clock,
    snapshot: () => Promise.resolve(++looks),
    onFault: (thrown) => {
      throw thrown;
    },
    intervalMs: 2_000,
    maxSubscribers,
  });
}

/** Takes only what it is allowed to take. */
function slowReader(): Subscriber<number> & { readonly told: number[]; ended: boolean; take: () => void } {
  const reader = {
    told: [] as number[],
    ended: false,
    take: (): void => undefined,
    tell(value: number) {
      reader.told.push(value);
      return new Promise<void>((resolve) => (reader.take = resolve));
    },
    end() {
      reader.ended = true;
    },
  };
  return reader;
}

describe('live feed', () => {
  it('tells the newest to whoever has taken the last, and holds nothing back for the others', async () => {
    const live = feed();
    const reader = slowReader();
    live.subscribe(reader);
    await clock.advance(6_000);
    expect(reader.told).toEqual([1]);
    reader.take();
    await clock.advance(2_000);
    expect(reader.told).toEqual([1, 5]);
    live.close();
    expect(reader.ended).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('gives the place of a reader that takes nothing any more to the next', async () => {
    const live = feed(1);
    const reader = slowReader();
    live.subscribe(reader);
    expect(live.subscribe(slowReader())).toBeNull();
    await clock.advance(30_000);
    expect(reader.ended).toBe(true);
    expect(clock.pending).toBe(0);
    expect(live.subscribe(slowReader())).not.toBeNull();
    live.close();
  });

  it('answers HEAD with headers alone, however often, and leaves the places to pages', async () => {
    const server = harness();
    for (let asked = 0; asked < 105; asked++) {
      const head = await server.ask('/api/v1/events', { method: 'HEAD' });
      expect(head.headers.get('content-type')).toContain('text/event-stream');
    }
    expect(server.clock.pending).toBe(0);
    const { body } = await server.ask('/api/v1/events');
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    const { value } = await reader.read();
    expect(value).toMatch(/^event: status\n/);
    await reader.cancel();
    expect(server.clock.pending).toBe(0);
  });
});
