import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { share } from '../../../src/kafka/assigner.ts';
import type { TopicPartition } from '../../../src/kafka/source-types.ts';

function partitionsOf(topics: Record<string, number>): TopicPartition[] {
  return Object.entries(topics).flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  );
}

function members(subscriptions: Record<string, string[]>): Map<string, Set<string>> {
  return new Map(Object.entries(subscriptions).map(([member, topics]) => [member, new Set(topics)]));
}

describe('sharing partitions', () => {
  it('gives partitions of a new topic only to members whose configuration knows it already', () => {
    const shares = share(members({ old: ['a'], new: ['a', 'b'] }), partitionsOf({ a: 4, b: 2 }));
    expect(shares.get('old')?.every(({ topic }) => topic === 'a')).toBe(true);
    expect(shares.get('new')?.filter(({ topic }) => topic === 'b')).toHaveLength(2);
  });

  it('leaves a member without work when there is less than one partition for each', () => {
    const shares = share(members({ x: ['a'], y: ['a'], z: ['a'] }), partitionsOf({ a: 2 }));
    expect([...shares.values()].map(({ length }) => length).sort()).toEqual([0, 1, 1]);
  });

  it('gives every partition that somebody wants to exactly one who does, evenly, and always the same', () => {
    const topic: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c');
    const subscriptions = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), fc.array(topic), {
      minKeys: 1,
    });
    const topics = fc.dictionary(topic, fc.nat(12));
    fc.assert(
      fc.property(subscriptions, topics, (wanted, counts) => {
        const partitions = partitionsOf(counts);
        const shares = share(members(wanted), partitions);
        const given = [...shares].flatMap(([member, list]) => list.map((one) => ({ member, ...one })));
        for (const { topic: name, partition } of partitions) {
          const takers = given.filter((one) => one.topic === name && one.partition === partition);
          const wanting = Object.values(wanted).filter((list) => list.includes(name)).length;
          expect(takers).toHaveLength(wanting > 0 ? 1 : 0);
          for (const { member } of takers) expect(wanted[member]).toContain(name);
        }
        const reversed = Object.fromEntries(Object.entries(wanted).reverse());
        expect(share(members(reversed), partitions)).toEqual(shares);
      }),
    );
  });

  it('differs by at most one partition when all read the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(40), (count, partitions) => {
        const all = Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, ['a']]));
        const sizes = [...share(members(all), partitionsOf({ a: partitions })).values()].map(
          ({ length }) => length,
        );
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
