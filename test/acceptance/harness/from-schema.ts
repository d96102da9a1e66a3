import fc from 'fast-check';

/** As much of JSON Schema as the API's document uses. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Values that the schema allows; `words` are texts that mean something to the server, ids above all. */
export function valid(schema: Schema, words: readonly string[]): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => valid(each, words)));
  switch (schema.type) {
    case 'string':
      return text(schema, words);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1_000, 1_000) });
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valid(schema.items ?? {}, words), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case 'object':
      return object(schema, words);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function text(
  { format, pattern, minLength = 0, maxLength = 60 }: Schema,
  words: readonly string[],
): fc.Arbitrary<string> {
  if (format === 'date-time')
    return fc
      .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const known = words.filter((word) => word.length >= minLength && word.length <= maxLength);
  const made = fc.string({ unit: 'binary', minLength, maxLength: Math.min(maxLength, 60) });
  return known.length === 0 ? made : fc.oneof(fc.constantFrom(...known), made);
}

function object({ properties, required = [] }: Schema, words: readonly string[]): fc.Arbitrary<unknown> {
  if (properties === undefined) {
    const meta = fc.record({ topic: fc.constantFrom(...words) });
    return fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.record({ data: fc.jsonValue(), meta }));
  }
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, valid(each, words)]),
  );
  return fc.record(fields, { requiredKeys: required.filter((name) => name in fields) });
}

/** Anything at all, most of it not allowed. */
export const nonsense: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    'NaN',
    '1e999',
    'null',
    '\0',
    '\ud800',
    "'; DROP TABLE audit; --",
    '%00',
    '../..',
  ),
);
