import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { messageOf } from '../base/errors.ts';
import { AvroReader } from './avro/avro-reader.ts';
import { parseOptions } from './avro/schema.ts';
import { RegistryUnavailableError } from './errors.ts';
import { type RegistryHttp, RegistryRefusal } from './http.ts';
import { JsonSchemaReader, type ReferencedSchema } from './json-schema.ts';
import { unknownSchema } from './lookups.ts';
import { ProtobufReader } from './protobuf/protobuf-reader.ts';
import { parseProtobuf } from './protobuf/schema.ts';
import type { SchemaLookup, SchemaReader } from './reader.ts';

/** "Schema not found", "subject not found", "version not found". Source: Confluent Schema Registry API reference. */
const notFoundCodes = new Set([40401, 40402, 40403]);

type ClientArguments = ConstructorParameters<typeof SchemaRegistry>[0];
type Middleware = NonNullable<ClientArguments['middlewares']>[number];

/** The named client, and what it does not do itself. */
export interface RegistryClient {
  readonly library: SchemaRegistry;
  readonly http: RegistryHttp;
  /** Answers that were fetched already, by path; the client gets them in place of asking again. */
  readonly atHand: Map<string, unknown>;
}

/**
 * The named client, with our transport in place of its own: it resolves references and parses schemas, but its HTTP
 * stack has no deadline for the body, forgets the registry's error code and retries on real time.
 */
export function createClient(http: RegistryHttp): RegistryClient {
  const atHand = new Map<string, unknown>();
  const library = new SchemaRegistry(
    { host: http.address, middlewares: [transport(http, atHand)] },
    { [SchemaType.AVRO]: parseOptions() },
  );
  return { library, http, atHand };
}

/** The last middleware is the outermost: it answers itself and never calls on. */
function transport(http: RegistryHttp, atHand: ReadonlyMap<string, unknown>): Middleware {
  return () => ({
    async response(_next, _renew, request) {
      const path = request.url().slice(http.address.length);
      // The client has turned it into JSON text by now.
      const body = request.body() as string | null | undefined;
      const method = request.method().toUpperCase() as 'GET' | 'POST' | 'PUT';
      const data = atHand.get(path) ?? (await http.request(method, path, body ?? null));
      // All that the client asks of a response is its parsed body.
      return { data: () => data } as never;
    },
  });
}

/** A schema as the registry stores it. */
interface Stored {
  readonly schema?: unknown;
  /** Absent for Avro. */
  readonly schemaType?: unknown;
  readonly references?: readonly {
    readonly name: unknown;
    readonly subject: string;
    readonly version: number;
  }[];
}

/** Asks for a schema once and compiles its reader. Never rejects. */
export async function fetchReader(client: RegistryClient, schemaId: number): Promise<SchemaLookup> {
  const path = `/schemas/ids/${schemaId}`;
  try {
    const stored = (await client.http.request('GET', path, null)) as Stored;
    if (stored.schemaType === 'PROTOBUF' || stored.schemaType === 'JSON') {
      const references = await referencesOf(client.http, stored);
      return { kind: 'reader', reader: readerWith(schemaId, stored, references) };
    }
    client.atHand.set(path, stored);
    const schema: unknown = await client.library.getSchema(schemaId);
    const type = client.library.cache.getSchema(schemaId)?.type;
    return { kind: 'reader', reader: avroReader(schemaId, type, schema) };
  } catch (thrown) {
    if (thrown instanceof RegistryUnavailableError) return { kind: 'unavailable', error: thrown };
    if (thrown instanceof RegistryRefusal) return refused(schemaId, thrown);
    return { kind: 'unusable', message: `schema ${schemaId} cannot be used: ${messageOf(thrown)}` };
  } finally {
    client.atHand.delete(path);
  }
}

/** The schemas that one refers to, and theirs, each after the one that refers to it; one that several refer to once for each. */
async function referencesOf(
  http: RegistryHttp,
  { references = [] }: Stored,
  parent: ReferencedSchema | null = null,
  fetched = new Map<string, Stored>(),
): Promise<readonly ReferencedSchema[]> {
  const found: ReferencedSchema[] = [];
  for (const { name, subject, version } of references) {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    const known = fetched.get(path);
    const stored = known ?? ((await http.request('GET', path, null)) as Stored);
    fetched.set(path, stored);
    const reference = { name: String(name), schema: String(stored.schema), parent };
    found.push(reference);
    if (known === undefined) found.push(...(await referencesOf(http, stored, reference, fetched)));
  }
  return found;
}

function readerWith(
  schemaId: number,
  { schemaType, schema }: Stored,
  references: readonly ReferencedSchema[],
): SchemaReader {
  if (schemaType === 'JSON') return new JsonSchemaReader(schemaId, String(schema), references);
  const imports = [...new Set(references.map((reference) => reference.schema))];
  return new ProtobufReader(schemaId, parseProtobuf(String(schema), imports));
}

function refused(schemaId: number, refusal: RegistryRefusal): SchemaLookup {
  if (refusal.errorCode === 40403) return unknownSchema(schemaId);
  if (notFoundCodes.has(refusal.errorCode)) {
    return {
      kind: 'schema_not_found',
      message: `schema ${schemaId} refers to a schema that is missing: ${refusal.message}`,
    };
  }
  const message = `the schema registry refuses to give schema ${schemaId}: ${refusal.message} (${refusal.errorCode})`;
  return { kind: 'unavailable', error: new RegistryUnavailableError(message, refusal) };
}

function avroReader(schemaId: number, type: SchemaType | undefined, schema: unknown): SchemaReader {
  if (type !== SchemaType.AVRO)
    throw new TypeError('the registry names a type of schema that nobody here reads');
  return new AvroReader(schemaId, schema as ConstructorParameters<typeof AvroReader>[1]);
}
