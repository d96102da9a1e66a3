import { describe, expect, it } from 'vitest';
import { Decimal, Timestamp } from '../../../src/model/values.ts';
import { noon } from '../../fakes/builders.ts';
import { decode, event, headers, jsonRecord, reading } from './decoding.ts';

const enveloped = headers({ ce_specversion: '1.0', ce_id: 'e', ce_source: '/s', ce_type: 't' });

describe("a topic's own expressions", () => {
  it('win over the envelope, and the others stay', () => {
    const how = reading('auto', {
      id: ({ data }) => (data as { n: bigint }).n,
      source: ({ meta }) => `${meta.source}/x`,
    });
    expect(event(jsonRecord({ n: 5 }, { headers: enveloped }), how).meta).toMatchObject({
      id: '5',
      source: '/s/x',
      type: 't',
    });
  });

  it.each<[string, unknown, string]>([
    ['a whole number', 2n ** 60n, '1152921504606846976'],
    ['a decimal', new Decimal(-1234n, 3), '-1.234'],
    ['an instant', new Date(noon), '2026-03-02T06:00:00.000Z'],
    ['an instant to the nanosecond', new Timestamp(noon, 5), '2026-03-02T06:00:00.000000005Z'],
  ])('may give %s as id', (_what, given, id) => {
    expect(event(jsonRecord({}), reading('auto', { id: () => given })).meta.id).toBe(id);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['nothing', undefined],
    ['an empty text', ''],
    ['a list', ['a']],
    ['an object', {}],
  ])('that give %s leave the event without identity', (_what, given) => {
    for (const name of ['source', 'id', 'type', 'time'] as const) {
      expect(decode(jsonRecord({}), reading('auto', { [name]: () => given }))).toMatchObject({
        kind: 'dead_letter',
        stage: 'decode',
        reason: 'no_identity',
        message: expect.stringContaining(name),
      });
    }
  });

  it('that fail say which one, and mask numbers in what they quote', () => {
    const how = reading('auto', {
      id: () => {
        throw new Error('no such key: 13800001201');
      },
    });
    const outcome = decode(jsonRecord({}), how);
    expect(outcome).toMatchObject({ reason: 'no_identity', className: 'dingbus.NoIdentityError' });
    expect(JSON.stringify(outcome)).toContain('no such key: 138******01');
  });

  it.each<[string, unknown, Date]>([
    ['an instant', new Timestamp(noon, 7), new Timestamp(noon, 7)],
    ['RFC 3339 text', '2026-03-02T14:00:00+08:00', new Date(noon)],
    ['milliseconds', BigInt(noon), new Date(noon)],
  ])('may give %s as time', (_what, given, time) => {
    expect(event(jsonRecord({}), reading('auto', { time: () => given })).meta.time).toEqual(time);
  });

  it.each<[string, unknown]>([
    ['microseconds', BigInt(noon) * 1_000n],
    ['an instant before the year 1', new Date('0000-12-31T16:00:00Z')],
    ['text of an instant after the year 9999', '9999-12-31T23:59:59-08:00'],
  ])('that give %s as time leave the event without identity', (_what, given) => {
    expect(decode(jsonRecord({}), reading('auto', { time: () => given }))).toMatchObject({
      reason: 'no_identity',
      message: expect.stringContaining('milliseconds'),
    });
  });

  it('are asked for every event of a batch, and one without identity stops the record', () => {
    const batch = headers({ 'content-type': 'application/cloudevents-batch+json' });
    const documents = ['a', ''].map((id) => ({
      specversion: '1.0',
      source: '/s',
      type: 't',
      id: 'x',
      data: { id },
    }));
    const how = reading('auto', { id: ({ data }) => (data as { id: string }).id });
    expect(decode(jsonRecord(documents, { headers: batch }), how)).toMatchObject({ reason: 'no_identity' });
  });
});
