import { describe, expect, it } from 'vitest';
import { Decimal, Timestamp } from '../../../src/model/values.ts';
import { readAvroSchemas } from '../../../src/rules/cel/avro-types.ts';
import { eventFromInput } from '../../../src/rules/event-input.ts';
import { compile, event, faultsOf, now, route } from '../../fakes/rules.ts';

const schemas = readAvroSchemas([
  {
    file: 'refund.avsc',
    schema: {
      type: 'record',
      namespace: 'shop',
      name: 'Refund',
      fields: [
        { name: 'amount', type: 'long' },
        { name: 'rate', type: 'double' },
        { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
        { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
        { name: 'day', type: { type: 'int', logicalType: 'date' } },
        { name: 'note', type: ['null', 'string'] },
        {
          name: 'lines',
          type: {
            type: 'array',
            items: { type: 'record', name: 'Line', fields: [{ name: 'n', type: 'int' }] },
          },
        },
        { name: 'parent', type: ['null', 'Refund'] },
        { name: 'blob', type: 'bytes' },
      ],
    },
  },
]);

describe('events that people write', () => {
  it('get the types that decoding would have given them', () => {
    const read = eventFromInput(
      {
        topic: 'orders',
        type: 'shop.Refund',
        data: {
          amount: 5,
          rate: 2n,
          price: '12.5',
          at: 1_767_225_600_000_500n,
          day: '2026-01-01',
          lines: [{ n: 1 }],
          blob: 'aGk=',
        },
      },
      now,
      schemas,
    );
    if (!read.ok) throw new Error(read.message);
    const data = read.event.data as Record<string, unknown>;
    expect(data['amount']).toBe(5n);
    expect(data['rate']).toBe(2);
    expect(data['price']).toEqual(new Decimal(1250n, 2));
    expect(data['at']).toEqual(new Timestamp(1_767_225_600_000, 500_000));
    expect(data['day']).toEqual(new Date('2026-01-01T00:00:00Z'));
    expect(data['note']).toBeNull();
    expect(data['parent']).toBeNull();
    expect(data['lines']).toEqual([{ n: 1n }]);
    expect(Buffer.from(data['blob'] as Uint8Array).toString()).toBe('hi');
    expect(read.event.meta).toMatchObject({
      source: 'orders',
      id: '0/0',
      topic: 'orders',
      type: 'shop.Refund',
    });
  });

  it('have no times that depend on the machine: a text without an offset stays a text', () => {
    const at = (text: string) => {
      const read = eventFromInput({ type: 'shop.Refund', data: { at: text } }, now, schemas);
      return read.ok ? (read.event.data as Record<string, unknown>)['at'] : null;
    };
    expect(at('2026-03-02T09:30:00+08:00')).toEqual(new Date('2026-03-02T01:30:00Z'));
    expect(at('2026-03-02T09:30:00')).toBe('2026-03-02T09:30:00');
  });

  it.each([
    [null, 'an event is an object'],
    [{}, 'the event has no data'],
    [{ data: {}, meta: { tpic: 'x' } }, 'meta has no field tpic'],
    [{ data: {}, topic: 5 }, 'topic must be a text'],
    [{ data: {}, time: 'soon' }, 'time must be an instant'],
    [{ data: {}, time: '5' }, 'time must be an instant'],
    [{ data: {}, time: '2026-03-02T09:30:00' }, 'write it as 2026-03-02T09:30:00+08:00'],
    [{ data: {}, time: '2026-03-02 09:30' }, 'write it as 2026-03-02T09:30:00+08:00'],
    [{ data: {}, meta: { offset: 1.5 } }, 'partition and offset'],
  ])('%j is refused', (input, message) => {
    const read = eventFromInput(input, now);
    expect(read.ok ? '' : read.message).toContain(message);
  });
});

describe('topics that say themselves what identifies an event', () => {
  const topics = `topics:
  orders: { id: 'data.no + "/" + data.status', type: '"ops." + data.status', time: timestamp(data.at), source: '"/shop"' }
  leave: {}
  incidents: {}
`;
  const yaml = route('type: ops.open');
  const compiled = () => compile(yaml, {}, '').rules;

  it('have no expressions unless they are written', () => {
    expect(compiled().identity('orders')).toBeNull();
  });

  it('compute them, and throw where they cannot', () => {
    const files = {
      'dingbus.yaml': `kafka: { brokers: "k:1" }\ndingtalk: { apps: { default: { app_key: k, app_secret: "\${S:-s}", agent_id: 1 } } }\nresults: { format: json }\n${topics}`,
    };
    const { rules } = compile(yaml, files);
    const identity = rules.identity('orders');
    const good = event({ no: 7n, status: 'open', at: '2026-03-02T09:30:00Z' });
    expect(() => identity?.id?.(good)).toThrow();
    const text = event({ no: 'A', status: 'open', at: '2026-03-02T09:30:00Z' });
    expect(identity?.id?.(text)).toBe('A/open');
    expect(identity?.type?.(text)).toBe('ops.open');
    expect(identity?.source?.(text)).toBe('/shop');
    expect(identity?.time?.(text)).toEqual(new Date('2026-03-02T09:30:00Z'));
    // The type is known only after decoding, so no hint may keep a record from it.
    expect(rules.couldMatch('orders', null)).toBe(true);
  });
});

describe('what schemas know of templates and lists', () => {
  const schema = JSON.stringify({
    type: 'record',
    namespace: 'shop',
    name: 'Refund',
    fields: [
      { name: 'amount', type: 'long' },
      {
        name: 'buyer',
        type: ['null', { type: 'record', name: 'Person', fields: [{ name: 'name', type: 'string' }] }],
      },
      {
        name: 'lines',
        type: {
          type: 'array',
          items: { type: 'record', name: 'Line', fields: [{ name: 'sku', type: 'string' }] },
        },
      },
    ],
  });
  const faults = (keys: string, content = 'x'): readonly string[] =>
    faultsOf(
      route(`type: shop.Refund\n${keys}`, content),
      { 's/refund.avsc': schema },
      'event_schemas: s/*.avsc\n',
    ).map((text) => text.replace(/^\S+ /, ''));

  it.each([
    [
      'when: data.buyer != null && data.buyer.name == "x"',
      '{{ data.buyer.name }} {{ data.lines.size }} {{ data.lines[0].sku }}',
    ],
    ['for_each: data.lines', '{{ item.sku }}'],
    ['when: data.lines.exists(l, l.sku == "a")', '{% for l in data.lines %}{{ l.sku }}{% endfor %}'],
    ['when: data.amount > 1.5', '{{ data.amount }}'],
  ])('%s with %s is right', (keys, content) => {
    expect(faults(keys, content)).toEqual([]);
  });

  it.each([
    ['when: data.buyer.nme == "x"', 'x', 'expression_unknown shop.Person has no field nme'],
    ['when: has(data.byer)', 'x', 'expression_unknown shop.Refund has no field byer'],
    ['when: data.lines.exists(l, l.sk == "a")', 'x', 'expression_unknown shop.Line has no field sk'],
    ['when: meta.tpic == "x"', 'x', 'expression_unknown meta has no field tpic'],
    [
      'for_each: data.lines\ndedupe: { key: item.sk, window: 1h }',
      'x',
      'expression_unknown shop.Line has no field sk',
    ],
    ['for_each: data.lines', '{{ item.sk }}', 'template_unknown shop.Line has no field sk'],
    ['priority: high', '{{ data.buyer.nme }}', 'template_unknown shop.Person has no field nme'],
    ['priority: high', '{{ data.lines.sku }}', 'template_unknown a list has no field sku'],
    ['priority: high', '{{ meta.tpic }}', 'template_unknown meta has no field tpic'],
    ['when: data.amount == "5"', 'x', 'expression_type int == string is not possible'],
  ])('%s with %s is a fault', (keys, content, expected) => {
    expect(faults(keys, content)).toEqual([expected]);
  });
});
