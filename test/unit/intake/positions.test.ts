import { describe, expect, it } from 'vitest';
import { decideStart, type BrokerView } from '../../../src/intake/positions.ts';
import type { Position } from '../../../src/ledger/ledger.ts';

const broker = (view: Partial<BrokerView> = {}): BrokerView => ({
  topic: 't',
  partition: 0,
  committed: 50n,
  low: 0n,
  high: 200n,
  topicId: 'a',
  ...view,
});
const ledger = (position: Partial<Position> = {}): Position => ({
  topic: 't',
  partition: 0,
  next: 100n,
  committed: 50n,
  topicId: 'a',
  ...position,
});

describe('where to begin', () => {
  it.each<[string, BrokerView, Position | undefined, ReturnType<typeof decideStart>]>([
    ['a partition that the ledger does not know', broker(), undefined, { kind: 'committed' }],
    ['a crash between both commits', broker(), ledger(), { kind: 'continue', offset: 100n }],
    ['an offset set back by hand', broker({ committed: 49n }), ledger(), { kind: 'obey', offset: 49n }],
    ['an offset set forward by hand', broker({ committed: 101n }), ledger(), { kind: 'obey', offset: 101n }],
    ['a group that was deleted', broker({ committed: null }), ledger(), { kind: 'continue', offset: 100n }],
    ['records deleted by age', broker({ low: 101n }), ledger(), { kind: 'start', lost: 'expired' }],
    ['a log that lost its end', broker({ high: 99n }), ledger(), { kind: 'start', lost: 'beyond_end' }],
    [
      'another topic of the same name, however long it is by now',
      broker({ topicId: 'b', committed: null, low: 3n }),
      ledger(),
      { kind: 'recreated', offset: 3n },
    ],
    ['a broker without ids', broker({ topicId: null }), ledger(), { kind: 'continue', offset: 100n }],
    ['a ledger without ids', broker(), ledger({ topicId: null }), { kind: 'continue', offset: 100n }],
  ])('%s', (_what, view, position, decision) => {
    expect(decideStart(view, position)).toEqual(decision);
  });
});
