import type { RegistryUnavailableError } from './errors.ts';

/** What is needed to read values that were written with one schema of the registry; compiled once per schema id. */
export interface SchemaReader {
  readonly schemaId: number;
  readonly kind: 'avro' | 'json' | 'protobuf';
  /**
   * The full name of the type that a value carries (an Avro record, a Protobuf message), found without decoding the
   * value; null when it has none (JSON Schema, a bare Avro primitive) or the bytes do not tell. Never throws.
   */
  typeOf(framed: Buffer): string | null;
  /** Decodes a value, its five bytes of framing included. Never throws: bytes that do not fit give a reason. */
  read(framed: Buffer): ReadResult;
}

export type ReadResult =
  | { readonly ok: true; readonly data: unknown; readonly type: string | null }
  /** `message` is for people and quotes nothing of the value. */
  | { readonly ok: false; readonly message: string };

/** What the registry has to say about a schema id. */
export type SchemaLookup =
  | { readonly kind: 'reader'; readonly reader: SchemaReader }
  /** The registry was asked repeatedly and does not know the id. */
  | { readonly kind: 'schema_not_found'; readonly message: string }
  /** The registry knows the id, but nobody can read with that schema. */
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly error: RegistryUnavailableError };

/** Where decoding gets its readers from. */
export interface SchemaReaders {
  /** At once when the answer is cached, so that the common record costs no promise. The promise never rejects. */
  readerFor(schemaId: number): SchemaLookup | Promise<SchemaLookup>;
  /** The reader if it is cached already; null tells nothing about the registry. */
  cachedReader(schemaId: number): SchemaReader | null;
}
