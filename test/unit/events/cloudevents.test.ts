import { CloudEvent, Kafka } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import type { RawRecord } from '../../../src/model/record.ts';
import { Timestamp } from '../../../src/model/values.ts';
import { aRecord } from '../../fakes/builders.ts';
import { decode, event, events, framed, headers, jsonRecord } from './decoding.ts';

const attributes = {
  id: 'e-1',
  source: '/hr/leave',
  type: 'hr.LeaveRequested',
  subject: 'leave/7',
  time: '2026-03-02T06:00:00.000Z',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};
const meta = { ...attributes, time: new Date(attributes.time) };
const structured = headers({ 'content-type': 'application/cloudevents+json; charset=UTF-8' });
const batch = headers({ 'content-type': 'application/cloudevents-batch+json' });
const binary = { ce_specversion: '1.0', ce_id: 'e-1', ce_source: '/hr/leave', ce_type: 'hr.LeaveRequested' };

/** The SDK lists attributes that an event lacks as undefined. */
function sent({ body, headers: all }: { readonly body: unknown; readonly headers: object }): RawRecord {
  const present = Object.entries(all as Record<string, string | undefined>).filter(
    ([, text]) => text !== undefined,
  );
  return jsonRecord(body, { headers: headers(Object.fromEntries(present) as Record<string, string>) });
}

describe('what the official SDK writes', () => {
  const written = new CloudEvent({ ...attributes, data: { days: 3, who: '张三' } });

  it.each([
    ['binary', Kafka.binary(written)],
    ['structured', Kafka.structured(written)],
  ])('in %s mode is read as it was meant', (_mode, message) => {
    const read = event(sent(message));
    expect(read.data).toEqual({ days: 3n, who: '张三' });
    expect(read.meta).toMatchObject(meta);
  });
});

describe('binary mode', () => {
  it('with a framed body reads both layers', () => {
    const value = framed({ order_id: 'A-1', amount_cents: 1 });
    const read = event(
      aRecord({ value, headers: headers({ ...binary, 'content-type': 'application/avro' }) }),
    );
    expect(read.data).toEqual({ order_id: 'A-1', amount_cents: 1n });
    expect(read.meta).toMatchObject({ id: 'e-1', type: 'hr.LeaveRequested' });
  });

  it('takes headers of any case and values in UTF-8', () => {
    const read = event(jsonRecord({}, { headers: headers({ CE_ID: 'é-1', Ce_Source: '/人事' }) }));
    expect(read.meta).toMatchObject({ id: 'é-1', source: '/人事' });
  });

  it('fills what is missing or empty from the record', () => {
    const read = event(
      aRecord({
        value: framed({ order_id: 'x', amount_cents: 1 }),
        headers: headers({ ce_specversion: '1.0', ce_id: '' }),
      }),
    );
    expect(read.meta).toMatchObject({ id: '0/7', source: 'shop.orders', type: 'shop.OrderRefundRequested' });
  });

  it('reads plain text as text', () => {
    const read = event(
      jsonRecord('hello', { headers: headers({ ...binary, 'content-type': 'Text/Plain; charset=utf-8' }) }),
    );
    expect(read.data).toBe('hello');
  });

  it('reads times to the nanosecond, and takes the time of the record for what is no time', () => {
    const at = (text: string): Date | null =>
      event(jsonRecord({}, { headers: headers({ ...binary, ce_time: text }) })).meta.time;
    expect(at('2026-03-02T14:00:00.123456789+08:00')).toEqual(
      new Timestamp(Date.UTC(2026, 2, 2, 6, 0, 0, 123), 456_789),
    );
    expect(at('yesterday')).toEqual(new Date(aRecord().timestamp));
  });
});

describe('structured mode', () => {
  const document = { specversion: '1.0', ...attributes };

  it.each<[string, object, unknown]>([
    ['a string', { data: 'hello' }, 'hello'],
    ['a string of another type', { datacontenttype: 'application/xml', data: '<a/>' }, '<a/>'],
    ['nothing', {}, null],
    ['a list', { data: [1, 2] }, [1n, 2n]],
    ['bytes', { data_base64: 'AQI=' }, new Uint8Array([1, 2])],
    ['bytes that are JSON', { datacontenttype: 'application/json', data_base64: btoa('{"a":1}') }, { a: 1n }],
    ['bytes that are text', { datacontenttype: 'text/plain', data_base64: btoa('hi') }, 'hi'],
  ])('may carry %s', (_what, more, data) => {
    expect(event(jsonRecord({ ...document, ...more }, { headers: structured })).data).toEqual(data);
  });

  it('shows extensions under the names that they have in binary mode', () => {
    const read = event(jsonRecord({ ...document, tenant: 'cn', shard: 5 }, { headers: structured }));
    expect(read.meta.headers).toMatchObject({ ce_tenant: 'cn', ce_shard: '5' });
    expect(read.meta.headers['content-type']).toContain('cloudevents');
  });

  it.each<[string, unknown]>([
    ['no object', [1]],
    ['no specversion', { id: 'x', source: '/s', type: 't' }],
    ['an id that is no text', { ...document, id: 5 }],
    ['data twice', { ...document, data: 1, data_base64: 'AQI=' }],
    ['data that is no base 64', { ...document, data_base64: '*' }],
  ])('with %s is undecodable', (_what, value) => {
    expect(decode(jsonRecord(value, { headers: structured }))).toMatchObject({
      kind: 'dead_letter',
      reason: 'undecodable',
    });
  });

  it('in another event format than JSON is undecodable', () => {
    const protobuf = headers({ 'content-type': 'application/cloudevents+protobuf' });
    expect(decode(jsonRecord({}, { headers: protobuf }))).toMatchObject({ reason: 'undecodable' });
  });
});

describe('a batch', () => {
  const one = { specversion: '1.0', source: '/s', type: 't' };

  it('gives one event for each, with its own identity', () => {
    const read = events(
      jsonRecord(
        [
          { ...one, id: 'a' },
          { ...one, id: 'b', data: 2 },
        ],
        { headers: batch },
      ),
    );
    expect(read.map(({ meta: { id }, data }) => [id, data])).toEqual([
      ['a', null],
      ['b', 2n],
    ]);
  });

  it('never gives two events one identity, even where ids are missing', () => {
    const read = events(jsonRecord([one, one], { headers: batch }));
    expect(read.map(({ meta: { id } }) => id)).toEqual(['0/7/0', '0/7/1']);
  });

  it('that is empty gives none', () => {
    expect(events(jsonRecord([], { headers: batch }))).toEqual([]);
  });

  it('with a part that is no event is undecodable as a whole, and says which part', () => {
    expect(decode(jsonRecord([{ ...one, id: 'a' }, 5], { headers: batch }))).toMatchObject({
      reason: 'undecodable',
      message: expect.stringContaining('event 1'),
    });
  });
});
