import protobuf from 'protobufjs';
import { unwrap } from './well-known.ts';

/**
 * A decoded message as plain data: whole numbers as `bigint`, enums by name, bytes copied. A field that is absent is
 * null where absence can be told (messages, `optional`, members of a `oneof`), else its type's default.
 */
export function plainMessage(type: protobuf.Type, message: object): unknown {
  const given = message as Readonly<Record<string, unknown>>;
  const plain: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value = Object.hasOwn(message, field.name) ? given[field.name] : undefined;
    setOwn(plain, field.name, plainField(field, value));
  }
  const unwrapped = unwrap(type.fullName, plain);
  return unwrapped === undefined ? plain : unwrapped;
}

function plainField(field: protobuf.Field, value: unknown): unknown {
  if (field.repeated) return ((value ?? []) as unknown[]).map((item) => plainValue(field, item));
  if (field instanceof protobuf.MapField) return plainMap(field, (value ?? {}) as Record<string, unknown>);
  if (value !== undefined && value !== null) return plainValue(field, value);
  const isMessage = field.resolvedType instanceof protobuf.Type;
  const tellsAbsence = field.partOf !== null || field.options?.['proto3_optional'] === true || isMessage;
  return tellsAbsence ? null : plainValue(field, field.typeDefault);
}

function plainMap(field: protobuf.MapField, map: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  const wideKeys = /64$/.test(field.keyType);
  for (const key of Object.keys(map)) {
    setOwn(plain, wideKeys ? wideKey(key, field.keyType) : key, plainValue(field, map[key]));
  }
  return plain;
}

function plainValue(field: protobuf.FieldBase, value: unknown): unknown {
  const { type, resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return plainMessage(resolvedType, value as object);
  if (resolvedType !== null) return resolvedType.valuesById[value as number] ?? BigInt(value as number);
  if (type === 'bytes') return new Uint8Array(value as Uint8Array);
  if (/32$|64$/.test(type)) return typeof value === 'number' ? BigInt(value) : BigInt(String(value));
  return value;
}

/** The library keeps the keys of such maps as eight characters of one byte each, the lowest first. */
function wideKey(hash: string, keyType: string): string {
  if (hash.length !== 8) return hash;
  const bits = Buffer.from(hash, 'latin1').readBigUInt64LE(0);
  return String(keyType.startsWith('u') || keyType === 'fixed64' ? bits : BigInt.asIntN(64, bits));
}

function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
