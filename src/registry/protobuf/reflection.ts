/**
 * The part of protobufjs that is used, as the registry client hands it over. The client's own types hide it, and the
 * library itself is not imported here, so that values are read by the very version that parsed the schema.
 */
export interface MessageType {
  readonly className?: string;
  readonly name: string;
  /** With a leading dot. */
  readonly fullName: string;
  readonly root: Root;
  readonly parent: Namespace;
  readonly nestedArray: readonly ReflectionObject[];
  readonly fieldsArray: readonly Field[];
  decode(bytes: Uint8Array): Readonly<Record<string, unknown>>;
}

export interface Field {
  readonly name: string;
  /** The scalar's name, or the name of a message or enum. */
  readonly type: string;
  readonly repeated: boolean;
  readonly map: boolean;
  /** Only for maps. */
  readonly keyType?: string;
  readonly typeDefault: unknown;
  readonly partOf: unknown;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly resolvedType: MessageType | EnumType | null;
}

export interface EnumType {
  readonly valuesById: Readonly<Record<number, string>>;
}

export interface Namespace {
  readonly nestedArray: readonly ReflectionObject[];
}

export interface Root extends Namespace {
  lookup(path: string): unknown;
  addJSON(nested: Readonly<Record<string, unknown>>): unknown;
  resolveAll(): unknown;
}

export type ReflectionObject = MessageType | EnumType | Namespace;

export function isMessageType(object: ReflectionObject): object is MessageType {
  return 'fieldsArray' in object;
}
