import { beforeEach, describe, expect, it } from 'vitest';
import { Current } from '../../../src/app/current.ts';
import { loadActive, type Loaded } from '../../../src/app/configuration.ts';
import { createReplayPort } from '../../../src/app/replay-port.ts';
import { createEventDecoder } from '../../../src/events/decoder.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';
import { now } from '../../fakes/rules.ts';

const clock = new FakeClock(now);

/** What is on disk; a test may change it. */
let when = '';

function load(): Loaded {
  const files = memoryFiles({
    'c/dingbus.yaml': `kafka: { brokers: "127.0.0.1:9092" }
dingtalk: { apps: { default: { app_key: key, app_secret: "\${SECRET:-none}", agent_id: 1 } } }
results: { format: json }
topics: { numbers: {} }
`,
    'c/routes/a.yaml': `routes: [{ name: r, on: numbers, when: ${when}, for_each: data.items, to: { userids: [u1] }, message: { text: { content: "{{ item }}" } } }]\n`,
  });
  return loadActive({ path: 'c', env: {}, files }, clock.now());
}

let current: Current;
let replay: ReturnType<typeof createReplayPort>;

beforeEach(() => {
  when = 'data.n >= 3';
  const loaded = load();
  if (!loaded.ok) throw new Error('the configuration has faults');
  current = new Current(loaded.active, load, () => clock.now());
  replay = createReplayPort({ current, decoder: createEventDecoder(null), clock });
});

const event = (n: number, items: readonly unknown[] = ['x']): unknown => ({
  topic: 'numbers',
  data: { n, items },
});

describe('what a reload would change', () => {
  it('is told without reloading', async () => {
    when = 'data.n >= 2';
    const answer = await replay([event(1), event(2), event(3)]);
    if (!answer.ok) throw new Error(answer.message);
    const { beforeHash, afterHash, differences, summary, leftOut } = answer.value;
    expect(differences.map(({ difference, why }) => [difference.change, difference.event.id, why])).toEqual([
      ['added', '0/1', 'when: data.n >= 3 is false'],
    ]);
    expect([summary?.records, summary?.before.sent, summary?.after.sent, leftOut]).toEqual([3, 1, 2, 0]);
    expect(beforeHash).toBe(current.active.config.hash);
    expect(afterHash).not.toBe(beforeHash);
    expect(current.lastReload).toBeNull();
  });

  it('takes recorded records as well', async () => {
    when = 'data.n >= 2';
    const value = Buffer.from(JSON.stringify({ n: 2, items: [] })).toString('base64');
    const answer = await replay([
      { topic: 'numbers', value_base64: value },
      { topic: 'numbers', value_base64: null },
    ]);
    expect(answer).toMatchObject({ ok: true, value: { differences: [], summary: { records: 2 } } });
  });

  it('is nothing but faults where the files have some', async () => {
    when = 'data.n >=';
    const answer = await replay([event(1)]);
    expect(answer).toMatchObject({
      ok: true,
      value: { afterHash: null, summary: null, differences: [], faults: [{ code: 'expression_syntax' }] },
    });
  });

  it('refuses what is no event, by its number', async () => {
    expect(await replay([event(1), { data: {} }])).toEqual({
      ok: false,
      message: 'event 1: the event names no topic',
    });
    // The next one is answered all the same.
    expect((await replay([event(1)])).ok).toBe(true);
  });

  it('lists a bounded number of differences and counts the rest', async () => {
    when = 'data.n >= 9';
    const items = Array.from({ length: 1000 }, (_, index) => index);
    const [answer, next] = await Promise.all([
      replay([event(3, items), event(4, items), event(5, items)]),
      replay([]),
    ]);
    expect(answer).toMatchObject({
      ok: true,
      value: { leftOut: 1000, summary: { differences: { gone: 3000 } } },
    });
    expect(answer.ok && answer.value.differences.length).toBe(2000);
    expect(next.ok).toBe(true);
  });
});
