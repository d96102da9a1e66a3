import { Ajv } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseExactJsonBytes } from '../base/exact-json.ts';
import type { ReadResult, SchemaReader } from './reader.ts';

/** Magic byte and four bytes of schema id. Source: Confluent "Wire format". */
const framingBytes = 5;

/** What the client library gives for a JSON Schema: a check of parsed values. */
export interface JsonCheck {
  isValid(
    value: unknown,
    options: { errorHook: (path: string[], message: unknown, schema?: unknown) => void },
  ): boolean;
}

/** Reads JSON that was written with a JSON Schema: exact numbers, and only what the schema allows. */
export class JsonSchemaReader implements SchemaReader {
  readonly kind = 'json';
  readonly schemaId: number;
  readonly #check: JsonCheck;

  constructor(schemaId: number, check: JsonCheck) {
    this.schemaId = schemaId;
    this.#check = check;
  }

  typeOf(): string | null {
    return null;
  }

  read(framed: Buffer): ReadResult {
    const body = framed.subarray(framingBytes);
    const parsed = parseExactJsonBytes(body);
    if (!parsed.ok) return parsed;
    const faults: string[] = [];
    const valid = this.#check.isValid(plainNumbers(parsed.value), {
      errorHook: (path, message) => faults.push(`${path.join('')} ${String(message)}`.trim()),
    });
    if (valid) return { ok: true, data: parsed.value, type: null };
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
 * What compiles JSON Schemas for the client library: the validator of the draft that a schema names. A draft that no
 * validator knows (04 and older) is read unchecked, because refusing every record of such a topic helps nobody.
 */
export function jsonSchemaCompiler(): JsonSchemaCompiler {
  const references = new Map<string, object>();
  return {
    addSchema: (schema, id) => references.set(id, schema),
    compile(schema) {
      const { $schema: dialect } = schema as { readonly $schema?: unknown };
      const validator = validatorFor(typeof dialect === 'string' ? dialect : null);
      const known = [...references];
      references.clear();
      if (validator === null) return () => true;
      for (const [id, reference] of known) validator.addSchema(reference, id);
      return validator.compile(schema);
    },
  };
}

export interface JsonSchemaCompiler {
  addSchema(schema: object, id: string): unknown;
  compile(schema: object): (value: unknown) => unknown;
}

/** Unknown keywords and formats are remarks for people, not faults. */
const lenient = { strict: false, logger: false, validateFormats: false, addUsedSchema: false } as const;

function validatorFor(dialect: string | null): Pick<Ajv, 'addSchema' | 'compile'> | null {
  if (dialect === null || dialect.includes('draft-07')) return new Ajv(lenient);
  if (dialect.includes('draft-06')) return new Ajv({ ...lenient, validateSchema: false });
  if (dialect.includes('2019-09')) return new Ajv2019(lenient);
  if (dialect.includes('2020-12')) return new Ajv2020(lenient);
  return null;
}
