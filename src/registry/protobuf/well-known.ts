import { Timestamp } from '../../model/values.ts';
import type { Root } from './reflection.ts';

/**
 * The types of `google/protobuf/*.proto` that schemas import without the registry holding them. Source: Protocol
 * Buffers documentation, "Well-Known Types".
 */
const wellKnown = {
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
};

const scope = '.google.protobuf.';
const wrapper = /^\.google\.protobuf\.(?:Double|Float|U?Int64|U?Int32|Bool|String|Bytes)Value$/;
/** The largest distance from the epoch that a `Date` takes, ms. Source: ECMA-262, "Time Values and Time Range". */
const maxDateMs = 8.64e15;

/** Adds what the schema and its references did not bring themselves. */
export function addWellKnownTypes(root: Root): void {
  for (const [name, definition] of Object.entries(wellKnown)) {
    if (root.lookup(scope + name) !== null) continue;
    root.addJSON({ google: { nested: { protobuf: { nested: { [name]: definition } } } } });
  }
}

/** Timestamps become instants, wrappers the value they wrap; undefined for every other message. */
export function unwrap(fullName: string, plain: Readonly<Record<string, unknown>>): unknown {
  if (wrapper.test(fullName)) return plain['value'];
  if (fullName !== `${scope}Timestamp`) return undefined;
  const ms = Number(plain['seconds']) * 1_000 + Math.floor(Number(plain['nanos']) / 1e6);
  if (!(Math.abs(ms) <= maxDateMs)) throw new RangeError('a timestamp beyond the range of dates');
  const below = ((Number(plain['nanos']) % 1e6) + 1e6) % 1e6;
  return below === 0 ? new Date(ms) : new Timestamp(ms, below);
}

function message(fields: Readonly<Record<string, string>>): unknown {
  const entries = Object.entries(fields).map(
    ([name, type], index) => [name, { type, id: index + 1 }] as const,
  );
  return { fields: Object.fromEntries(entries) };
}
