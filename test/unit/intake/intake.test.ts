import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { createEventDecoder } from '../../../src/events/decoder.ts';
import type { Intake, IntakeRules } from '../../../src/intake/intake-types.ts';
import { createIntake } from '../../../src/intake/intake.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { RawRecord } from '../../../src/model/record.ts';
import { aPlanned, aRecord, noon } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

/** Positions of records from which nothing follows are written together, just before Kafka is told of them. */
const where = { topic: 'shop.orders', partition: 0 };
const clock = new FakeClock(noon);
const rules: IntakeRules = {
  hash: 'c0ffee',
  couldMatch: (_topic, type) => type === 'wanted',
  reading: () => ({ format: 'json', identity: null }),
  plan: ({ meta }) => ({
    notifications: [aPlanned({ text: meta.id })],
    signals: [],
    configHash: 'c0ffee',
  }),
  planRoute: () => null,
  planSignals: () => ({ notifications: [], signals: [], configHash: 'c0ffee' }),
};

let files: TempLedger;
let ledger: Ledger;
let intake: Intake;

beforeEach(async () => {
  files = new TempLedger(clock);
  ledger = await files.open();
  const observer = { batch: () => undefined };
  const parts = { ledger, decoder: createEventDecoder(null), rules: () => rules, clock, observer };
  intake = createIntake({ ...parts, group: 'g', logger: silentLogger });
});
afterEach(() => files.dispose());

function records(from: number, to: number, type: string): RawRecord[] {
  const headers = [{ key: 'ce_type', value: Buffer.from(type) }];
  return Array.from({ length: to - from }, (_none, at) => aRecord({ offset: BigInt(from + at), headers }));
}

async function position(): Promise<bigint | null> {
  const [found] = await ledger.read((tx) => tx.positions('g'));
  return found?.next ?? null;
}

it('writes nothing for events that concern nobody until Kafka is told of them', async () => {
  expect(await intake.process({ ...where, records: records(0, 10, 'other') })).toEqual({ processedTo: 10n });
  expect(await intake.process({ ...where, records: records(10, 20, 'other') })).toEqual({ processedTo: 20n });
  expect(await position()).toBeNull();

  await intake.beforeCommit([{ ...where, offset: 10n }]);
  expect(await position()).toBe(10n);
  await intake.beforeCommit([{ ...where, offset: 20n }]);
  expect(await position()).toBe(20n);
});

it('writes the position of an event that matches together with what follows from it', async () => {
  await intake.process({ ...where, records: records(0, 10, 'other') });
  await intake.process({ ...where, records: records(10, 11, 'wanted') });

  expect(await position()).toBe(11n);
  expect(await ledger.read((tx) => tx.pendingCount())).toBe(1);
});

it('follows Kafka over the marker of a transaction that ends behind an event that matched', async () => {
  await intake.process({ ...where, records: records(0, 1, 'wanted') });
  expect(await position()).toBe(1n);

  await intake.beforeCommit([{ ...where, offset: 2n }]);
  expect(await position()).toBe(2n);
  await intake.beforeCommit([{ ...where, offset: 1n }]);
  expect(await position()).toBe(2n);
});

it('keeps Kafka from being told while the ledger is away', async () => {
  await intake.process({ ...where, records: records(0, 10, 'other') });
  await files.close();

  await expect(intake.beforeCommit([{ ...where, offset: 10n }])).rejects.toMatchObject({
    code: 'ledger_unavailable',
  });
});
