import { describe, expect, it } from 'vitest';
import { Trials } from '../../../src/delivery/trials.ts';
import type { CallError } from '../../../src/dingtalk/outcomes.ts';

const answer: CallError = {
  operation: 'lookup',
  code: '40103',
  message: 'no',
  requestId: null,
  class: 'retry',
  retryAfterMs: null,
  provesNothingSent: true,
  httpStatus: 200,
};
const away: CallError = { ...answer, code: 'lost_before_write', httpStatus: null };
const trials = (): Trials => new Trials({ firstMs: 5_000, maxMs: 300_000 }, () => 1);

describe('what cannot be had for now', () => {
  it('is tried ever more seldom, and after enough answers no more', () => {
    const some = trials();
    const waits = Array.from({ length: 8 }, () => some.failed('a', answer));
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, null]);
    expect(some.failed('a', answer)).toBe(5_000);
  });

  it('is tried for as long as DingTalk cannot be reached or the app is held', () => {
    const some = trials();
    const held: CallError = { ...answer, class: 'retry_after', retryAfterMs: 7_000 };
    for (let attempt = 0; attempt < 50; attempt += 1) expect(some.failed('a', away)).not.toBeNull();
    for (let attempt = 0; attempt < 50; attempt += 1) expect(some.failed('a', held)).toBe(7_000);
  });

  it('is told apart, and begins anew once it was had', () => {
    const some = trials();
    for (let attempt = 0; attempt < 7; attempt += 1) some.failed('a', answer);
    expect(some.failed('b', answer)).toBe(5_000);
    some.ended('a');
    expect(some.failed('a', answer)).toBe(5_000);
  });
});
