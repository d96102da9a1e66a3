import { describe, expect, it } from 'vitest';
import { RegistryUnavailableError } from '../../../src/registry/errors.ts';
import { SchemaLookups, unknownSchema } from '../../../src/registry/lookups.ts';
import type { SchemaLookup, SchemaReader } from '../../../src/registry/reader.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

const reader: SchemaReader = {
  schemaId: 1,
  kind: 'avro',
  typeOf: () => null,
  read: () => ({ ok: true, data: null, type: null }),
};
const known: SchemaLookup = { kind: 'reader', reader };
const away: SchemaLookup = { kind: 'unavailable', error: new RegistryUnavailableError('away') };

function setUp(answer: (schemaId: number) => SchemaLookup) {
  const clock = new FakeClock();
  const asked: number[] = [];
  const lookups = new SchemaLookups(
    (schemaId) => {
      asked.push(schemaId);
      return Promise.resolve(answer(schemaId));
    },
    clock,
    () => 1,
  );
  return { clock, asked, lookups };
}

describe('a known schema', () => {
  it('is asked for once, by however many records at a time, and is then there without a promise', async () => {
    const { asked, lookups } = setUp(() => known);
    expect(lookups.cachedReader(1)).toBeNull();
    const answers = await Promise.all([lookups.readerFor(1), lookups.readerFor(1), lookups.readerFor(1)]);
    expect(answers).toEqual([known, known, known]);
    expect(lookups.readerFor(1)).toBe(known);
    expect(lookups.cachedReader(1)).toBe(reader);
    expect(asked).toEqual([1]);
  });
});

describe('an unknown schema', () => {
  it('is asked for again before it is believed, because a replica may lag', async () => {
    let round = 0;
    const { clock, asked, lookups } = setUp((schemaId) => (++round < 3 ? unknownSchema(schemaId) : known));
    const answer = lookups.readerFor(1);
    await clock.advance(5_000);
    expect(await answer).toEqual(known);
    expect(asked).toHaveLength(3);
  });

  it('is believed for a minute and then asked for anew', async () => {
    let registered = false;
    const { clock, asked, lookups } = setUp((schemaId) => (registered ? known : unknownSchema(schemaId)));
    const answer = lookups.readerFor(5);
    await clock.advance(5_000);
    expect(await answer).toEqual(unknownSchema(5));
    expect(asked).toHaveLength(3);
    expect(lookups.readerFor(5)).toEqual(unknownSchema(5));
    registered = true;
    await clock.advance(61_000);
    expect(await lookups.readerFor(5)).toEqual(known);
  });

  it('costs no retries when poison invents one id after the other', async () => {
    const { clock, asked, lookups } = setUp(unknownSchema);
    for (let schemaId = 1; schemaId <= 8; schemaId++) void lookups.readerFor(schemaId);
    await clock.advance(5_000);
    expect(asked).toHaveLength(14);
    for (let schemaId = 100; schemaId < 200; schemaId++)
      expect(await lookups.readerFor(schemaId)).toEqual(unknownSchema(schemaId));
    expect(asked).toHaveLength(114);
    await clock.advance(60_000);
    void lookups.readerFor(300);
    await clock.advance(5_000);
    expect(asked).toHaveLength(117);
  });

  it('is not asked for at all when its id can be none', () => {
    const { asked, lookups } = setUp(() => known);
    for (const schemaId of [0, -1, -(2 ** 31)])
      expect(lookups.readerFor(schemaId)).toEqual(unknownSchema(schemaId));
    expect(asked).toEqual([]);
  });
});

describe('an unknown schema that is to be waited for', () => {
  it('is as good as an unavailable registry, until it is registered; an id that can be none never is', async () => {
    let registered = false;
    const clock = new FakeClock();
    const answer = (schemaId: number) => Promise.resolve(registered ? known : unknownSchema(schemaId));
    const lookups = new SchemaLookups(answer, clock, () => 1, 'wait');
    const first = lookups.readerFor(5);
    await clock.advance(5_000);
    expect(await first).toMatchObject({ kind: 'unavailable', error: { retry: 'backoff' } });
    registered = true;
    expect(await lookups.readerFor(5)).toEqual(known);
    expect(lookups.readerFor(-1)).toEqual(unknownSchema(-1));
  });
});

describe('an unavailable registry', () => {
  it('is asked again with the next record, for nothing is known of the schema', async () => {
    let answer: SchemaLookup = away;
    const { asked, lookups } = setUp(() => answer);
    expect(await lookups.readerFor(1)).toEqual(away);
    answer = known;
    expect(await lookups.readerFor(1)).toEqual(known);
    expect(asked).toEqual([1, 1]);
  });
});
