import avro, { type Type } from 'avsc';
import { type LogicalAttributes, readLogical, type ReadValue } from './logical.ts';
import { LogicalMark } from './schema.ts';
import { AvroDataError, type Tap } from './tap.ts';

/**
 * Turns a parsed schema into one function that reads its values as plain data: whole numbers as `bigint`, floats and
 * doubles as `number`, enums and strings as text, bytes as `Uint8Array`, records and maps as objects whose every key
 * is the object's own, `__proto__` included. Union branches leave no trace in the value.
 */
export function compileReader(type: Type): ReadValue {
  return new Compiler().compile(type);
}

class Compiler {
  /** Recursive schemas meet a type again while it is being compiled. */
  readonly #compiled = new Map<Type, ReadValue>();

  compile(type: Type): ReadValue {
    const known = this.#compiled.get(type);
    if (known !== undefined) return known;
    let reader: ReadValue | null = null;
    const late: ReadValue = (tap) => (reader as ReadValue)(tap);
    this.#compiled.set(type, late);
    reader = this.#build(type);
    this.#compiled.set(type, reader);
    return reader;
  }

  #build(type: Type): ReadValue {
    if (type instanceof LogicalMark)
      return readLogical(attributesOf(type)) ?? this.compile(type.underlyingType);
    if (type instanceof avro.types.RecordType) return this.#record(type);
    if (type instanceof avro.types.ArrayType) return arrayReader(this.compile(type.itemsType));
    if (type instanceof avro.types.MapType) return mapReader(this.compile(type.valuesType as Type));
    if (type instanceof avro.types.EnumType) return enumReader(type.symbols);
    if (type instanceof avro.types.WrappedUnionType)
      return unionReader(type.types.map((branch) => this.compile(branch)));
    if (type instanceof avro.types.FixedType) return (tap) => tap.readFixed(type.size);
    const primitive = primitives[type.typeName];
    if (primitive === undefined) throw new AvroDataError(`no reader for the Avro type "${type.typeName}"`);
    return primitive;
  }

  #record(type: InstanceType<typeof avro.types.RecordType>): ReadValue {
    const names = type.fields.map((field) => field.name);
    const readers = type.fields.map((field) => this.compile(field.type));
    const set = names.includes('__proto__') ? setOwn : setPlainly;
    return (tap) => {
      tap.enter();
      const record: Record<string, unknown> = {};
      for (let index = 0; index < names.length; index++) {
        set(record, names[index] as string, (readers[index] as ReadValue)(tap));
      }
      tap.leave();
      return record;
    };
  }
}

const primitives: Readonly<Record<string, ReadValue>> = {
  null: () => null,
  boolean: readBoolean,
  int: (tap) => tap.readLong(),
  long: (tap) => tap.readLong(),
  float: (tap) => tap.readFloat(),
  double: (tap) => tap.readDouble(),
  string: (tap) => tap.readString(),
  bytes: (tap) => tap.readBytes(),
};

function readBoolean(tap: Tap): boolean {
  const byte = tap.readByte();
  if (byte > 1) throw new AvroDataError(`neither true nor false before byte ${tap.position}`);
  return byte === 1;
}

function attributesOf(mark: LogicalMark): LogicalAttributes {
  const below = mark.underlyingType;
  return {
    logicalType: mark.logicalType,
    underlying: below.typeName,
    size: below instanceof avro.types.FixedType ? below.size : null,
    precision: mark.precision,
    scale: mark.scale,
  };
}

/** A plain assignment to `__proto__` would change the object's prototype in place of its content. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

function setPlainly(target: Record<string, unknown>, key: string, value: unknown): void {
  target[key] = value;
}

function arrayReader(readItem: ReadValue): ReadValue {
  return (tap) => {
    tap.enter();
    const items: unknown[] = [];
    for (let count = tap.readBlockCount(); count > 0; count = tap.readBlockCount()) {
      for (; count > 0; count--) {
        const before = tap.position;
        items.push(readItem(tap));
        tap.countItem(before);
      }
    }
    tap.leave();
    return items;
  };
}

function mapReader(readItem: ReadValue): ReadValue {
  return (tap) => {
    tap.enter();
    const map: Record<string, unknown> = {};
    for (let count = tap.readBlockCount(); count > 0; count = tap.readBlockCount()) {
      for (; count > 0; count--) setOwn(map, tap.readString(), readItem(tap));
    }
    tap.leave();
    return map;
  };
}

function enumReader(symbols: readonly string[]): ReadValue {
  return (tap) => {
    const symbol = symbols[tap.readNumber()];
    if (symbol === undefined)
      throw new AvroDataError(`an enum symbol that the schema lacks before byte ${tap.position}`);
    return symbol;
  };
}

function unionReader(branches: readonly ReadValue[]): ReadValue {
  return (tap) => {
    const branch = branches[tap.readNumber()];
    if (branch === undefined)
      throw new AvroDataError(`a union branch that the schema lacks before byte ${tap.position}`);
    return branch(tap);
  };
}
