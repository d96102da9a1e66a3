import { expect, it } from 'vitest';
import { Recent } from '../../../src/ledger/recent.ts';

it('gives nothing that was deleted, however often it was put in', () => {
  const recent = new Recent<string, number>(4);
  recent.set('a', 1, 1);
  recent.set('b', 1, 2);
  // By now both are of the old generation; the newer value of one is of the young.
  recent.set('a', 2, 1);
  expect(recent.get('a')).toBe(2);

  recent.delete('a');

  expect(recent.get('a')).toBeUndefined();
  expect(recent.get('b')).toBe(1);
});

it('drops what has not been put in for two generations', () => {
  const recent = new Recent<string, number>(4);
  recent.set('a', 1, 3);
  recent.set('b', 2, 3);
  expect(recent.get('a')).toBeUndefined();
  expect(recent.get('b')).toBe(2);
});
