import { describe, expect, it } from 'vitest';
import { OutboxTail, type SizedRow } from '../../../src/ledger/outbox-tail.ts';
import { aNotification } from '../../fakes/builders.ts';
import { told } from '../../contract/ledger/samples.ts';

const { item } = told(aNotification());

function rows(from: number, to: number, size = 100): SizedRow[] {
  return Array.from({ length: to - from }, (_none, index) => {
    return { row: { ...item, id: BigInt(from + index) }, size };
  });
}

function ids(tail: OutboxTail, limit = 1_000_000): number[] | null {
  return tail.first(limit)?.map(({ id }) => Number(id)) ?? null;
}

describe('the tail of the outbox', () => {
  it('knows nothing until somebody has read the table to its end', () => {
    const tail = new OutboxTail();
    tail.appended(rows(1, 3));
    expect(ids(tail)).toBeNull();
    tail.readToEnd([]);
    tail.appended(rows(3, 5));
    expect(ids(tail)).toEqual([3, 4]);
    expect(ids(tail, 1)).toEqual([3]);
  });

  it('takes a row once, and lets go of what is published', () => {
    const tail = new OutboxTail();
    tail.readToEnd(rows(1, 4));
    tail.appended(rows(2, 6));
    expect(ids(tail)).toEqual([1, 2, 3, 4, 5]);
    tail.published(new Set([1n, 4n]));
    expect(ids(tail)).toEqual([2, 3, 5]);
  });

  it.each([
    ['rows', rows(1, 5_001), rows(5_001, 5_002)],
    ['characters', rows(1, 9, 1_000_000), rows(9, 10, 1)],
  ])('leaves all to the table when there are too many %s', (_what, fitting, more) => {
    const tail = new OutboxTail();
    tail.readToEnd(fitting);
    expect(ids(tail)).toHaveLength(fitting.length);
    tail.appended(more);
    expect(ids(tail)).toBeNull();
    tail.appended(rows(10_000, 10_001));
    expect(ids(tail)).toBeNull();
  });

  it('counts only what is still there', () => {
    const tail = new OutboxTail();
    tail.readToEnd(rows(1, 9, 1_000_000));
    tail.published(new Set([1n, 2n]));
    tail.appended(rows(9, 11, 1_000_000));
    expect(ids(tail)).toHaveLength(8);
    tail.appended(rows(11, 12, 1));
    expect(ids(tail)).toBeNull();
  });
});
