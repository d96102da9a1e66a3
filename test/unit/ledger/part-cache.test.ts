import { expect, it } from 'vitest';
import { PartCache } from '../../../src/ledger/part-cache.ts';

it('gives a part only for the revision that it was put with', () => {
  const cache = new PartCache<string>(100);
  cache.set(1, 0, 'first', 10);
  expect(cache.get(1, 0)).toBe('first');
  expect(cache.get(1, 1)).toBeUndefined();
  cache.set(1, 1, 'second', 10);
  expect(cache.get(1, 1)).toBe('second');
  cache.delete(1);
  expect(cache.get(1, 1)).toBeUndefined();
});

it('stays within its room and keeps what was put last', () => {
  const cache = new PartCache<number>(1_000);
  for (let pk = 0; pk < 10_000; pk++) cache.set(pk, 0, pk, 10);
  const kept = Array.from({ length: 10_000 }, (_none, pk) => cache.get(pk, 0)).filter(
    (part) => part !== undefined,
  );
  expect(kept.length).toBeLessThanOrEqual(102);
  expect(kept.length).toBeGreaterThanOrEqual(50);
  expect(kept.at(-1)).toBe(9_999);
});
