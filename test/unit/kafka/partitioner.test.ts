import fc from 'fast-check';
import type { PartitionMetadata } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { kafkajs } from '../../../src/kafka/kafkajs.ts';
import { createPartitioner, murmur2 } from '../../../src/kafka/partitioner.ts';

function partitions(count: number, leader = 1): PartitionMetadata[] {
  return Array.from({ length: count }, (_none, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader,
    replicas: [1],
    isr: [1],
  }));
}

/** Source of the values: https://github.com/apache/kafka/blob/trunk/clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java */
const ofJava: [string, number][] = [
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
];

describe('the hash of a key', () => {
  it.each(ofJava)('of %s is that of the Java client', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('takes no time that anyone notices, however large the key', () => {
    const began = performance.now();
    murmur2(Buffer.alloc(10_000_000, 0xff));
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe('the partition of a record', () => {
  it('is the one that the library would choose, whatever the key', () => {
    const ours = createPartitioner();
    const theirs = kafkajs.Partitioners.DefaultPartitioner();
    const key = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(key, fc.integer({ min: 1, max: 1_000 }), (one, count) => {
        const choice = {
          topic: 't',
          partitionMetadata: partitions(count),
          message: { key: one, value: null },
        };
        expect(ours(choice)).toBe(theirs(choice));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the one that it names, and else, without a key, each in turn of those with a leader', () => {
    const choose = createPartitioner();
    const [none, ...led] = partitions(4);
    if (none === undefined) throw new Error('four were made');
    const partitionMetadata = [{ ...none, leader: -1 }, ...led];
    const choice = { topic: 't', partitionMetadata, message: { key: null, value: null } };
    const named = { ...choice, message: { key: Buffer.from('k'), value: null, partition: 2 } };
    expect(choose(named)).toBe(2);
    const chosen = Array.from({ length: 6 }, () => choose(choice));
    expect(new Set(chosen)).toEqual(new Set([1, 2, 3]));
    expect(chosen.slice(3)).toEqual(chosen.slice(0, 3));
  });
});
