/** What V8 tells a reviver about the text of a primitive. */
interface ReviverContext {
  readonly source?: string;
}

type Reviver = (this: unknown, key: string, value: unknown, context: ReviverContext) => unknown;

/**
 * Parses JSON with whole numbers beyond 2^53 as `bigint`, so that a pasted event means what the real one would.
 * @throws SyntaxError when the text is no JSON.
 */
export function parseExactJson(text: string): unknown {
  const exact: Reviver = (_key, value, { source }) =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    source !== undefined &&
    /^-?\d+$/.test(source)
      ? BigInt(source)
      : value;
  // TypeScript's library does not know the reviver's third argument yet.
  return JSON.parse(text, exact as (this: unknown, key: string, value: unknown) => unknown);
}
