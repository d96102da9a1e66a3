/** Redriving many dead letters that are only in their topic: found where they stand, sent through once, safe to repeat. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Active } from '../../../src/app/configuration.ts';
import { Current } from '../../../src/app/current.ts';
import { redriveAll } from '../../../src/app/redrive-all.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { createEventDecoder } from '../../../src/events/decoder.ts';
import type { Admin } from '../../../src/kafka/admin-types.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { DeadLetter } from '../../../src/model/dead-letter.ts';
import type { RawRecord } from '../../../src/model/record.ts';
import { encodeDeadLetter } from '../../../src/results/dead-letter.ts';
import type { WantedDeadLetter } from '../../../src/server/ports.ts';
import { aRecord, noon } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { compile, route } from '../../fakes/rules.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

const clock = new FakeClock(noon);
let temp: TempLedger;
let ledger: Ledger;
beforeEach(async () => {
  temp = new TempLedger(clock);
  ledger = await temp.open();
});
afterEach(() => temp.dispose());

function aDeadLetter(number: number): DeadLetter {
  return {
    id: `dlq_${number}`,
    record: aRecord({
      topic: 'orders',
      offset: BigInt(number),
      value: Buffer.from(JSON.stringify({ number })),
    }),
    stage: 'render',
    reason: 'template_error',
    message: 'no such field',
    exceptionClass: 'x',
    route: 'r',
    notificationId: `ntf_${number}`,
  };
}

/** The dead-letter topic with one partition, and how often it was read from. */
function topicOf(letters: readonly DeadLetter[]): { admin: Admin; reads: () => number } {
  const records: RawRecord[] = letters.map((letter, offset) =>
    aRecord({ ...encodeDeadLetter(letter), topic: 'dingbus.dead-letters', offset: BigInt(offset) }),
  );
  let reads = 0;
  const admin: Partial<Admin> = {
    offsets: () => Promise.resolve([{ partition: 0, low: 0n, high: BigInt(records.length) }]),
    async *readRange(_topic, _partition, from, to) {
      reads += 1;
      for (const record of records) {
        await Promise.resolve();
        if (record.offset >= from && record.offset < to) yield record;
      }
    },
  };
  return { admin: admin as Admin, reads: () => reads };
}

function redrive(admin: Admin, wanted: readonly WantedDeadLetter[]) {
  const active = compile(route('', 'number {{ data.number }}')) as unknown as Active;
  const current = new Current(
    active,
    () => ({ ok: true, active }) as never,
    () => noon,
  );
  const decoder = createEventDecoder(null);
  return redriveAll({ ledger, decoder, admin, current, clock, logger: silentLogger }, wanted);
}

const placed = (id: number, offset: bigint): WantedDeadLetter => ({
  id: `dlq_${id}`,
  place: { partition: 0, offset },
});

it('those that stand together are read in one go, and a repeat makes nothing new', async () => {
  const letters = Array.from({ length: 100 }, (_, number) => aDeadLetter(number));
  const { admin, reads } = topicOf(letters);
  const wanted = letters.map((_letter, number) => placed(number, BigInt(number)));
  const first = await redrive(admin, wanted);
  expect(new Set(first.map(({ outcome }) => outcome))).toEqual(new Set(['redriven']));
  expect(reads()).toBe(1);
  expect(await ledger.read((tx) => tx.pendingCount())).toBe(100);
  const made = await ledger.view((views) => views.redrives(['dlq_0', 'dlq_99', 'dlq_100']));
  expect(Object.fromEntries(made)).toEqual({ dlq_0: first[0]?.created, dlq_99: first[99]?.created });
  const again = await redrive(admin, wanted);
  expect(new Set(again.map(({ outcome }) => outcome))).toEqual(new Set(['already_redriven']));
  expect(await ledger.read((tx) => tx.pendingCount())).toBe(100);
});

it('a place in a partition that is not there is as wrong: the others, and the search, go on', async () => {
  const { admin } = topicOf([aDeadLetter(0)]);
  const readRange: Admin['readRange'] = (topic, partition, from, to) => {
    if (partition === 9) throw new Error('there is no such partition');
    return admin.readRange(topic, partition, from, to);
  };
  const wrong = { id: 'dlq_0', place: { partition: 9, offset: 0n } };
  const [found] = await redrive({ ...admin, readRange }, [wrong]);
  expect(found).toMatchObject({ id: 'dlq_0', outcome: 'redriven' });
});

it('a place where another one stands is not believed: the dead letter is searched for by its id', async () => {
  const { admin } = topicOf([aDeadLetter(0), aDeadLetter(1)]);
  const [moved, gone] = await redrive(admin, [placed(1, 0n), placed(7, 1n)]);
  expect(moved).toMatchObject({ id: 'dlq_1', outcome: 'redriven' });
  expect(gone).toMatchObject({ id: 'dlq_7', ok: false, outcome: 'not_found' });
  const [made] = await ledger.read((tx) => tx.notifications(moved?.created ?? []));
  expect(made?.related).toBe('ntf_1');
});
