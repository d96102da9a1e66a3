import type { Environment } from '@marcbachmann/cel-js';
import type { EventSchemaFile } from '../../config/config.ts';

/** What an Avro schema says of a value, as far as expressions, templates and samples need it. */
export type AvroType =
  | { readonly kind: 'int' | 'double' | 'string' | 'bool' | 'bytes' | 'null' | 'any' }
  | { readonly kind: 'timestamp'; readonly unit: 'millis' | 'micros' | 'nanos' | 'days' }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'list'; readonly item: AvroType }
  | { readonly kind: 'map'; readonly value: AvroType }
  | { readonly kind: 'record'; readonly name: string; readonly fields: ReadonlyMap<string, AvroType> }
  | { readonly kind: 'nullable'; readonly of: AvroType };

export interface AvroSchemas {
  /** Records by full name: the type of an event that is encoded with that schema. */
  readonly records: ReadonlyMap<string, AvroType & { kind: 'record' }>;
  readonly problems: readonly { readonly file: string; readonly message: string }[];
}

const primitives: Readonly<Record<string, AvroType>> = {
  null: { kind: 'null' },
  boolean: { kind: 'bool' },
  int: { kind: 'int' },
  long: { kind: 'int' },
  float: { kind: 'double' },
  double: { kind: 'double' },
  bytes: { kind: 'bytes' },
  string: { kind: 'string' },
};

const maxDepth = 40;

/** Reads the schemas of all files; names defined in one file may be used in those that come after it. */
export function readAvroSchemas(files: readonly EventSchemaFile[]): AvroSchemas {
  const named = new Map<string, AvroType>();
  const problems: { file: string; message: string }[] = [];
  const records = new Map<string, AvroType & { kind: 'record' }>();
  for (const { file, schema } of files) {
    const report = (message: string): AvroType => {
      problems.push({ file, message });
      return { kind: 'any' };
    };
    const types = Array.isArray(schema) ? (schema as unknown[]) : [schema];
    for (const type of types) {
      const read = readType(type, '', named, report, 0);
      if (read.kind === 'record') records.set(read.name, read);
      else report('an event schema must be a record');
    }
  }
  return { records, problems };
}

type Report = (message: string) => AvroType;

function readType(
  schema: unknown,
  namespace: string,
  named: Map<string, AvroType>,
  report: Report,
  depth: number,
): AvroType {
  if (depth > maxDepth) return report(`the schema is nested more than ${maxDepth} levels deep`);
  if (typeof schema === 'string') {
    const known =
      (Object.hasOwn(primitives, schema) ? primitives[schema] : undefined) ??
      named.get(schema) ??
      named.get(`${namespace}.${schema}`);
    return known ?? report(`the schema uses the type ${schema.slice(0, 100)}, which is not defined`);
  }
  if (Array.isArray(schema)) return readUnion(schema, namespace, named, report, depth);
  if (typeof schema !== 'object' || schema === null) return report('a schema is a name, a list or an object');
  const object = schema as Record<string, unknown>;
  const logical = readLogical(object);
  if (logical !== null) return logical;
  switch (object['type']) {
    case 'record':
    case 'error':
      return readRecord(object, namespace, named, report, depth);
    case 'enum': {
      const symbols = Array.isArray(object['symbols']) ? object['symbols'].map(String) : [];
      return define(object, namespace, named, { kind: 'enum', symbols });
    }
    case 'fixed':
      return define(object, namespace, named, { kind: 'bytes' });
    case 'array':
      return { kind: 'list', item: readType(object['items'], namespace, named, report, depth + 1) };
    case 'map':
      return { kind: 'map', value: readType(object['values'], namespace, named, report, depth + 1) };
    default:
      return readType(object['type'], namespace, named, report, depth + 1);
  }
}

function readLogical(schema: Record<string, unknown>): AvroType | null {
  const scale = typeof schema['scale'] === 'number' ? schema['scale'] : 0;
  switch (schema['logicalType']) {
    case 'timestamp-millis':
      return { kind: 'timestamp', unit: 'millis' };
    case 'timestamp-micros':
      return { kind: 'timestamp', unit: 'micros' };
    case 'timestamp-nanos':
      return { kind: 'timestamp', unit: 'nanos' };
    case 'date':
      return { kind: 'timestamp', unit: 'days' };
    case 'decimal':
      return { kind: 'decimal', scale };
    default:
      return null;
  }
}

function readUnion(
  branches: readonly unknown[],
  namespace: string,
  named: Map<string, AvroType>,
  report: Report,
  depth: number,
): AvroType {
  const types = branches.map((branch) => readType(branch, namespace, named, report, depth + 1));
  const some = types.filter((type) => type.kind !== 'null');
  const [only, second] = some;
  if (only === undefined) return { kind: 'null' };
  if (second !== undefined) return { kind: 'any' };
  return some.length === types.length ? only : { kind: 'nullable', of: only };
}

function readRecord(
  schema: Record<string, unknown>,
  namespace: string,
  named: Map<string, AvroType>,
  report: Report,
  depth: number,
): AvroType {
  const name = fullName(schema, namespace);
  const fields = new Map<string, AvroType>();
  const record: AvroType = { kind: 'record', name, fields };
  // Known before its fields are read: a record may contain itself.
  named.set(name, record);
  const inner = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '';
  const found: unknown = schema['fields'];
  if (name === '' || !Array.isArray(found)) return report('a record needs a name and a list of fields');
  for (const field of found as unknown[]) {
    if (typeof field !== 'object' || field === null || !('name' in field) || !('type' in field)) {
      return report(`a field of ${name} needs a name and a type`);
    }
    fields.set(String(field.name), readType(field.type, inner, named, report, depth + 1));
  }
  return record;
}

function define(
  schema: Record<string, unknown>,
  namespace: string,
  named: Map<string, AvroType>,
  type: AvroType,
): AvroType {
  named.set(fullName(schema, namespace), type);
  return type;
}

function fullName(schema: Record<string, unknown>, namespace: string): string {
  const name = typeof schema['name'] === 'string' ? schema['name'] : '';
  if (name.includes('.')) return name;
  const own = typeof schema['namespace'] === 'string' ? schema['namespace'] : namespace;
  return own === '' ? name : `${own}.${name}`;
}

/** Declares the records in a checking environment and gives the name of each type there. */
export class CelTypes {
  readonly #env: Environment;
  readonly #names = new Map<AvroType, string>();
  /** What the made-up names stand for, for messages. */
  readonly shown = new Map<string, AvroType & { kind: 'record' }>();

  constructor(env: Environment) {
    this.#env = env;
    for (const type of ['string', 'int', 'double', 'bool', 'bytes', 'google.protobuf.Timestamp', 'Decimal']) {
      env.registerOperator(`${type} == null`, () => false);
    }
  }

  nameOf(type: AvroType): string {
    switch (type.kind) {
      case 'int':
      case 'double':
      case 'string':
      case 'bool':
      case 'bytes':
        return type.kind;
      case 'enum':
        return 'string';
      case 'timestamp':
        return 'google.protobuf.Timestamp';
      case 'decimal':
        return 'Decimal';
      case 'list':
        return `list<${this.nameOf(type.item)}>`;
      case 'map':
        return `map<string, ${this.nameOf(type.value)}>`;
      case 'record':
        return this.#record(type);
      case 'nullable':
        // Lists and maps have no comparison with null that could be declared, so these stay unchecked.
        return type.of.kind === 'list' || type.of.kind === 'map' ? 'dyn' : this.nameOf(type.of);
      case 'null':
      case 'any':
        return 'dyn';
    }
  }

  #record(type: AvroType & { kind: 'record' }): string {
    const known = this.#names.get(type);
    if (known !== undefined) return known;
    // While its fields are declared the record itself cannot be named: a recursive field stays unchecked.
    this.#names.set(type, 'dyn');
    const fields: Record<string, string> = {};
    for (const [field, inner] of type.fields) fields[field] = this.nameOf(inner);
    const name = `Record${this.shown.size + 1}`;
    this.#env.registerType(name, { fields });
    this.#env.registerOperator(`${name} == null`, () => false);
    this.#names.set(type, name);
    this.shown.set(name, type);
    return name;
  }
}
