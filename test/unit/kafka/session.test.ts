import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { ConsumerGroup } from '../../../src/kafka/group-hooks.ts';
import { Lane } from '../../../src/kafka/lane.ts';
import { laneKey, Session } from '../../../src/kafka/session.ts';
import type { PartitionPosition, Processed } from '../../../src/kafka/source-types.ts';
import type { RawRecord } from '../../../src/model/record.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

type Commit = Record<string, { offset: string; metadata: string | null }>;

/** The broker's side of one generation: notes commits and heartbeats, and answers as it is told to. */
function fakeGroup() {
  const commits: Commit[] = [];
  const state = { heartbeats: 0, answer: () => Promise.resolve() };
  const group = {
    offsetManager: {
      async commitOffsets({
        topics,
      }: Parameters<ConsumerGroup['offsetManager']['commitOffsets']>[0]): Promise<void> {
        await state.answer();
        const commit: Commit = {};
        for (const { topic, partitions } of topics) {
          for (const { partition, offset, metadata = null } of partitions) {
            commit[laneKey({ topic, partition })] = { offset, metadata };
          }
        }
        commits.push(commit);
      },
    },
    heartbeat: () => {
      state.heartbeats += 1;
      return Promise.resolve();
    },
  };
  return { commits, state, group: group as unknown as ConsumerGroup };
}

function setUp(partitions: number) {
  const clock = new FakeClock();
  const { commits, state, group } = fakeGroup();
  const answers: PromiseWithResolvers<Processed>[] = [];
  const confirmed: PartitionPosition[] = [];
  const lanes = new Map<string, Lane>();
  for (let partition = 0; partition < partitions; partition++) {
    const where = { topic: 't', partition };
    const port = {
      deliver: () => {
        const answer = Promise.withResolvers<Processed>();
        answers.push(answer);
        return answer.promise;
      },
      flow: () => undefined,
      advanced: () => session.commitSoon(),
      failed: () => undefined,
    };
    lanes.set(laneKey(where), new Lane(where, false, port, { clock, random: () => 1, maxBatch: 100 }));
  }
  const session: Session = new Session(group, lanes, {
    clock,
    random: () => 1,
    logger: silentLogger,
    heartbeatMs: 1_000,
    beforeCommit: () => Promise.resolve(),
    onCommitted: (positions) => confirmed.push(...positions),
  });
  const give = (partition: number, from: number, to: number): void => {
    const records: RawRecord[] = [];
    for (let offset = from; offset < to; offset++) {
      records.push({
        topic: 't',
        partition,
        offset: BigInt(offset),
        timestamp: 0,
        key: null,
        value: null,
        headers: [],
      });
    }
    session.lane({ topic: 't', partition })?.offer(records, BigInt(from), BigInt(to), BigInt(to));
  };
  const settle = async (index: number, processedTo: number): Promise<void> => {
    answers[index]?.resolve({ processedTo: BigInt(processedTo) });
    await clock.advance(0);
  };
  for (const lane of lanes.values()) lane.begin(0n, 0n, 10n);
  return { clock, commits, state, session, give, settle, confirmed, lanes };
}

describe('a generation of the group', () => {
  it('commits after the handler has answered, not before, and tells what the broker has stored', async () => {
    const { clock, commits, give, settle, confirmed } = setUp(1);
    give(0, 0, 5);
    await clock.advance(1_000);
    expect(commits).toEqual([]);
    await settle(0, 5);
    expect(commits).toEqual([{ 't/0': { offset: '5', metadata: null } }]);
    expect(confirmed).toEqual([{ topic: 't', partition: 0, offset: 5n }]);
  });

  it('puts what becomes due together into one commit, and repeats nothing', async () => {
    const { clock, commits, give, settle } = setUp(3);
    for (let partition = 0; partition < 3; partition++) give(partition, 0, 5);
    await settle(0, 5);
    await settle(1, 5);
    await settle(2, 5);
    expect(commits).toHaveLength(1);
    await clock.advance(100);
    expect(commits[1]).toEqual({
      't/1': { offset: '5', metadata: null },
      't/2': { offset: '5', metadata: null },
    });
    await clock.advance(10_000);
    expect(commits).toHaveLength(2);
  });

  it('carries the note of each partition with its commits', async () => {
    const { commits, give, settle, lanes } = setUp(1);
    const lane = lanes.get('t/0');
    if (lane !== undefined) lane.note = 'partitions=1';
    give(0, 0, 1);
    await settle(0, 1);
    expect(commits).toEqual([{ 't/0': { offset: '1', metadata: 'partitions=1' } }]);
  });

  it('tries again when the broker does not answer, with the newest positions', async () => {
    const { clock, commits, state, give, settle } = setUp(1);
    state.answer = () => Promise.reject(new Error('connection lost'));
    give(0, 0, 5);
    await settle(0, 5);
    give(0, 5, 8);
    await settle(1, 8);
    expect(commits).toEqual([]);
    state.answer = () => Promise.resolve();
    await clock.advance(10_000);
    expect(commits).toEqual([{ 't/0': { offset: '8', metadata: null } }]);
  });

  it('stops committing when the broker calls the generation over', async () => {
    const { clock, commits, state, session, give, settle } = setUp(1);
    let asked = 0;
    state.answer = () => {
      asked += 1;
      return Promise.reject(Object.assign(new Error('old'), { type: 'ILLEGAL_GENERATION' }));
    };
    give(0, 0, 5);
    await settle(0, 5);
    await clock.advance(60_000);
    expect(asked).toBe(1);
    expect(commits).toEqual([]);
    expect(session.signal.aborted).toBe(true);
  });

  it('waits at its end for handlers at work, shows signs of life meanwhile, and commits what they did', async () => {
    const { clock, commits, state, session, give, settle } = setUp(1);
    give(0, 0, 5);
    const end = session.end(8_000);
    await clock.advance(3_500);
    expect(state.heartbeats).toBe(3);
    await settle(0, 5);
    await clock.advance(0);
    expect(await end).toBe(true);
    expect(commits).toEqual([{ 't/0': { offset: '5', metadata: null } }]);
  });

  it('does not wait longer than its deadline, and what comes later is never committed', async () => {
    const { clock, commits, session, give, settle } = setUp(2);
    give(0, 0, 5);
    give(1, 0, 7);
    const end = session.end(2_000);
    await settle(0, 5);
    await clock.advance(2_000);
    expect(await end).toBe(false);
    expect(commits).toEqual([{ 't/0': { offset: '5', metadata: null } }]);
    await settle(1, 7);
    await clock.advance(60_000);
    expect(commits).toHaveLength(1);
  });

  it('ends although a commit that is under way gets no answer', async () => {
    const { clock, state, session, give, settle } = setUp(1);
    give(0, 0, 5);
    state.answer = () => new Promise(() => undefined);
    await settle(0, 5);
    const end = session.end(2_000);
    await clock.advance(5_000);
    expect(await end).toBe(true);
  });

  it('ends although the last commit gets no answer', async () => {
    const { clock, state, session, give, settle } = setUp(1);
    give(0, 0, 5);
    state.answer = () => new Promise(() => undefined);
    const end = session.end(2_000);
    await settle(0, 5);
    await clock.advance(5_000);
    expect(await end).toBe(true);
  });
});
