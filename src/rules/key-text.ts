import { Decimal } from '../model/values.ts';

const maxLength = 512;

export type KeyText =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/**
 * The value of a key expression as the text that is compared and stored: texts, numbers, booleans, timestamps, and
 * lists of these.
 */
export function keyText(value: unknown): KeyText {
  const text = plain(value);
  if (text === null) return { ok: false, message: 'gives neither a text nor a number' };
  if (text.length > maxLength) return { ok: false, message: `gives more than ${maxLength} characters` };
  return { ok: true, text };
}

function plain(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
    case 'boolean':
    case 'number':
      return String(value);
    case 'object':
      break;
    default:
      return null;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Decimal) return value.toString();
  if (!Array.isArray(value)) return null;
  const parts = (value as readonly unknown[]).map(plain);
  // As JSON, so that ["a/b"] and ["a", "b"] stay apart.
  return parts.every((part) => part !== null) ? JSON.stringify(parts) : null;
}
