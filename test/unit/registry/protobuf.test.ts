import { describe, expect, it } from 'vitest';
import { Decimal, Timestamp } from '../../../src/model/values.ts';
import { ProtobufReader } from '../../../src/registry/protobuf/protobuf-reader.ts';
import { parseProtobuf } from '../../../src/registry/protobuf/schema.ts';
import python from '../../fixtures/python-protobuf.json' with { type: 'json' };

const framing = Buffer.from([0, 0, 0, 0, 7]);

function read(schema: string, imports: readonly string[], body: Buffer): { data: unknown; type: unknown } {
  const result = new ProtobufReader(7, parseProtobuf(schema, imports)).read(Buffer.concat([framing, body]));
  if (!result.ok) throw new Error(result.message);
  return { data: result.data, type: result.type };
}

const first = Buffer.from([0]);

describe('schemas that were registered as binary descriptors, as the Python client does', () => {
  it('are read like those of text: imports, nested messages, maps, oneofs, well-known types', () => {
    expect(read(python.order, [python.money], Buffer.from(python.orderValue, 'base64'))).toEqual({
      type: 'acme.shop.Outer.Inner',
      data: {
        orderId: 'o1',
        big: 9007199254740993n,
        huge: 18446744073709551615n,
        neg: -9007199254740993n,
        fix: 5n,
        total: { cents: 5n, currency: 'CNY', rounding: 'DOWN' },
        lines: [{ cents: 1n, currency: '', rounding: 'UP' }],
        counts: { a: 9007199254740993n },
        at: new Timestamp(Date.UTC(2026, 2, 2, 4, 0, 0, 123), 456_000),
        note: 'hi',
        userid: 'zhang',
        mobile: null,
        opt: null,
        raw: new Uint8Array([0, 255]),
        yes: true,
        d: 1.5,
        f: 0.5,
        took: { seconds: 1n, nanos: 500_000_000n },
        extra: { k: [1, { z: null }], s: 't' },
        byId: { '9007199254740993': { cents: 7n, currency: '', rounding: 'UP' } },
        state: 'OPEN',
        packed: [1n, -2n],
      },
    });
  });

  it('of proto2 keep groups and defaults', () => {
    expect(read(python.legacy, [], Buffer.from(python.legacyValue, 'base64'))).toEqual({
      type: 'Legacy',
      data: { id: 'l', n: 7n, line: [{ sku: 's' }] },
    });
  });

  it('may be imported by a schema of text', () => {
    const schema = `syntax = "proto3"; package acme.other; import "common/money.proto";
      message Paid { acme.common.Money amount = 1; }`;
    expect(read(schema, [python.money], Buffer.from([0, 10, 2, 8, 5]))).toEqual({
      type: 'acme.other.Paid',
      data: { amount: { cents: 5n, currency: '', rounding: 'UP' } },
    });
  });
});

describe('schemas of text', () => {
  it('may begin with an enum: indexes count messages alone', () => {
    const schema = `syntax = "proto3"; package a; enum E { X = 0; Y = 1; }
      message One { E e = 1; } enum F { Z = 0; } message Two { string s = 1; }`;
    expect(read(schema, [], Buffer.concat([first, Buffer.from([8, 1])]))).toEqual({
      type: 'a.One',
      data: { e: 'Y' },
    });
    expect(read(schema, [], Buffer.from([2, 2, 10, 1, 120]))).toEqual({ type: 'a.Two', data: { s: 'x' } });
  });

  it('count their own messages, not those that an import declares in the same package', () => {
    const imported = 'syntax = "proto3"; package a; message Imported { int32 n = 1; }';
    const schema = 'syntax = "proto3"; package a; import "b.proto"; message Own { Imported of = 1; }';
    expect(read(schema, [imported], Buffer.from([0, 10, 2, 8, 5])).type).toBe('a.Own');
  });

  it('may import what the registry itself brings', () => {
    const schema = `syntax = "proto3"; package a; import "confluent/type/decimal.proto";
      message M { confluent.type.Decimal price = 1; google.type.Money paid = 2; google.protobuf.ListValue l = 3; }`;
    const { data } = read(schema, [], Buffer.from([0, 10, 6, 10, 2, 0xff, 0x38, 24, 2]));
    expect(data).toEqual({ price: new Decimal(-200n, 2), paid: null, l: null });
  });

  it('with an import that is missing are refused before their first value', () => {
    expect(() => parseProtobuf('syntax = "proto3"; message M { x.Y y = 1; }', [])).toThrow(/x\.Y/);
  });
});

it.each([
  ['a message that the schema lacks', [2, 8]],
  ['an index that never ends', [0x80, 0x80, 0x80, 0x80, 0x80]],
  ['a text that is cut off', [0, 18, 5, 97]],
  ['a number that is cut off', [0, 8, 0x80]],
])('%s gives a reason, not a fault', (_what, body) => {
  const reader = new ProtobufReader(7, parseProtobuf(python.money, []));
  expect(reader.read(Buffer.concat([framing, Buffer.from(body)]))).toMatchObject({ ok: false });
});
