import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../../src/base/collect-garbage.ts';

it('frees at once what nobody holds any more', async () => {
  const refs = Array.from({ length: 100 }, (_none, index) => new WeakRef({ index }));
  // A weak reference holds its object until the end of the turn that made it.
  await nextTurn();
  collectGarbage();
  expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([]);
});
