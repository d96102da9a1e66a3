import { EnvText } from './env-text.ts';
import { isMapping, leaf, nameOf, numberOf, referencePattern, textOf, type JsonSchema } from './fields.ts';

/** A secret or certificate as written: its text, or the file that holds it. */
export type SecretSource =
  | { readonly kind: 'text'; readonly text: string; readonly literal: boolean }
  | { readonly kind: 'file'; readonly path: string };

const secretJson: JsonSchema = {
  anyOf: [
    { type: 'string' },
    {
      type: 'object',
      properties: { file: { type: 'string', minLength: 1 } },
      required: ['file'],
      additionalProperties: false,
    },
  ],
};

/** A password, key or token: `${NAME}` or `{ file: path }`. Faults never show what was written. */
export function secret(meta: JsonSchema) {
  return leaf<SecretSource>({ ...secretJson, ...meta }, (value, fail) => {
    const found = textOf(value);
    if (found !== null) return { kind: 'text', text: found, literal: !(value instanceof EnvText) };
    const remedy = `write \${NAME} or { file: path }`;
    if (!isMapping(value)) {
      return fail('must be a text or { file: path }', { fault: 'wrong_type', remedy });
    }
    const entries = Object.entries(value);
    const path = textOf(value['file']);
    if (entries.length !== 1 || path === null || path === '') {
      return fail('must be a text or { file: path }', { fault: 'wrong_type', remedy });
    }
    return { kind: 'file', path };
  });
}

const numberOrNull: JsonSchema = {
  anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }, { type: 'string', pattern: referencePattern }],
};

/** A whole number from 1, or `null` for "no limit". */
export function intOrNull(meta: JsonSchema) {
  return leaf<number | null>(
    { ...numberOrNull, ...meta },
    (value, fail) => {
      const text = value instanceof EnvText ? value.text : null;
      if (value === null || text === '' || text === 'null') return null;
      const found = text !== null && /^\d+$/.test(text) ? Number(text) : (numberOf(value) ?? 0);
      if (found < 1 || !Number.isSafeInteger(found)) return fail(`must be a whole number from 1, or null, not ${nameOf(value)}`);
      return found;
    },
    true,
  );
}
