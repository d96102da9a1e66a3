import avro, { type Type } from 'avsc';

/**
 * How schemas of the registry are parsed. `avsc` checks them and resolves their names; values are read by the
 * readers of this folder, so only what reading needs is asked of the parser:
 * - logical types are kept as marks with their attributes, not turned into conversions;
 * - unions are always "wrapped", because only unwrapped ones can be ambiguous, and no value is ever made;
 * - defaults are dropped: they matter to no reader of the writer's own schema, and a sloppy one (`null` for a union
 *   that begins with `string`) must not make every record of a topic unreadable.
 */
export function parseOptions(): Partial<ForSchemaOptions> {
  const withoutDefaults = new WeakSet<object>();
  return {
    wrapUnions: 'always',
    omitRecordMethods: true,
    logicalTypes: Object.fromEntries(logicalTypeNames.map((name) => [name, LogicalMark])),
    typeHook(schema, options) {
      if (!isRecordSchema(schema) || withoutDefaults.has(schema)) return undefined;
      const stripped = { ...schema, fields: schema.fields.map(withoutDefault) };
      withoutDefaults.add(stripped);
      return avro.Type.forSchema(stripped as Schema, options);
    },
  };
}

type Schema = Parameters<typeof avro.Type.forSchema>[0];
type ForSchemaOptions = NonNullable<Parameters<typeof avro.Type.forSchema>[1]>;

const logicalTypeNames = [
  'decimal',
  'uuid',
  'date',
  'time-millis',
  'time-micros',
  'timestamp-millis',
  'timestamp-micros',
  'timestamp-nanos',
  'local-timestamp-millis',
  'local-timestamp-micros',
  'local-timestamp-nanos',
];

/** A logical type with its attributes, for the reader that is built from the parsed schema. */
export class LogicalMark extends avro.types.LogicalType {
  readonly logicalType: string;
  readonly precision: unknown;
  readonly scale: unknown;

  constructor(schema: Schema, options?: unknown) {
    super(schema, options);
    const attributes = schema as { logicalType: string; precision?: unknown; scale?: unknown };
    this.logicalType = attributes.logicalType;
    this.precision = attributes.precision;
    this.scale = attributes.scale;
  }
}

/** Every named type with its own name, so that errors can say which. */
export function nameOf(type: Type): string | null {
  const below = type instanceof LogicalMark ? type.underlyingType : type;
  return below.name ?? null;
}

interface RecordSchema {
  readonly type: 'record' | 'error';
  readonly fields: readonly Record<string, unknown>[];
}

function isRecordSchema(schema: unknown): schema is RecordSchema {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return false;
  const { type, fields } = schema as { type?: unknown; fields?: unknown };
  return (type === 'record' || type === 'error') && Array.isArray(fields);
}

function withoutDefault(field: Record<string, unknown>): Record<string, unknown> {
  if (!('default' in field)) return field;
  const { default: _dropped, ...rest } = field;
  return rest;
}
