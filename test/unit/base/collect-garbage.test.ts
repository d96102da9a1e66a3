import { execFileSync } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { collectGarbage, garbageCollection } from '../../../src/base/collect-garbage.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

it('frees at once what nobody holds any more', async () => {
  const refs = Array.from({ length: 100 }, (_none, index) => new WeakRef({ index }));
  // A weak reference holds its object until the end of the turn that made it.
  await nextTurn();
  collectGarbage();
  expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([]);
});

it('frees it after a while when it is asked to, once for all who asked meanwhile', async () => {
  const clock = new FakeClock();
  const tidy = garbageCollection(clock, 2_000);
  const ref = new WeakRef({});
  tidy();
  await clock.advance(1_500);
  tidy();
  expect(clock.pending).toBe(1);
  await clock.advance(500);
  expect(ref.deref()).toBeUndefined();
  expect(clock.pending).toBe(0);
});

it('gives new objects one room of a fixed size in a process that has kept it small from its start', () => {
  const module = new URL('../../../src/base/collect-garbage.ts', import.meta.url).href;
  const script = `
    import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
    setFlagsFromString('--semi-space-growth-factor=1');
    const { settleNewSpace } = await import('${module}');
    const size = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size;
    const churn = () => {
      let kept = [];
      for (let index = 0; index < 1e6; index += 1) {
        kept.push([index]);
        if (kept.length > 200_000) kept = kept.slice(100_000);
      }
    };
    churn();
    const small = size();
    settleNewSpace();
    const settled = size();
    churn();
    console.log(JSON.stringify([small, settled, size()].map((bytes) => Math.round(bytes / 1_048_576))));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  expect(JSON.parse(said)).toEqual([2, 16, 16]);
});
