import type { z } from 'zod';
import type { SourceRef } from './source-ref.ts';
import { nameOf } from './fields.ts';
import type { Fault, FaultCode } from './fault.ts';
import { knownKeysMark } from './shapes.ts';
import type { Position, SourceMap } from './source-map.ts';
import { suggest } from './suggest.ts';
import { WrittenScalar } from './written-scalar.ts';

/** Turns what a definition found wrong into faults with their places. `value` is what was checked. */
export function faultsOf(
  error: z.ZodError,
  value: unknown,
  sources: SourceMap,
  ref: SourceRef,
): readonly Fault[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    const holderPath = issue.code === 'unrecognized_keys' ? path : path.slice(0, -1);
    const holder = at(value, holderPath);
    // Its own keys are no keys of the configuration, and it lacks all of those: one fault says it.
    if (holder instanceof WrittenScalar) return [noMapping(holder, holderPath, sources, ref)];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey(key, path, issue.message, sources, ref));
    }
    const found = at(value, path);
    const { code, message, remedy } = explain(issue, found, path);
    const position =
      code === 'missing_key' ? sources.locate(ref, path.slice(0, -1)) : sources.locate(ref, path);
    const spot = code === 'missing_key' ? missingSpot(position, sources, ref, path) : position;
    return [{ ...spot, severity: 'error' as const, code, message, remedy }];
  });
}

function noMapping(
  found: WrittenScalar,
  path: readonly (string | number)[],
  sources: SourceMap,
  ref: SourceRef,
): Fault {
  const message = `${subjectOf(path)} must be a mapping, not ${nameOf(found)}`;
  return { ...sources.locate(ref, path), severity: 'error', code: 'wrong_type', message, remedy: null };
}

/** What lacks a key is shown by its own key, not by all of its content. */
function missingSpot(
  position: Position,
  sources: SourceMap,
  ref: SourceRef,
  path: readonly (string | number)[],
): Position {
  const parent = path.slice(0, -1);
  return parent.length === 0 && ref.path.length === 0 ? position : sources.locateKey(ref, parent);
}

function unknownKey(
  key: string,
  path: readonly (string | number)[],
  known: string,
  sources: SourceMap,
  ref: SourceRef,
): Fault {
  const names = known.startsWith(knownKeysMark) ? known.slice(knownKeysMark.length).split(',') : [];
  const meant = suggest(key, names);
  const place = path.length === 0 ? '' : ` in ${describe(path)}`;
  return {
    ...sources.locateKey(ref, [...path, key]),
    severity: 'error',
    code: 'unknown_key',
    message: `unknown key ${JSON.stringify(key.slice(0, 60))}${place}`,
    remedy: meant === null ? `known keys: ${names.join(', ')}` : `did you mean ${meant}?`,
  };
}

interface Explanation {
  readonly code: FaultCode;
  readonly message: string;
  readonly remedy: string | null;
}

function explain(issue: z.core.$ZodIssue, found: unknown, path: readonly (string | number)[]): Explanation {
  const subject = subjectOf(path);
  if (issue.code === 'custom') {
    const params = issue.params as { fault?: FaultCode; remedy?: string } | undefined;
    return {
      code: params?.fault ?? 'wrong_value',
      message: `${subject} ${issue.message}`,
      remedy: params?.remedy ?? null,
    };
  }
  if (issue.code === 'invalid_type') {
    if (found === undefined) return { code: 'missing_key', message: `${subject} is missing`, remedy: null };
    const wanted = issue.expected === 'array' ? 'a list' : 'a mapping';
    const remedy = found === null ? 'give it a value, or remove the key' : null;
    return { code: 'wrong_type', message: `${subject} must be ${wanted}, not ${nameOf(found)}`, remedy };
  }
  return { code: 'wrong_value', message: `${subject} ${issue.message}`, remedy: null };
}

function subjectOf(path: readonly (string | number)[]): string {
  return path.length === 0 ? 'the file' : describe(path);
}

/** `routes.0.to.mobiles.1` → `to.mobiles[1]`, as people would say it. */
export function describe(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  let found: unknown = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string | number, unknown>)[part];
  }
  return found;
}
