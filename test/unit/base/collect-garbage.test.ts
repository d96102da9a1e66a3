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
