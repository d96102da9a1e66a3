import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosePosition, knownPartitions, noteOf, type PositionFacts } from '../../../src/kafka/positions.ts';

const facts: PositionFacts = {
  partition: 1,
  committed: null,
  low: 10n,
  high: 100n,
  wished: null,
  start: 'latest',
  knownPartitions: null,
};

describe('where reading begins', () => {
  it('follows the handler before the committed offset, and that before the configuration', () => {
    expect(choosePosition({ ...facts, wished: 40n, committed: 30n })).toEqual({
      offset: 40n,
      reason: 'wished',
    });
    expect(choosePosition({ ...facts, committed: 30n })).toEqual({ offset: 30n, reason: 'committed' });
    expect(choosePosition(facts)).toEqual({ offset: 100n, reason: 'start' });
    expect(choosePosition({ ...facts, start: 'earliest' })).toEqual({ offset: 10n, reason: 'start' });
  });

  it('lets the configuration decide when the log no longer holds the position, before its start or beyond its end', () => {
    expect(choosePosition({ ...facts, committed: 9n, start: 'earliest' })).toEqual({
      offset: 10n,
      reason: 'out_of_range',
    });
    expect(choosePosition({ ...facts, committed: 9n })).toEqual({ offset: 100n, reason: 'out_of_range' });
    expect(choosePosition({ ...facts, wished: 101n, start: 'earliest' })).toEqual({
      offset: 10n,
      reason: 'out_of_range',
    });
  });

  it('takes both ends of the log as positions: nothing read yet, everything read', () => {
    expect(choosePosition({ ...facts, committed: 10n }).reason).toBe('committed');
    expect(choosePosition({ ...facts, committed: 100n }).reason).toBe('committed');
  });

  it('reads a partition that was added later from its start, or what came before we noticed it would be lost', () => {
    const added = { ...facts, partition: 3, low: 0n, high: 5n, knownPartitions: 3 };
    expect(choosePosition(added)).toEqual({ offset: 0n, reason: 'added' });
  });

  it('does not take a partition for new that another member merely got first', () => {
    expect(choosePosition({ ...facts, partition: 2, knownPartitions: 3 })).toEqual({
      offset: 100n,
      reason: 'start',
    });
  });

  it('never leaves the log, whatever is committed or wished', () => {
    const offset = fc.bigInt(0n, 50n);
    const run = fc.record({
      partition: fc.nat(5),
      committed: fc.option(offset),
      low: offset,
      high: offset,
      wished: fc.option(offset),
      start: fc.constantFrom('earliest' as const, 'latest' as const),
      knownPartitions: fc.option(fc.nat(5)),
    });
    fc.assert(
      fc.property(
        run.filter(({ low, high }) => low <= high),
        (one) => {
          const { offset: chosen } = choosePosition(one);
          expect(chosen >= one.low && chosen <= one.high).toBe(true);
        },
      ),
    );
  });
});

describe('the note beside a commit', () => {
  it('gives the least number that any partition of the topic remembers', () => {
    expect(knownPartitions([noteOf(4), noteOf(3), null])).toBe(3);
  });

  it('says nothing when offsets were set by other tools', () => {
    expect(knownPartitions([null, undefined, '', 'by hand'])).toBeNull();
  });
});
