import { apiRefusal, type Refusal } from './answer.ts';
import type { Operation } from './operations.ts';

/** A request's parameters by name, whatever way they came. Absent and JSON null are the same. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface ParsedArguments {
  readonly values: Arguments;
  readonly query: URLSearchParams;
  /** Set when the body could not be read. */
  readonly refusal: Refusal | null;
  /** Whether the body was form-encoded (else JSON or none). */
  readonly form: boolean;
  /** A JSON body holds `\uXXXX` escapes. */
  readonly unicodeEscape: boolean;
}

const nothing: Arguments = Object.freeze(Object.create(null)) as Arguments;
// A backslash escape is one only behind an even number of backslashes.
const unicodeEscape = /(?:^|[^\\])(?:\\\\)*\\u[0-9a-fA-F]{4}/;

/** Reads the body in either documented encoding: JSON, or a form whose values are text. */
export function parseArguments(
  operation: Operation,
  query: URLSearchParams,
  contentType: string,
  body: string,
): ParsedArguments {
  // An upload that is no multipart form is refused by the upload itself.
  if (operation.method === 'GET' || operation.name === 'media' || body === '')
    return { values: nothing, query, refusal: null, form: false, unicodeEscape: false };
  if (contentType.includes('json')) return parseJson(operation, query, body);
  if (contentType.includes('x-www-form-urlencoded')) {
    const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [name, value] of new URLSearchParams(body)) values[name] = value;
    return { values, query, refusal: null, form: true, unicodeEscape: false };
  }
  const detail = `Content-Type ${JSON.stringify(contentType.slice(0, 100))} is neither JSON nor a form`;
  const refusal = apiRefusal(43004, '无效的HTTP HEADER Content-Type', 'encoding', detail);
  return { values: nothing, query, refusal, form: false, unicodeEscape: false };
}

/** Whether a text holds a `\uXXXX` escape, which DingTalk documents to refuse (K13 code 40033). */
export function hasUnicodeEscape(text: string): boolean {
  return text.includes('\\u') && unicodeEscape.test(text);
}

function parseJson(operation: Operation, query: URLSearchParams, body: string): ParsedArguments {
  let parsed: unknown;
  try {
    parsed = operation.exactNumbers ? parseExactly(body) : JSON.parse(body);
  } catch {
    // The engine's message quotes the body, which may hold a secret.
    return unreadable(query, 'the body is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return unreadable(query, 'the body is JSON, but no object');
  }
  return {
    values: parsed as Arguments,
    query,
    refusal: null,
    form: false,
    unicodeEscape: hasUnicodeEscape(body),
  };
}

function unreadable(query: URLSearchParams, detail: string): ParsedArguments {
  return {
    values: nothing,
    query,
    refusal: apiRefusal(43009, 'post参数需要json类型', 'encoding', detail),
    form: false,
    unicodeEscape: false,
  };
}

/** Whole numbers that a double cannot hold stay as their digits: task ids may be that long. */
function parseExactly(text: string): unknown {
  const keep = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) ? (context?.source ?? value) : value;
  return JSON.parse(text, keep);
}

export function missing(name: string): Refusal {
  return apiRefusal(40, `Missing required arguments:${name}`, 'parameter', `${name} is missing`);
}

export function invalid(name: string, detail: string): Refusal {
  return apiRefusal(41, `Invalid arguments:${name}`, 'parameter', `${name}: ${detail}`);
}

/** The digits of a whole number given as a number or as text; null when it is no such thing. */
export function digitsOf(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : null;
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? value : null;
}
