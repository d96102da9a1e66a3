import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Watermark } from '../../../src/kafka/watermark.ts';

/** Cuts 0 … total into neighbouring ranges and gives them back in any order. */
const shuffledRanges = fc
  .array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 })
  .chain((sizes) => {
    const ranges: { from: bigint; to: bigint }[] = [];
    let at = 0n;
    for (const size of sizes) ranges.push({ from: at, to: (at += BigInt(size)) });
    return fc.shuffledSubarray(ranges, { minLength: ranges.length, maxLength: ranges.length });
  });

describe('Watermark', () => {
  it('never vouches for a record that is not done, whatever order work ends in', () => {
    fc.assert(
      fc.property(shuffledRanges, (ranges) => {
        const watermark = new Watermark(0n);
        const done: { from: bigint; to: bigint }[] = [];
        for (const range of ranges) {
          const before = watermark.position;
          done.push(range);
          const moved = watermark.complete(range.from, range.to);
          let expected = 0n;
          for (const one of [...done].sort((a, b) => Number(a.from - b.from))) {
            if (one.from === expected) expected = one.to;
          }
          expect(watermark.position).toBe(expected);
          expect(moved).toBe(expected !== before);
        }
        expect(watermark.position).toBe(ranges.reduce((end, { to }) => (to > end ? to : end), 0n));
      }),
    );
  });

  it('takes overlapping and repeated ranges, as a redelivery makes them', () => {
    const range = fc.tuple(fc.bigInt(0n, 200n), fc.bigInt(1n, 40n));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 60 }), (ranges) => {
        const watermark = new Watermark(10n);
        const done = new Set<bigint>();
        for (const [from, size] of ranges) {
          watermark.complete(from, from + size);
          for (let offset = from; offset < from + size; offset++) done.add(offset);
          let expected = 10n;
          while (done.has(expected)) expected += 1n;
          expect(watermark.position).toBe(expected);
        }
      }),
    );
  });

  it('crosses gaps that compaction left, because ranges and not records are completed', () => {
    const watermark = new Watermark(5n);
    expect(watermark.complete(5n, 1_000n)).toBe(true);
    expect(watermark.position).toBe(1_000n);
  });
});
