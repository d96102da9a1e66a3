import protobuf from 'protobufjs';
import descriptors from 'protobufjs/ext/descriptor/index.js';

/**
 * Schemas that were registered in binary form: a `FileDescriptorProto` in base 64, as the Python and .NET clients
 * register them. The registry gives back what it got, so no schema text ever exists. Source: Protocol Buffers,
 * descriptor.proto; for the form that is made of it protobufjs, "Reflection JSON".
 */
interface FileDescriptor {
  readonly package: string;
  readonly messageType: readonly MessageDescriptor[];
  readonly enumType: readonly EnumDescriptor[];
}

interface MessageDescriptor {
  readonly name: string;
  readonly field: readonly FieldDescriptor[];
  readonly nestedType: readonly MessageDescriptor[];
  readonly enumType: readonly EnumDescriptor[];
  readonly oneofDecl: readonly { readonly name: string }[];
  readonly options: { readonly mapEntry?: boolean } | null;
}

interface FieldDescriptor {
  readonly name: string;
  readonly number: number;
  readonly label: number;
  readonly type: number;
  readonly typeName: string;
  readonly defaultValue: string;
  readonly oneofIndex?: number;
}

interface EnumDescriptor {
  readonly name: string;
  readonly value: readonly { readonly name: string; readonly number: number }[];
}

export interface SchemaFile {
  /** "" for none. */
  readonly package: string;
  /** Names of the messages that the file declares outside of others, in order. */
  readonly messages: readonly string[];
  readonly nested: Readonly<Record<string, protobuf.AnyNestedObject>>;
}

/** The file of a schema that is no text; null when it is text, which base 64 never is: it has no punctuation. */
export function fileOfDescriptor(schema: string): SchemaFile | null {
  if (!/^[A-Za-z0-9+/]+={0,2}\s*$/.test(schema)) return null;
  const bytes = Buffer.from(schema, 'base64');
  const file = descriptors.FileDescriptorProto.decode(bytes) as unknown as FileDescriptor;
  return {
    package: file.package,
    messages: file.messageType.map(({ name }) => name),
    nested: nestedOf(file.messageType, file.enumType),
  };
}

function nestedOf(
  messages: readonly MessageDescriptor[],
  enums: readonly EnumDescriptor[],
  /** Names of messages that end with a tag of their own in place of beginning with their length. */
  groups: readonly string[] = [],
): Record<string, protobuf.AnyNestedObject> {
  const nested: Record<string, protobuf.AnyNestedObject> = {};
  for (const message of messages) nested[message.name] = typeOf(message, groups.includes(message.name));
  for (const { name, value } of enums) {
    const values = value.map((one) => [one.name, one.number] as const);
    nested[name] = { values: Object.fromEntries(values), options: { allow_alias: true } };
  }
  return nested;
}

/** Entries of maps stay among the nested types although no field names them any more: message indexes count them. */
function typeOf(message: MessageDescriptor, group = false): protobuf.IType {
  const fields: Record<string, protobuf.IField> = {};
  const members: string[][] = message.oneofDecl.map(() => []);
  for (const field of message.field) {
    const name = protobuf.util.camelCase(field.name);
    fields[name] = fieldOf(field, message.nestedType);
    if (Object.hasOwn(field, 'oneofIndex')) members[field.oneofIndex ?? 0]?.push(name);
  }
  const groups = message.field.filter(({ type }) => type === groupType).map(lastName);
  const nested = nestedOf(message.nestedType, message.enumType, groups);
  const oneofs = message.oneofDecl.map(({ name }, index) => [name, { oneof: members[index] ?? [] }] as const);
  return { fields, oneofs: Object.fromEntries(oneofs), nested, ...(group ? { group } : {}) };
}

function fieldOf(field: FieldDescriptor, nested: readonly MessageDescriptor[]): protobuf.IField {
  const entry = nested.find(({ name, options }) => options?.mapEntry === true && name === lastName(field));
  const [key, value] = entry?.field ?? [];
  if (key !== undefined && value !== undefined) {
    const map: protobuf.IMapField = { id: field.number, keyType: typeNameOf(key), type: typeNameOf(value) };
    return map;
  }
  const rule = rules[field.label];
  const options = defaultOf(field);
  return {
    id: field.number,
    type: typeNameOf(field),
    ...(rule === undefined ? {} : { rule }),
    ...(options === null ? {} : { options }),
  };
}

function lastName({ typeName }: FieldDescriptor): string {
  return typeName.slice(typeName.lastIndexOf('.') + 1);
}

/** `FieldDescriptorProto.Label`; 1 is optional. */
const rules: Readonly<Record<number, string>> = { 2: 'required', 3: 'repeated' };
/** `FieldDescriptorProto.Type` of groups. */
const groupType = 10;
const scalars = descriptors.FieldDescriptorProto.lookupEnum('Type').valuesById;

function typeNameOf({ type, typeName }: Pick<FieldDescriptor, 'type' | 'typeName'>): string {
  return typeName === '' ? (scalars[type] ?? '').replace('TYPE_', '').toLowerCase() : typeName;
}

/** Defaults of proto2; those of bytes are escaped text, which nobody needs. */
function defaultOf({ defaultValue, type, typeName }: FieldDescriptor): Record<string, unknown> | null {
  const name = typeNameOf({ type, typeName });
  if (defaultValue === '' || name === 'bytes') return null;
  if (name === 'bool') return { default: defaultValue === 'true' };
  return { default: name === 'string' || typeName !== '' ? defaultValue : Number(defaultValue) };
}
