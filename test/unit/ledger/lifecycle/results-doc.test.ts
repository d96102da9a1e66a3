/** docs/results.md tells analysts what each of DingTalk's lists and codes becomes: the table is true, row by row, and whole. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { accepted } from '../../../../src/ledger/lifecycle/answers.ts';
import { resultSeen, type FollowUp, type SendResult } from '../../../../src/ledger/lifecycle/outcomes.ts';
import { noon, only, onItsWay } from '../../../fakes/builders.ts';
import { aResult } from '../../../fakes/results.ts';

interface Row {
  readonly list: string;
  readonly code: string | null;
  readonly afterUnknown: boolean;
  readonly status: string;
  readonly reason: string | null;
  readonly again: string;
}

const document = readFileSync(new URL('../../../../docs/results.md', import.meta.url), 'utf8');

function cellsBelow(heading: string): string[][] {
  const lines = document.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(`| ${heading}`));
  const end = lines.findIndex((line, index) => index > begin && !line.startsWith('|'));
  return lines.slice(begin + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const plain = (cell: string): string | null => (cell === '–' ? null : cell.replaceAll('`', ''));

const rows: Row[] = cellsBelow('DingTalk').flatMap(
  ([list = '', codes = '', status = '', reason = '', again = '']) => {
    const named: (string | null)[] = codes.match(/\d{6}/g) ?? [
      codes.includes('any other') ? '1430000' : null,
    ];
    return named.map((code) => ({
      list: list.replaceAll('`', ''),
      code,
      afterUnknown: codes.includes('outcome was unknown'),
      status: status.replaceAll('`', ''),
      reason: plain(reason),
      again,
    }));
  },
);

function resultOf({ list, code }: Row): SendResult {
  const people = (name: string): string[] => (list === name ? ['u1'] : []);
  return {
    read: people('read_user_id_list'),
    unread: people('unread_user_id_list'),
    invalid: people('invalid_user_id_list'),
    failed: people('failed_user_id_list'),
    forbidden: list.startsWith('forbidden') ? [{ userid: 'u1', code }] : [],
    invalidDepts: [],
  };
}

const follow: FollowUp = { nextAt: null, nextDay: noon + 36_000_000 };

/** What the row's answer makes of a person who was tried again so often before. */
function see(row: Row, retries: number, overLimit: 'drop' | 'defer' = 'drop') {
  const { notification, calls } = onItsWay({ policies: { overLimit } });
  const step = accepted(only(calls), new Map([[notification.id, notification]]), '77', noon, noon);
  const sent = only(step.steps).notification;
  const persons = sent.persons.map((person) => ({ ...person, failedRetries: retries, rateRetries: retries }));
  const call = { ...step.call, unknownRounds: row.afterUnknown ? 1 : 0 };
  const seen = resultSeen(call, new Map([[sent.id, { ...sent, persons }]]), resultOf(row), follow, noon);
  const told = only(seen.steps).outbox.flatMap((item) =>
    item.kind === 'result' ? [item.result.status] : [],
  );
  return {
    told,
    person: only(only(seen.steps).notification.persons),
    again: seen.newCalls.map((each) => each.nextAt),
  };
}

it.each(rows)('$list, code $code, after an unknown outcome: $afterUnknown', (row) => {
  const { person, again } = see(row, 100);
  expect({ status: person.status, again }).toEqual({ status: row.status, again: [] });
  if (row.status !== 'pending') expect(person.reason).toBe(row.reason);
  const tries = (count: number): number => see(row, count).again.length;
  switch (row.again) {
    case 'no':
      expect([tries(0), see(row, 0, 'defer').again.length]).toEqual([0, 0]);
      break;
    case 'once, at once':
      expect([see(row, 0).again, tries(1)]).toEqual([[noon], 0]);
      break;
    case 'after a minute, at most 3 times':
      expect([see(row, 0).again, tries(2), tries(3)]).toEqual([[noon + 60_000], 1, 0]);
      break;
    case "the next day with `over_limit: defer`, told as `deferred`; not when an earlier attempt's outcome was unknown": {
      expect([tries(0), see(row, 0, 'defer').again]).toEqual([0, [follow.nextDay]]);
      expect(see(row, 0, 'defer').told).toEqual(['deferred']);
      expect(see({ ...row, afterUnknown: true }, 0, 'defer').again).toEqual([]);
      break;
    }
    default:
      throw new Error(`nobody knows what "${row.again}" means`);
  }
});

it('the table has every list of DingTalk and every code that its documentation gives for results', () => {
  const lists = ['read', 'unread', 'invalid', 'failed', 'forbidden'].map((name) => `${name}_user_id_list`);
  expect(new Set(rows.map(({ list }) => list))).toEqual(new Set([...lists, 'forbidden_list', 'in no list']));
  const codes = ['143103', '143104', '143105', '143106', '143203', '143204', '143205', '143206'];
  expect(new Set(rows.flatMap(({ code }) => (code === null ? [] : [code])))).toEqual(
    new Set([...codes, '1430000']),
  );
});

it('every status of a recipient is described', () => {
  const described = cellsBelow('status | the person').map(([status = '']) => status.replaceAll('`', ''));
  expect(described.toSorted()).toEqual(Object.keys(aResult().counts).toSorted());
});
