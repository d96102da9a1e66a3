import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AvroReader } from '../../../src/registry/avro/avro-reader.ts';
import { parseOptions } from '../../../src/registry/avro/schema.ts';
import { Decimal, type Timestamp } from '../../../src/model/values.ts';

type Schema = Parameters<typeof avro.Type.forSchema>[0];

const framing = Buffer.from([0, 0, 0, 0, 7]);

function readerOf(schema: unknown): AvroReader {
  return new AvroReader(7, avro.Type.forSchema(schema as Schema, parseOptions()));
}

/** Zigzag, as Avro writes whole numbers. */
function long(value: bigint): Buffer {
  let folded = value >= 0n ? value * 2n : -value * 2n - 1n;
  const bytes: number[] = [];
  for (; folded > 0x7fn; folded >>= 7n) bytes.push(Number(folded & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(folded)]);
}

function text(value: string): Buffer {
  return Buffer.concat([long(BigInt(Buffer.byteLength(value))), Buffer.from(value)]);
}

function read(schema: unknown, ...body: readonly Uint8Array[]): unknown {
  const result = readerOf(schema).read(Buffer.concat([framing, ...body]));
  if (!result.ok) throw new Error(result.message);
  return result.data;
}

function record(fields: Record<string, unknown>): unknown {
  const list = Object.entries(fields).map(([name, type]) => ({ name, type }));
  return { type: 'record', name: 'shop.Order', fields: list };
}

describe('whole numbers', () => {
  it('are exact over all 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (number) => {
        expect(read('long', long(number))).toBe(number);
      }),
    );
    for (const edge of [2n ** 27n, 2n ** 28n, 2n ** 52n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n]) {
      expect(read('long', long(edge))).toBe(edge);
      expect(read('long', long(-edge))).toBe(-edge);
    }
  });

  it('of int are bigint too, so that rules see one kind of whole number', () => {
    expect(read('int', long(-5n))).toBe(-5n);
  });
});

describe('logical types', () => {
  const of = (type: string, logicalType: string, more: object = {}): unknown => ({
    type,
    logicalType,
    ...more,
  });

  it('that are instants become dates, without loss below the millisecond', () => {
    expect(read(of('long', 'timestamp-millis'), long(1_772_424_000_123n))).toEqual(
      new Date(1_772_424_000_123),
    );
    expect(read(of('long', 'timestamp-micros'), long(1_772_424_000_123_000n))).toEqual(
      new Date(1_772_424_000_123),
    );
    const micros = read(of('long', 'timestamp-micros'), long(-1n)) as Timestamp;
    expect([micros.getTime(), micros.nanosBelowMs]).toEqual([-1, 999_000]);
    const nanos = read(of('long', 'timestamp-nanos'), long(1_772_424_000_123_456_789n)) as Timestamp;
    expect([nanos.getTime(), nanos.nanosBelowMs]).toEqual([1_772_424_000_123, 456_789]);
  });

  it('without a time zone become ISO 8601 text', () => {
    expect(read(of('int', 'date'), long(20_514n))).toBe('2026-03-02');
    expect(read(of('int', 'date'), long(-1n))).toBe('1969-12-31');
    expect(read(of('int', 'time-millis'), long(3_723_004n))).toBe('01:02:03.004');
    expect(read(of('long', 'time-micros'), long(3_723_000_005n))).toBe('01:02:03.000005');
    expect(read(of('long', 'local-timestamp-millis'), long(1_772_424_000_123n))).toBe(
      '2026-03-02T04:00:00.123',
    );
    expect(read(of('long', 'local-timestamp-micros'), long(1_772_424_000_123_456n))).toBe(
      '2026-03-02T04:00:00.123456',
    );
    expect(read(of('long', 'local-timestamp-nanos'), long(1n))).toBe('1970-01-01T00:00:00.000000001');
  });

  it('of decimals are exact at every width and sign', () => {
    const decimal = of('bytes', 'decimal', { precision: 40, scale: 2 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }),
        (size, any) => {
          const unscaled = BigInt.asIntN(size * 8, any);
          const hex = BigInt.asUintN(size * 8, unscaled)
            .toString(16)
            .padStart(size * 2, '0');
          expect(read(decimal, long(BigInt(size)), Buffer.from(hex, 'hex'))).toEqual(
            new Decimal(unscaled, 2),
          );
        },
      ),
    );
    const fixed = { type: 'fixed', name: 'Amount', size: 4, logicalType: 'decimal', precision: 9, scale: 3 };
    expect(String(read(fixed, Buffer.from([0xff, 0xff, 0xfb, 0x2e])))).toBe('-1.234');
  });

  it('of uuids become their text, from text or sixteen bytes', () => {
    const uuid = '123e4567-e89b-12d3-a456-426614174000';
    expect(read(of('string', 'uuid'), text(uuid))).toBe(uuid);
    const fixed = { type: 'fixed', name: 'Id', size: 16, logicalType: 'uuid' };
    expect(read(fixed, Buffer.from(uuid.replaceAll('-', ''), 'hex'))).toBe(uuid);
  });

  it('with impossible attributes, or unknown ones, leave the value below', () => {
    expect(read(of('bytes', 'decimal', { precision: 2, scale: 5 }), long(1n), Buffer.from([9]))).toEqual(
      new Uint8Array([9]),
    );
    expect(read(of('string', 'date'), text('x'))).toBe('x');
    expect(read(of('long', 'of-a-vendor'), long(5n))).toBe(5n);
  });

  it('beyond the range of dates are refused in place of becoming an invalid date', () => {
    for (const type of ['timestamp-millis', 'timestamp-micros', 'local-timestamp-millis']) {
      const result = readerOf(of('long', type)).read(Buffer.concat([framing, long(2n ** 63n - 1n)]));
      expect(result.ok).toBe(false);
    }
    expect(readerOf(of('int', 'time-millis')).read(Buffer.concat([framing, long(86_400_000n)])).ok).toBe(
      false,
    );
  });
});

describe('records, maps and unions', () => {
  it('keep __proto__ as content, in maps and as a field', () => {
    const map = read(
      { type: 'map', values: 'string' },
      long(1n),
      text('__proto__'),
      text('x'),
      long(0n),
    ) as object;
    expect(Object.entries(map)).toEqual([['__proto__', 'x']]);
    const field = read(
      record({ __proto_: 'string', ['__proto__']: 'string' }),
      text('a'),
      text('b'),
    ) as object;
    expect(Object.entries(field)).toEqual([
      ['__proto_', 'a'],
      ['__proto__', 'b'],
    ]);
  });

  it('read unions that a value alone could not tell apart', () => {
    const branches = [record({ a: 'int' }), { type: 'map', values: 'int' }, 'long', 'int', 'null'];
    expect(read(branches, long(0n), long(1n))).toEqual({ a: 1n });
    expect(read(branches, long(1n), long(1n), text('k'), long(2n), long(0n))).toEqual({ k: 2n });
    expect(read(branches, long(4n))).toBe(null);
  });

  it('name the type of the event, of a top-level union that of its branch', () => {
    const order = readerOf(record({ a: 'int' }));
    expect(order.typeOf(Buffer.concat([framing, long(1n)]))).toBe('shop.Order');
    const several = readerOf([record({ a: 'int' }), { type: 'record', name: 'shop.Refund', fields: [] }]);
    const refund = Buffer.concat([framing, long(1n)]);
    expect(several.typeOf(refund)).toBe('shop.Refund');
    expect(several.read(refund)).toEqual({ ok: true, data: {}, type: 'shop.Refund' });
    expect(several.typeOf(framing)).toBe(null);
    expect(readerOf('string').typeOf(Buffer.concat([framing, text('x')]))).toBe(null);
  });

  it('read a schema whose default does not fit its union', () => {
    const schema = {
      type: 'record',
      name: 'Sloppy',
      fields: [{ name: 'note', type: ['string', 'null'], default: null }],
    };
    expect(read(schema, long(0n), text('x'))).toEqual({ note: 'x' });
  });

  it('read recursive schemas up to a bounded depth', () => {
    const schema = { type: 'record', name: 'Node', fields: [{ name: 'next', type: ['null', 'Node'] }] };
    expect(read(schema, long(1n), long(1n), long(0n))).toEqual({ next: { next: { next: null } } });
    const deep = Buffer.concat([framing, ...Array.from({ length: 100_000 }, () => long(1n)), long(0n)]);
    expect(readerOf(schema).read(deep)).toMatchObject({ ok: false });
  });
});

describe('bytes that do not fit', () => {
  it.each([
    ['a string longer than the value', 'string', long(2n ** 40n)],
    ['an array of a trillion records', { type: 'array', items: record({ a: 'int' }) }, long(2n ** 40n)],
    ['an array of a trillion items without bytes', { type: 'array', items: 'null' }, long(2n ** 40n)],
    ['a negative length', 'bytes', long(-5n)],
    ['a branch that the union lacks', ['null', 'int'], long(2n)],
    ['a symbol that the enum lacks', { type: 'enum', name: 'E', symbols: ['A'] }, long(1n)],
    ['a boolean of 7', 'boolean', Buffer.from([7])],
    ['a number of eleven bytes', 'long', Buffer.alloc(11, 0xff)],
    ['bytes left over', 'int', Buffer.concat([long(1n), long(1n)])],
    ['nothing at all', 'double', Buffer.alloc(0)],
  ])('%s gives a reason at once', (_what, schema, body) => {
    expect(readerOf(schema).read(Buffer.concat([framing, body]))).toMatchObject({ ok: false });
  });

  it('never throw and never loop, whatever they are', () => {
    const schema = record({
      id: 'long',
      name: ['null', 'string'],
      at: { type: 'long', logicalType: 'timestamp-micros' },
      amount: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
      lines: { type: 'array', items: record({ qty: 'int' }) },
      tags: { type: 'map', values: ['null', 'double'] },
    });
    (schema as { fields: { type: { items?: { name: string } } }[] }).fields[4]!.type.items!.name =
      'shop.Line';
    const reader = readerOf(schema);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        expect(typeof reader.read(Buffer.concat([framing, body])).ok).toBe('boolean');
      }),
      { numRuns: 2_000 },
    );
  });
});

it('reads what another implementation writes', () => {
  const schema = record({
    s: 'string',
    d: 'double',
    f: 'float',
    b: 'boolean',
    e: { type: 'enum', name: 'Colour', symbols: ['RED', 'BLUE'] },
    bytes: 'bytes',
    list: { type: 'array', items: ['null', 'string'] },
    map: { type: 'map', values: 'long' },
    fixed: { type: 'fixed', name: 'Four', size: 4 },
  });
  const type = avro.Type.forSchema(schema as Schema, { wrapUnions: false });
  const reader = readerOf(schema);
  for (let round = 0; round < 200; round++) {
    const value = type.random() as unknown as Record<string, unknown>;
    const result = reader.read(Buffer.concat([framing, type.toBuffer(value)]));
    const map = Object.entries(value['map'] as Record<string, number>).map(([key, item]) => [
      key,
      BigInt(item),
    ]);
    expect(result).toEqual({
      ok: true,
      type: 'shop.Order',
      data: {
        ...value,
        f: Math.fround(value['f'] as number),
        bytes: new Uint8Array(value['bytes'] as Buffer),
        fixed: new Uint8Array(value['fixed'] as Buffer),
        map: Object.fromEntries(map),
      },
    });
  }
});
