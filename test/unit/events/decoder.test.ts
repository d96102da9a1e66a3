import { describe, expect, it } from 'vitest';
import { createEventDecoder } from '../../../src/events/decoder.ts';
import { RegistryUnavailableError } from '../../../src/registry/errors.ts';
import { aRecord, noon } from '../../fakes/builders.ts';
import { auto, decode, decoder, event, framed, headers, jsonRecord, readers, reading } from './decoding.ts';

const order = { order_id: 'A-1', amount_cents: 120_000 };

describe('a record without an envelope', () => {
  it('of JSON is known by its place in the topic', () => {
    const read = event(
      jsonRecord('{"n": 9007199254740993, "x": 1.5}', { partition: 3, offset: 9_007_199_254_740_993n }),
    );
    expect(read.data).toEqual({ n: 9007199254740993n, x: 1.5 });
    expect(read.meta).toMatchObject({
      source: 'shop.orders',
      id: '3/9007199254740993',
      type: null,
      subject: null,
      time: new Date(noon),
      key: 'order-1',
      traceparent: null,
    });
  });

  it('of Avro has the full name of its record as type', () => {
    const read = event(aRecord({ value: framed(order) }));
    expect(read.data).toEqual({ order_id: 'A-1', amount_cents: 120_000n });
    expect(read.meta.type).toBe('shop.OrderRefundRequested');
  });

  it('without a key or a timestamp says so', () => {
    expect(event(jsonRecord({}, { key: null, timestamp: -1 })).meta).toMatchObject({ key: null, time: null });
  });

  it('whose timestamp is after the year 9999 has no time, which no consumer of results could hold', () => {
    const time = (timestamp: number) => event(jsonRecord({}, { timestamp })).meta.time;
    expect(time(Date.UTC(9999, 11, 31))).toEqual(new Date(Date.UTC(9999, 11, 31)));
    expect(time(Date.UTC(10_000, 0, 1))).toBeNull();
  });

  it.each(['0001-01-01T00:00:00+08:00', '9999-12-31T23:59:59-08:00'])(
    'falls back on its own timestamp where the envelope gives %s, which is no year from 1 to 9999 in UTC',
    (text) => {
      const list = headers({
        ce_specversion: '1.0',
        ce_id: 'e',
        ce_source: '/s',
        ce_type: 't',
        ce_time: text,
      });
      expect(event(jsonRecord({}, { headers: list })).meta.time).toEqual(new Date(noon));
    },
  );
});

describe('headers', () => {
  it('are UTF-8 text, the last of repeated ones, without those that have no value', () => {
    const list = [...headers({ who: '张三', empty: '', gone: null }), ...headers({ who: '李四' })];
    expect({ ...event(jsonRecord({}, { headers: list })).meta.headers }).toEqual({ who: '李四', empty: '' });
  });

  it('named like parts of the language are only headers', () => {
    const { headers: read } = event(
      jsonRecord({}, { headers: headers({ ['__proto__']: 'x', constructor: 'y' }) }),
    ).meta;
    expect(Object.entries(read)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('carry the trace, traceparent before ce_traceparent', () => {
    const both = headers({ ce_traceparent: 'b', traceparent: 'a' });
    expect(event(jsonRecord({}, { headers: both })).meta.traceparent).toBe('a');
    expect(event(jsonRecord({}, { headers: headers({ ce_traceparent: 'b' }) })).meta.traceparent).toBe('b');
  });

  it.each([
    [{ TraceParent: 'a', ce_traceparent: 'b' }, 'a'],
    [{ traceparent: '', ce_traceparent: 'b' }, 'b'],
    [{ traceparent: '', CE_TraceParent: '' }, null],
  ])('carry the trace of %j whatever the case of its name, and none that is empty', (texts, trace) => {
    expect(event(jsonRecord({}, { headers: headers(texts) })).meta.traceparent).toBe(trace);
  });
});

describe('values that tell no event', () => {
  it('say so where a header names their schema, and what to do about it; plain JSON is read all the same', () => {
    const id = headers({ __value_schema_id: 'x' });
    const avro = decode(aRecord({ value: framed(order).subarray(5), headers: id }));
    expect(avro).toMatchObject({ kind: 'dead_letter', reason: 'undecodable' });
    expect(avro).toMatchObject({
      message: expect.stringContaining('have the serializer write the id before'),
    });
    expect(event(jsonRecord({ n: 1 }, { headers: id })).data).toEqual({ n: 1n });
  });

  it('null is a tombstone', () => {
    expect(decode(aRecord({ value: null }))).toEqual({ kind: 'tombstone' });
  });

  it.each([
    ['zero bytes', Buffer.alloc(0), /zero bytes/],
    ['text that is no JSON', Buffer.from('{"mobile": 13800001201,}'), /^not valid JSON at position \d+$/],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), /UTF-8/],
    ['a framed value that ends too early', framed(order).subarray(0, 8), /does not fit schema 7/],
  ])('%s is undecodable', (_what, value, message) => {
    const outcome = decode(aRecord({ value }));
    expect(outcome).toMatchObject({
      kind: 'dead_letter',
      stage: 'decode',
      reason: 'undecodable',
      message: expect.stringMatching(message),
      className: 'dingbus.UndecodableError',
    });
  });

  it('a schema that the registry does not know is its own reason', () => {
    expect(decode(aRecord({ value: framed(order, 8) }))).toMatchObject({
      kind: 'dead_letter',
      reason: 'schema_not_found',
    });
  });
});

describe('the schema registry', () => {
  it('that is away makes the record wait', async () => {
    const error = new RegistryUnavailableError('away');
    const waiting = createEventDecoder({
      ...readers,
      readerFor: () => Promise.resolve({ kind: 'unavailable', error }),
    });
    expect(await waiting.decode(aRecord({ value: framed(order) }), auto)).toEqual({ kind: 'wait', error });
  });

  it('that has to be asked first gives the same event later', async () => {
    const asking = createEventDecoder({ ...readers, readerFor: async (id) => readers.readerFor(id) });
    const outcome = asking.decode(aRecord({ value: framed(order) }), auto);
    expect(outcome).toBeInstanceOf(Promise);
    expect(await outcome).toEqual(decode(aRecord({ value: framed(order) })));
  });

  it('that is not configured leaves framed values undecodable and JSON as it is', () => {
    const alone = createEventDecoder(null);
    expect(alone.decode(aRecord({ value: framed(order) }), auto)).toMatchObject({ reason: 'undecodable' });
    expect(alone.decode(jsonRecord({}), auto)).toMatchObject({ kind: 'events' });
  });
});

describe('a topic that is set to one format', () => {
  it('json reads JSON and nothing else', () => {
    expect(event(jsonRecord({ a: 1 }), reading('json')).data).toEqual({ a: 1n });
    expect(decode(aRecord({ value: framed(order) }), reading('json'))).toMatchObject({
      reason: 'undecodable',
    });
    const structured = headers({ 'content-type': 'application/cloudevents+json' });
    expect(event(jsonRecord({ id: 'x' }, { headers: structured }), reading('json')).data).toEqual({
      id: 'x',
    });
  });

  it('avro refuses JSON, and a schema of another kind', () => {
    expect(event(aRecord({ value: framed(order) }), reading('avro')).data).toMatchObject({ order_id: 'A-1' });
    expect(decode(jsonRecord({}), reading('avro'))).toMatchObject({ reason: 'undecodable' });
    expect(decode(aRecord({ value: framed(order) }), reading('protobuf'))).toMatchObject({
      reason: 'undecodable',
    });
  });

  it('cloudevents needs no content type, but an event', () => {
    const document = { specversion: '1.0', id: 'e', source: '/s', type: 't', data: 1 };
    expect(event(jsonRecord(document), reading('cloudevents')).meta.id).toBe('e');
    expect(decode(jsonRecord({ a: 1 }), reading('cloudevents'))).toMatchObject({ reason: 'undecodable' });
  });
});

describe('the type hint', () => {
  it.each([
    ['JSON has none', jsonRecord({}), null],
    ['a cached schema tells it', aRecord({ value: framed(order) }), 'shop.OrderRefundRequested'],
    ['a schema not yet fetched does not', aRecord({ value: framed(order, 8) }), undefined],
    ['the header tells it', jsonRecord({}, { headers: headers({ CE_Type: 'a.b' }) }), 'a.b'],
    [
      'the header wins over the schema',
      aRecord({ value: framed(order), headers: headers({ ce_type: 'a.b' }) }),
      'a.b',
    ],
    [
      'an empty header is none',
      aRecord({ value: framed(order), headers: headers({ ce_type: '' }) }),
      'shop.OrderRefundRequested',
    ],
    [
      'a structured event hides it',
      jsonRecord({}, { headers: headers({ 'Content-Type': 'application/cloudevents+json' }) }),
      undefined,
    ],
    ['a tombstone has to be counted', aRecord({ value: null }), undefined],
  ])('%s', (_what, record, hint) => {
    expect(decoder.typeHint(record, auto)).toBe(hint);
  });

  it('is none while the topic has an expression for the type', () => {
    expect(decoder.typeHint(jsonRecord({}), reading('auto', { type: () => 'x' }))).toBeUndefined();
  });
});
