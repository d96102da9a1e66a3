import type protobuf from 'protobufjs';
import { Timestamp } from '../../model/values.ts';
import { decimalOf } from '../decimal.ts';

/**
 * What schemas import without the registry holding it, by package. Sources: Protocol Buffers documentation,
 * "Well-Known Types"; googleapis, google/type; Confluent Schema Registry, confluent/type.
 */
const wellKnown: Readonly<Record<string, Readonly<Record<string, protobuf.AnyNestedObject>>>> = {
  'google.protobuf': {
    Timestamp: message({ seconds: 'int64', nanos: 'int32' }),
    Duration: message({ seconds: 'int64', nanos: 'int32' }),
    Empty: message({}),
    Any: message({ typeUrl: 'string', value: 'bytes' }),
    DoubleValue: message({ value: 'double' }),
    FloatValue: message({ value: 'float' }),
    Int64Value: message({ value: 'int64' }),
    UInt64Value: message({ value: 'uint64' }),
    Int32Value: message({ value: 'int32' }),
    UInt32Value: message({ value: 'uint32' }),
    BoolValue: message({ value: 'bool' }),
    StringValue: message({ value: 'string' }),
    BytesValue: message({ value: 'bytes' }),
    NullValue: { values: { NULL_VALUE: 0 } },
    FieldMask: { fields: { paths: { id: 1, type: 'string', rule: 'repeated' } } },
    Struct: { fields: { fields: { id: 1, keyType: 'string', type: 'Value' } as protobuf.IMapField } },
    ListValue: { fields: { values: { id: 1, type: 'Value', rule: 'repeated' } } },
    Value: {
      ...message({
        nullValue: 'NullValue',
        numberValue: 'double',
        stringValue: 'string',
        boolValue: 'bool',
        structValue: 'Struct',
        listValue: 'ListValue',
      }),
      oneofs: {
        kind: {
          oneof: ['nullValue', 'numberValue', 'stringValue', 'boolValue', 'structValue', 'listValue'],
        },
      },
    },
  },
  'google.type': {
    Date: message({ year: 'int32', month: 'int32', day: 'int32' }),
    TimeOfDay: message({ hours: 'int32', minutes: 'int32', seconds: 'int32', nanos: 'int32' }),
    Money: message({ currencyCode: 'string', units: 'int64', nanos: 'int32' }),
    Decimal: message({ value: 'string' }),
    LatLng: message({ latitude: 'double', longitude: 'double' }),
  },
  'confluent.type': { Decimal: message({ value: 'bytes', precision: 'uint32', scale: 'int32' }) },
};

const wrapper = /^\.google\.protobuf\.(?:Double|Float|U?Int64|U?Int32|Bool|String|Bytes)Value$/;
/** The largest distance from the epoch that a `Date` takes, ms. Source: ECMA-262, "Time Values and Time Range". */
const maxDateMs = 8.64e15;

/** Adds what the schema and its references did not bring themselves. */
export function addWellKnownTypes(root: protobuf.Root): void {
  for (const [scope, definitions] of Object.entries(wellKnown)) {
    for (const [name, definition] of Object.entries(definitions)) {
      if (root.lookup(`.${scope}.${name}`) === null) root.define(scope).addJSON({ [name]: definition });
    }
  }
}

/** Types that stand for a plain value become it: instants, wrappers, JSON, decimals; undefined for every other message. */
export function unwrap(fullName: string, plain: Readonly<Record<string, unknown>>): unknown {
  if (wrapper.test(fullName)) return plain['value'];
  switch (fullName) {
    case '.google.protobuf.Timestamp':
      return instant(Number(plain['seconds']), Number(plain['nanos']));
    case '.google.protobuf.Struct':
      return plain['fields'];
    case '.google.protobuf.ListValue':
      return plain['values'];
    case '.google.protobuf.Value': {
      const { nullValue: _null, ...kinds } = plain;
      return Object.values(kinds).find((kind) => kind !== null) ?? null;
    }
    case '.confluent.type.Decimal':
      return decimalOf(plain['value'] as Uint8Array, Number(plain['scale'])) ?? undefined;
    default:
      return undefined;
  }
}

function instant(seconds: number, nanos: number): Date {
  const ms = seconds * 1_000 + Math.floor(nanos / 1e6);
  if (!(Math.abs(ms) <= maxDateMs)) throw new RangeError('a timestamp beyond the range of dates');
  const below = ((nanos % 1e6) + 1e6) % 1e6;
  return below === 0 ? new Date(ms) : new Timestamp(ms, below);
}

function message(fields: Readonly<Record<string, string>>): protobuf.IType {
  const entries = Object.entries(fields).map(
    ([name, type], index) => [name, { type, id: index + 1 }] as const,
  );
  return { fields: Object.fromEntries(entries) };
}
