import { z } from 'zod';
import { leaf, nameOf, type Fail, type JsonSchema } from './fields.ts';

/** Joins the known keys of an object in its error message, from where `zod-faults.ts` takes them for suggestions. */
export const knownKeysMark = 'known keys: ';

/** A mapping with exactly these keys; any other key is a fault that suggests the nearest known one. */
export function keys<S extends z.core.$ZodLooseShape>(shape: S, meta: JsonSchema = {}) {
  const known = knownKeysMark + Object.keys(shape).join(',');
  return z
    .strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined) })
    .meta(meta);
}

/** A mapping whose keys are names that the user chooses. */
export function named<T extends z.ZodType>(value: T, meta: JsonSchema = {}) {
  return z.record(z.string(), value).meta(meta);
}

/** Picks one of several forms by a look at the value, so that faults are those of the form that was meant. */
export function either<T>(
  meta: JsonSchema,
  forms: readonly z.ZodType[],
  pick: (value: unknown) => z.ZodType<T> | string,
) {
  const anyOf = forms.map((form) => jsonOf(form));
  return z
    .unknown()
    .transform((value, ctx): T => {
      const fail = (fault: string, message: string): never => {
        ctx.addIssue({ code: 'custom', message, params: { fault } });
        return z.NEVER;
      };
      if (value === undefined) return fail('missing_key', 'is missing');
      if (value === null) return fail('wrong_type', 'has no value');
      const form = pick(value);
      if (typeof form === 'string') return fail('wrong_type', `must be ${form}, not ${nameOf(value)}`);
      const result = form.safeParse(value);
      if (result.success) return result.data;
      ctx.issues.push(
        ...result.error.issues.map((issue) => ({ ...issue, input: undefined })),
      );
      return z.NEVER;
    })
    .meta({ anyOf, ...meta });
}

/** One item, or a list of them. */
export function oneOrMany<T>(meta: JsonSchema, item: z.ZodType<T>, maxItems = 1000) {
  const many = list(item, {}, maxItems, 1);
  const one = item.transform((value) => [value] as readonly T[]);
  return either<readonly T[]>(meta, [item, many], (value) => (Array.isArray(value) ? many : one));
}

export function list<T>(item: z.ZodType<T>, meta: JsonSchema = {}, maxItems = 10_000, minItems = 0) {
  return z
    .array(item)
    .min(minItems, { error: 'must not be empty' })
    .max(maxItems, { error: `must have at most ${maxItems} items` })
    .meta(meta) as z.ZodType<readonly T[]>;
}

/** Anything at all: the data of sample events, and message trees that are checked elsewhere. */
export function anything(meta: JsonSchema = {}) {
  return leaf<unknown>(meta, (value: unknown, _fail: Fail) => value);
}

export type JsonSchemaOf = JsonSchema;

/** The JSON Schema of what may be written for `type`, without the envelope. */
export function jsonOf(type: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(type, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // For types that convert what they read the library leaves examples out; ours are of what is written.
      const examples = z.globalRegistry.get(zodSchema)?.['examples'];
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  });
  return json;
}
