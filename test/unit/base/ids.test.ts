import { expect, it } from 'vitest';
import { stableId, timedId } from '../../../src/base/ids.ts';

it('makes one id of the same parts, and another of parts that are cut elsewhere', () => {
  expect(stableId('ntf', 'ab', 'c', 1)).toMatch(/^ntf_[a-z2-7]{26}$/);
  expect(stableId('ntf', 'ab', 'c', 1)).toBe(stableId('ntf', 'ab', 'c', 1n));
  expect(stableId('ntf', 'ab', 'c', 1)).not.toBe(stableId('ntf', 'a', 'bc', 1));
  expect(stableId('ntf', '退款')).not.toBe(stableId('ntf', '退'));
});

it('puts a time in front, so that the ids are in its order', () => {
  // -1: what Kafka gives for records without a time; the last is the largest that a record can carry.
  const times = [-1, 1, 35, 36, 1_600_000_000_000, 1_600_000_000_001, 2 ** 45];
  const ids = times.map((at) => timedId('ntf', at, 'same'));
  expect(ids.toSorted()).toEqual(ids);
  expect(ids[4]).toBe(
    `ntf_${(1_600_000_000_000).toString(36).padStart(9, '0')}_${stableId('x', 'same').slice(2)}`,
  );
  expect(timedId('ntf', 2 ** 62, 'same')).toMatch(/^ntf_[a-z0-9]{9,}_[a-z2-7]{26}$/);
});
