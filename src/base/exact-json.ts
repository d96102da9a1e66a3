/**
 * JSON as the rest of the program sees values: whole numbers are `bigint`, exact however long they are, all others
 * `number`; keys such as `__proto__` are ordinary keys of their object. Faults never quote the text, which may hold
 * what must not be logged.
 */
export type ExactJson =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/** More bytes than a Kafka record that anyone allows; bounds the memory that one record can take. */
export const maxJsonBytes = 64 * 1024 * 1024;
/** Deeper nesting than any real document has; bounds the stack of everything that walks the value. */
export const maxJsonDepth = 128;

const wholeNumber = /^-?\d+$/;
/** A whole number of more digits than this costs too much to convert; no counter or id has them. */
const maxDigits = 1_000;

/** Parses UTF-8 bytes; a byte order mark is skipped, invalid UTF-8 is a fault. */
export function parseExactJsonBytes(bytes: Uint8Array): ExactJson {
  if (bytes.length > maxJsonBytes) return fault(`more than ${maxJsonBytes} bytes of JSON`);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return fault('not valid UTF-8');
  }
  return parseExactJson(text);
}

export function parseExactJson(text: string): ExactJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return fault(describe(thrown));
  }
  try {
    const rounded = { any: false };
    const exact = exactly(value, maxJsonDepth, rounded);
    return { ok: true, value: rounded.any ? JSON.parse(text, reviveNumbers) : exact };
  } catch (thrown) {
    if (thrown instanceof JsonLimit) return fault(thrown.message);
    throw thrown;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

class JsonLimit extends Error {}

/**
 * Converts in place, and says when a number lies beyond 2^53, where `JSON.parse` rounds. The depth is checked here,
 * before anything recursive of the engine sees the value.
 */
function exactly(value: unknown, depth: number, rounded: { any: boolean }): unknown {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return BigInt(value);
    if (Number.isInteger(value) || !Number.isFinite(value)) rounded.any = true;
    return value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) throw new JsonLimit(`JSON nested deeper than ${maxJsonDepth} levels`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === 'number' || typeof item === 'object')
        value[index] = exactly(item, depth - 1, rounded);
    }
    return value;
  }
  const object = value as Record<string, unknown>;
  for (const key of Object.keys(object)) {
    const item = object[key];
    if (typeof item !== 'number' && typeof item !== 'object') continue;
    const exact = exactly(item, depth - 1, rounded);
    if (exact === item) continue;
    if (key === '__proto__') Object.defineProperty(object, key, { ...ownProperty, value: exact });
    else object[key] = exact;
  }
  return object;
}

const ownProperty = { writable: true, enumerable: true, configurable: true };

/** The engine hands over the text of each number, so that one of any length is exact. */
function reviveNumbers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number') return value;
  const source = context?.source ?? String(value);
  if (!wholeNumber.test(source)) return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (source.length > maxDigits) throw new JsonLimit(`a number of more than ${maxDigits} digits`);
  return BigInt(source);
}

/** The engine's message, without the excerpt of the text that some of them carry. */
function describe(thrown: unknown): string {
  const position = thrown instanceof Error ? /at position (\d+)/.exec(thrown.message)?.[1] : undefined;
  return position === undefined ? 'not valid JSON' : `not valid JSON at position ${position}`;
}

function fault(message: string): ExactJson {
  return { ok: false, message };
}
