import { z } from 'zod';
import { conceal } from './conceal.ts';
import { EnvText } from './env-text.ts';
import type { FaultCode } from './fault.ts';
import { WrittenNumber, WrittenScalar } from './written-scalar.ts';

/**
 * The building blocks of the definitions: each reads one kind of value, says in plain words what is wrong with it,
 * and carries the JSON Schema that tells editors the same. A value made of `${…}` is accepted by every schema, and
 * its text is read as whatever is wanted.
 */
export interface IssueParams {
  readonly fault: FaultCode;
  readonly remedy?: string | undefined;
}

export type Fail = (message: string, params?: { fault?: FaultCode; remedy?: string }) => undefined;

export type JsonSchema = Record<string, unknown>;

/** What a variable reference looks like to a schema that only sees the file. */
export const referencePattern = '\\$\\{[A-Za-z_]';

/** A value that `read` understands; `read` calls `fail` and returns undefined when it does not. */
export function leaf<T>(
  json: JsonSchema,
  read: (value: unknown, fail: Fail) => T | undefined,
  nullable = false,
) {
  return z
    .unknown()
    .transform((value, ctx): T => {
      const fail: Fail = (message, params = {}) => {
        const issue: IssueParams = { fault: params.fault ?? 'wrong_value', remedy: params.remedy };
        ctx.addIssue({ code: 'custom', message, params: { ...issue } });
        return undefined;
      };
      if (value === undefined) {
        fail('is missing', { fault: 'missing_key' });
        return z.NEVER;
      }
      if (value === null && !nullable) {
        fail('has no value', { fault: 'wrong_type', remedy: 'give it one, or remove the key' });
        return z.NEVER;
      }
      const result = read(value, fail);
      return result === undefined ? z.NEVER : result;
    })
    .meta(json);
}


/** What a value is called in a message; values from variables are never shown. */
export function nameOf(value: unknown): string {
  if (value instanceof EnvText) return `the value of ${value.names.map((name) => `\${${name}}`).join(', ')}`;
  if (value instanceof WrittenNumber) return conceal(value.source);
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'a mapping';
  if (value === null) return 'nothing';
  const text = conceal(typeof value === 'bigint' ? String(value) : JSON.stringify(value));
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

/** Whether it has keys to look at; some scalars are objects too. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenScalar);
}

export function textOf(value: unknown): string | null {
  if (value instanceof EnvText) return value.text;
  return typeof value === 'string' ? value : null;
}

/** The same where digits without quotes are taken too: as they are written, since the value may be another name. */
export function textOrDigitsOf(value: unknown): string | null {
  if (value instanceof WrittenNumber) return conceal(value.source);
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : textOf(value);
}

export function numberOf(value: unknown): number | null {
  const found = value instanceof WrittenNumber ? value.value : value;
  return typeof found === 'bigint' || typeof found === 'number' ? Number(found) : null;
}

function wrongType(value: unknown, wanted: string, fail: Fail): undefined {
  return fail(`must be ${wanted}, not ${nameOf(value)}`, { fault: 'wrong_type' });
}

export interface TextOptions {
  readonly pattern?: RegExp;
  /** Completes "must be …". */
  readonly what?: string;
  readonly maxLength?: number;
  readonly allowEmpty?: boolean;
  /** Values are personal or secret: messages do not show them. */
  readonly hidden?: boolean;
}

const defaultMaxLength = 8192;

export function text(meta: JsonSchema, options: TextOptions = {}) {
  const maxLength = options.maxLength ?? defaultMaxLength;
  const json: JsonSchema = { type: 'string', ...meta };
  if (options.allowEmpty !== true) json['minLength'] = 1;
  if (options.pattern !== undefined)
    json['pattern'] = `${options.pattern.source}|${referencePattern}|\\$\\$\\{`;
  return leaf<string>(json, (value, fail) => {
    const found = textOf(value);
    if (found === null) {
      if (options.hidden === true) return fail('must be a text', { fault: 'wrong_type' });
      const isScalar = !Array.isArray(value) && !isMapping(value);
      const remedy = !isScalar ? undefined : `put it in quotes: "${nameOf(value)}"`;
      const params = remedy === undefined ? {} : { remedy };
      return fail(`must be a text, not ${nameOf(value)}`, { fault: 'wrong_type', ...params });
    }
    if (found === '' && options.allowEmpty !== true) return fail('is empty');
    if (found.length > maxLength) return fail(`is longer than ${maxLength} characters`);
    if (options.pattern !== undefined && !options.pattern.test(found)) {
      const shown = options.hidden === true ? 'the value' : nameOf(value);
      return fail(`must be ${options.what ?? 'of another form'}, not ${shown}`);
    }
    return found;
  });
}

/** A whole number, written as such or given by a variable. */
export function int(meta: JsonSchema, min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return numeric(meta, min, max, true);
}

export function decimal(meta: JsonSchema, min: number, max: number) {
  return numeric(meta, min, max, false);
}

function numeric(meta: JsonSchema, min: number, max: number, whole: boolean) {
  const bounds = max === Number.MAX_SAFE_INTEGER ? { minimum: min } : { minimum: min, maximum: max };
  const json: JsonSchema = {
    anyOf: [
      { type: whole ? 'integer' : 'number', ...bounds },
      { type: 'string', pattern: referencePattern },
    ],
    ...meta,
  };
  const kind = whole ? 'a whole number' : 'a number';
  return leaf<number>(json, (value, fail) => {
    let found = numberOf(value);
    if (value instanceof EnvText && /^[+-]?\d+(\.\d+)?$/.test(value.text)) found = Number(value.text);
    if (found === null) {
      const remedy = typeof value === 'string' && /^\d+$/.test(value) ? 'remove the quotes' : undefined;
      const params = remedy === undefined ? {} : { remedy };
      return fail(`must be ${kind}, not ${nameOf(value)}`, { fault: 'wrong_type', ...params });
    }
    if (whole && !Number.isInteger(found)) return fail(`must be a whole number, not ${nameOf(value)}`);
    if (found < min) return fail(`must be at least ${min}, not ${nameOf(value)}`);
    if (found > max) return fail(`must be at most ${max}, not ${nameOf(value)}`);
    return found;
  });
}

export function bool(meta: JsonSchema) {
  const json: JsonSchema = {
    anyOf: [{ type: 'boolean' }, { type: 'string', pattern: referencePattern }],
    ...meta,
  };
  return leaf<boolean>(json, (value, fail) => {
    if (typeof value === 'boolean') return value;
    const found = value instanceof EnvText ? value.text : null;
    if (found === 'true' || found === 'false') return found === 'true';
    const remedy = value === 'yes' || value === 'no' ? 'write true or false' : undefined;
    const params = remedy === undefined ? {} : { remedy };
    return fail(`must be true or false, not ${nameOf(value)}`, { fault: 'wrong_type', ...params });
  });
}

/** One of a few words. */
export function choice<const T extends string>(meta: JsonSchema, words: readonly T[]) {
  const json: JsonSchema = {
    anyOf: [{ enum: [...words] }, { type: 'string', pattern: referencePattern }],
    ...meta,
  };
  return leaf<T>(json, (value, fail) => {
    const found = textOf(value);
    const match = words.find((word) => word === found);
    if (match !== undefined) return match;
    if (found === null) return wrongType(value, `one of ${words.join(', ')}`, fail);
    return fail(`must be one of ${words.join(', ')}, not ${nameOf(value)}`);
  });
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const durationPattern = /^(\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/** `500ms`, `10s`, `1h30m`, `7d` as milliseconds; null when the text is no duration. */
export function parseDuration(found: string): number | null {
  if (!durationPattern.test(found)) return null;
  let total = 0;
  for (const [, amount, unit] of found.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  }
  return Math.round(total);
}

/** A length of time; bounds in milliseconds. */
export function duration(meta: JsonSchema, minMs = 1, maxMs = 366 * 86_400_000) {
  const json: JsonSchema = {
    type: 'string',
    pattern: `${durationPattern.source}|${referencePattern}`,
    ...meta,
  };
  return leaf<number>(json, (value, fail) => {
    const found = textOf(value);
    const remedy = 'write it as 500ms, 10s, 5m, 1h30m or 7d';
    if (found === null) {
      return fail(`must be a length of time, not ${nameOf(value)}`, { fault: 'wrong_type', remedy });
    }
    const ms = parseDuration(found);
    if (ms === null) return fail(`must be a length of time, not ${nameOf(value)}`, { remedy });
    if (ms < minMs) return fail(`must be at least ${formatDuration(minMs)}, not ${nameOf(value)}`);
    if (ms > maxMs) return fail(`must be at most ${formatDuration(maxMs)}, not ${nameOf(value)}`);
    return ms;
  });
}

export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = unitMs[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}
