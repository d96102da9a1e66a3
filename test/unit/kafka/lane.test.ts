import { describe, expect, it } from 'vitest';
import { Lane, type LanePort } from '../../../src/kafka/lane.ts';
import type { Processed, RecordBatch } from '../../../src/kafka/source-types.ts';
import type { RawRecord } from '../../../src/model/record.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

function records(from: number, to: number, step = 1): RawRecord[] {
  const all: RawRecord[] = [];
  for (let offset = from; offset < to; offset += step) {
    const rest = { timestamp: 0, key: null, value: null, headers: [] };
    all.push({ topic: 't', partition: 0, offset: BigInt(offset), ...rest });
  }
  return all;
}

function setUp(options: { maxBatch?: number; deliver?: (batch: RecordBatch) => Promise<Processed> } = {}) {
  const clock = new FakeClock();
  const calls: { batch: RecordBatch; answer: PromiseWithResolvers<Processed> }[] = [];
  const flows: boolean[] = [];
  const failures: number[] = [];
  const positions: (bigint | null)[] = [];
  const port: LanePort = {
    deliver(batch) {
      const answer = Promise.withResolvers<Processed>();
      calls.push({ batch, answer });
      return options.deliver?.(batch) ?? answer.promise;
    },
    flow: (open) => flows.push(open),
    advanced: () => positions.push(lane.position),
    failed: (_error, attempt) => failures.push(attempt),
  };
  const lane = new Lane({ topic: 't', partition: 0 }, false, port, {
    clock,
    random: () => 1,
    maxBatch: options.maxBatch ?? 100,
  });
  const offsets = (index: number): number[] =>
    calls[index]?.batch.records.map(({ offset }) => Number(offset)) ?? [];
  const settle = async (index: number, processedTo: number): Promise<void> => {
    calls[index]?.answer.resolve({ processedTo: BigInt(processedTo) });
    await clock.advance(0);
  };
  const fail = async (index: number): Promise<void> => {
    calls[index]?.answer.reject(new Error('the ledger is down'));
    await clock.advance(0);
  };
  return { clock, lane, calls, flows, failures, positions, offsets, settle, fail };
}

describe('a partition', () => {
  it('delivers nothing and fetches nothing before its start is known', () => {
    const { lane, calls, flows } = setUp();
    expect(lane.offer(records(0, 3), 0n, 3n, 3n)).toBe(false);
    expect(calls).toHaveLength(0);
    expect(flows).toEqual([]);
    lane.begin(0n, null, 3n);
    expect(flows).toEqual([true]);
  });

  it('hands records over in pieces, one call at a time, and commits only what was answered', async () => {
    const { lane, calls, offsets, settle, positions } = setUp({ maxBatch: 2 });
    lane.begin(0n, null, 5n);
    lane.offer(records(0, 5), 0n, 5n, 5n);
    expect(offsets(0)).toEqual([0, 1]);
    expect(calls).toHaveLength(1);
    expect(lane.position).toBe(0n);
    await settle(0, 2);
    expect(offsets(1)).toEqual([2, 3]);
    await settle(1, 4);
    await settle(2, 5);
    expect(calls).toHaveLength(3);
    expect(positions).toEqual([2n, 4n, 5n]);
  });

  it('refuses a fetch that would leave a gap', async () => {
    const { lane, calls } = setUp();
    lane.begin(10n, 10n, 30n);
    expect(lane.offer(records(20, 22), 20n, 22n, 30n)).toBe(false);
    expect(lane.offer(records(5, 9), 5n, 9n, 30n)).toBe(false);
    expect(calls).toHaveLength(0);
    expect(lane.expected).toBe(10n);
  });

  it('tries the same records again, later and later, while the handler throws, and then goes on', async () => {
    const { lane, calls, clock, offsets, fail, failures, settle } = setUp();
    lane.begin(0n, null, 2n);
    lane.offer(records(0, 2), 0n, 2n, 2n);
    await fail(0);
    expect(calls).toHaveLength(1);
    await clock.advance(200);
    expect(offsets(1)).toEqual([0, 1]);
    await fail(1);
    await clock.advance(399);
    expect(calls).toHaveLength(2);
    await clock.advance(1);
    await settle(2, 2);
    expect(failures).toEqual([1, 2]);
    expect(lane.position).toBe(2n);
    expect(lane.stats().failures).toBe(0);
  });

  it('delivers the rest again when the handler took only a part', async () => {
    const { lane, offsets, settle, positions } = setUp({ maxBatch: 3 });
    lane.begin(0n, null, 6n);
    lane.offer(records(0, 6), 0n, 6n, 6n);
    await settle(0, 2);
    expect(offsets(1)).toEqual([2, 3, 4]);
    await settle(1, 5);
    expect(offsets(2)).toEqual([5]);
    await settle(2, 6);
    expect(positions).toEqual([2n, 5n, 6n]);
  });

  it('waits before it offers again what the handler took nothing of', async () => {
    const { lane, calls, clock, settle } = setUp();
    lane.begin(0n, null, 1n);
    lane.offer(records(0, 1), 0n, 1n, 1n);
    await settle(0, 0);
    expect(calls).toHaveLength(1);
    await clock.advance(200);
    expect(calls).toHaveLength(2);
  });

  it('moves its position over what a fetch covered without records: markers, compacted offsets', async () => {
    const { lane, settle, positions, clock } = setUp();
    lane.begin(0n, null, 20n);
    lane.offer(records(0, 9, 4), 0n, 12n, 20n);
    await settle(0, 9);
    expect(lane.position).toBe(12n);
    lane.offer([], 12n, 20n, 20n);
    await clock.advance(0);
    expect(positions).toEqual([12n, 20n]);
    expect(lane.stats().lag).toBe(0n);
  });

  it('stops fetching while enough waits, and goes on when there is room', async () => {
    const { lane, flows, settle } = setUp();
    lane.begin(0n, null, 30n);
    lane.offer(records(0, 10), 0n, 10n, 30n);
    expect(lane.open).toBe(true);
    lane.offer(records(10, 20), 10n, 20n, 30n);
    expect(lane.open).toBe(false);
    expect(lane.full).toBe(true);
    await settle(0, 10);
    expect(flows).toEqual([true, false, true]);
  });

  it('neither fetches nor delivers while it is held, and loses nothing of what it had', async () => {
    const { lane, calls, flows, offsets, clock } = setUp();
    lane.begin(0n, null, 2n);
    lane.hold(true);
    expect(flows).toEqual([true, false]);
    lane.offer(records(0, 2), 0n, 2n, 2n);
    expect(calls).toHaveLength(0);
    lane.hold(false);
    await clock.advance(0);
    expect(offsets(0)).toEqual([0, 1]);
    expect(lane.open).toBe(true);
  });

  it('lets the handler finish when it is taken away, keeps what was done, and begins nothing more', async () => {
    const { lane, calls, settle, clock } = setUp({ maxBatch: 2 });
    lane.begin(0n, null, 6n);
    lane.offer(records(0, 6), 0n, 6n, 6n);
    let closed = false;
    void lane.close().then(() => (closed = true));
    await clock.advance(0);
    expect(calls[0]?.batch.signal.aborted).toBe(true);
    expect(closed).toBe(false);
    await settle(0, 2);
    expect(closed).toBe(true);
    expect(lane.position).toBe(2n);
    expect(calls).toHaveLength(1);
    expect(lane.offer(records(6, 8), 6n, 8n, 8n)).toBe(false);
    expect(lane.open).toBe(false);
  });

  it('does not wait out a pause when it is taken away', async () => {
    const { lane, clock, fail, calls } = setUp();
    lane.begin(0n, null, 1n);
    lane.offer(records(0, 1), 0n, 1n, 1n);
    await fail(0);
    await lane.close();
    await clock.advance(60_000);
    expect(calls).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('ignores what a handler still answers for offsets that the log has lost', async () => {
    const { lane, settle, offsets } = setUp();
    lane.begin(0n, null, 50n);
    lane.offer(records(0, 2), 0n, 2n, 50n);
    lane.lose();
    expect(lane.position).toBeNull();
    expect(lane.open).toBe(false);
    lane.begin(40n, 0n, 50n);
    await settle(0, 2);
    expect(lane.position).toBe(40n);
    lane.offer(records(40, 42), 40n, 42n, 50n);
    expect(offsets(1)).toEqual([40, 41]);
  });

  it('takes records that arrive in the very moment in which it runs dry', async () => {
    const seen: bigint[] = [];
    const { lane, clock } = setUp({
      deliver: (batch) => {
        seen.push(...batch.records.map(({ offset }) => offset));
        return Promise.resolve({ processedTo: (batch.records.at(-1)?.offset ?? 0n) + 1n });
      },
    });
    lane.begin(0n, null, 100n);
    for (let offset = 0; offset < 100; offset++) {
      lane.offer(records(offset, offset + 1), BigInt(offset), BigInt(offset + 1), 100n);
      for (let turn = 0; turn < offset % 12; turn++) await Promise.resolve();
    }
    await clock.advance(0);
    expect(seen).toHaveLength(100);
    expect(lane.position).toBe(100n);
  });

  it('is idle only while it could be read and is behind', async () => {
    const { lane, clock, settle } = setUp();
    lane.begin(0n, null, 10n);
    await clock.advance(5_000);
    expect(lane.idleMs()).toBe(5_000);
    lane.offer(records(0, 10), 0n, 10n, 10n);
    await settle(0, 10);
    await clock.advance(5_000);
    expect(lane.idleMs()).toBe(0);
    lane.seen(12n);
    expect(lane.idleMs()).toBe(5_000);
    lane.hold(true);
    expect(lane.idleMs()).toBe(0);
    lane.hold(false);
    expect(lane.idleMs()).toBe(0);
  });
});
