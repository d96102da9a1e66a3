import { Ajv, type SchemaObject } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseExactJsonBytes } from '../base/exact-json.ts';
import type { ReadResult, SchemaReader } from './reader.ts';

/** Magic byte and four bytes of schema id. Source: Confluent "Wire format". */
const framingBytes = 5;

type Check = ReturnType<Validator['compile']>;
type Validator = Pick<Ajv, 'addSchema' | 'compile'>;

/** A schema that another one refers to. */
export interface ReferencedSchema {
  /** What the one that refers to it calls it. */
  readonly name: string;
  readonly schema: string;
  /** Where that one stands among all; null = it is the schema itself that was asked for. */
  readonly parent: ReferencedSchema | null;
}

/** Reads JSON that was written with a JSON Schema: exact numbers, and only what the schema allows. */
export class JsonSchemaReader implements SchemaReader {
  readonly kind = 'json';
  readonly schemaId: number;
  readonly #check: Check | null;

  /** `references`: all that the schema needs, each after the one that refers to it. @throws when it cannot be used. */
  constructor(schemaId: number, schema: string, references: readonly ReferencedSchema[]) {
    this.schemaId = schemaId;
    this.#check = compile(schema, references);
  }

  typeOf(): string | null {
    return null;
  }

  read(framed: Buffer): ReadResult {
    const body = framed.subarray(framingBytes);
    const parsed = parseExactJsonBytes(body);
    if (!parsed.ok) return parsed;
    const check = this.#check;
    if (check === null || check(plainNumbers(parsed.value)))
      return { ok: true, data: parsed.value, type: null };
    const faults = (check.errors ?? []).map(({ instancePath, message }) =>
      `${instancePath} ${message}`.trim(),
    );
    return { ok: false, message: `the value does not fit schema ${this.schemaId}: ${faults.join('; ')}` };
  }
}

/** The validator knows no `bigint`; for its questions (type, range) the nearest double is near enough. */
function plainNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plainNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainNumbers(item)]));
}

/**
 * The check of the draft that a schema names. Null for a draft that no validator knows (04 and older): it is read
 * unchecked, because refusing every record of such a topic helps nobody.
 */
function compile(text: string, references: readonly ReferencedSchema[]): Check | null {
  const schema = parseSchema(text);
  const validator = validatorFor(typeof schema.$schema === 'string' ? schema.$schema : null);
  if (validator === null) return null;
  /** Under which ids each is known; what it refers to is looked for from there. */
  const places = new Map<ReferencedSchema | null, readonly string[]>([[null, [idOf(schema) ?? '']]]);
  const taken = new Set<string>();
  for (const reference of references) {
    const parsed = parseSchema(reference.schema);
    const seen = (places.get(reference.parent) ?? ['']).map((place) => resolve(reference.name, place));
    // Producers refer to it by its own id, by its name in the registry, or by that name seen from where they stand.
    const ids = [...new Set([idOf(parsed) ?? [], seen, reference.name].flat())];
    places.set(reference, ids);
    for (const id of ids) {
      if (!taken.has(id)) validator.addSchema({ ...parsed, $id: id }, id);
      taken.add(id);
    }
  }
  return validator.compile(schema);
}

function parseSchema(text: string): SchemaObject {
  return JSON.parse(text) as SchemaObject;
}

function idOf({ $id }: SchemaObject): string | null {
  return $id === undefined || $id === '' ? null : $id;
}

function resolve(name: string, base: string): string {
  return URL.canParse(name, base) ? new URL(name, base).href : name;
}

/** Unknown keywords and formats are remarks for people, not faults. */
const lenient = { strict: false, logger: false, validateFormats: false, addUsedSchema: false } as const;

function validatorFor(dialect: string | null): Validator | null {
  if (dialect === null || dialect.includes('draft-07')) return new Ajv(lenient);
  if (dialect.includes('draft-06')) return new Ajv({ ...lenient, validateSchema: false });
  if (dialect.includes('2019-09')) return new Ajv2019(lenient);
  if (dialect.includes('2020-12')) return new Ajv2020(lenient);
  return null;
}
