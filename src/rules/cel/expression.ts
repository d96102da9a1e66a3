import {
  type Environment,
  EvaluationError,
  ParseError,
  TypeError as CelTypeError,
} from '@marcbachmann/cel-js';
import type { FaultCode } from '../../config/fault.ts';
import { suggest } from '../../config/suggest.ts';
import { isTimeZone } from '../../config/words.ts';
import { discreet } from '../discretion.ts';
import { celVariables } from './environment.ts';
import { BudgetExceeded, type Budget } from './budget.ts';
import { isCelNode, Meter, nodesOf, type CelNode } from './meter.ts';
import { compilePattern, TextTooLong } from './patterns.ts';

/** What an expression is to give: `bool` for conditions, `list` for `from:` and `for_each`, or a single value. */
export type Wanted = 'bool' | 'list' | 'text' | 'time' | 'any';

export interface ExpressionFault {
  readonly code: FaultCode;
  readonly message: string;
  readonly remedy: string | null;
  /** Where in the expression. */
  readonly offset: number;
}

export type Evaluation =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

export interface Expression {
  readonly source: string;
  /** Never throws; what goes wrong with this event is the answer. Values of the event are not quoted. */
  evaluate(variables: Readonly<Record<string, unknown>>, budget?: Budget): Evaluation;
  /** What the conditions joined by `&&` and the fields in the expression are for these variables. */
  parts(variables: Readonly<Record<string, unknown>>): readonly ExpressionPart[];
}

export interface ExpressionPart {
  readonly expression: string;
  readonly evaluation: Evaluation;
}

export type CompiledExpression =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly fault: ExpressionFault };

/** Macros within macros multiply their costs. */
const maxMacroDepth = 3;

export function compileExpression(env: Environment, source: string, wanted: Wanted): CompiledExpression {
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = env.parse(source);
  } catch (error) {
    return { ok: false, fault: describeParseError(error, source) };
  }
  const root: unknown = parsed.ast;
  if (!isCelNode(root)) throw new TypeError('cel-js no longer shows its syntax tree');
  const refused = refuse(root);
  if (refused !== null) return { ok: false, fault: refused };
  const checked = parsed.check();
  if (!checked.valid) return { ok: false, fault: describeTypeError(checked.error, source, env) };
  const mismatch = typeMismatch(checked.type ?? 'dyn', wanted);
  if (mismatch !== null) return { ok: false, fault: mismatch };

  const meter = new Meter();
  meter.install(root);
  const expression: Expression = {
    source,
    evaluate(variables, budget) {
      try {
        const value: unknown = meter.run<unknown>(() => parsed(variables) as unknown, budget ?? null);
        return { ok: true, value };
      } catch (error) {
        // Errors of an expression over an event are expected: they make the route fail, nothing else.
        return { ok: false, message: describeEvaluationError(error, source) };
      }
    },
    parts: (variables) =>
      partsOf(root, source).flatMap((part) => {
        const compiled = part === source.trim() ? null : compileExpression(env, part, 'any');
        if (compiled === null || !compiled.ok) return [];
        return [{ expression: part, evaluation: compiled.expression.evaluate(variables) }];
      }),
  };
  return { ok: true, expression };
}

const maxParts = 20;

/** The sources of the operands of the outermost `&&`, then of the fields that are read. */
function partsOf(root: CelNode, source: string): readonly string[] {
  const conjuncts: CelNode[] = [];
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.op === '&&') pending.push(...(node.args as CelNode[]).toReversed());
    else conjuncts.push(node);
  }
  const isField = (node: CelNode): boolean => node.op === '.' || node.op === '[]';
  const fields = nodesOf(root).filter((node) => isField(node) && isRooted(node));
  const inner = new Set(fields.map((node) => (node.args as CelNode[])[0]));
  const outermost = fields.filter((node) => !inner.has(node)).toSorted((a, b) => a.start - b.start);
  const texts = [...(conjuncts.length > 1 ? conjuncts : []), ...outermost].map((node) =>
    source.slice(startOf(node), node.end).trim(),
  );
  return [...new Set(texts)].slice(0, maxParts);
}

/** The nodes of operators begin at the operator; their text begins with their first operand. */
function startOf(node: CelNode): number {
  const operands = Array.isArray(node.args) ? (node.args as unknown[]).filter(isCelNode) : [];
  return Math.min(node.start, ...operands.map(startOf));
}

function isRooted(node: CelNode): boolean {
  let found: unknown = node;
  while (isCelNode(found) && (found.op === '.' || found.op === '[]')) found = (found.args as unknown[])[0];
  return isCelNode(found) && found.op === 'id' && ['data', 'meta', 'item'].includes(String(found.args));
}

/** What CEL allows and this program does not. */
function refuse(root: CelNode): ExpressionFault | null {
  for (const node of nodesOf(root)) {
    if (node.op !== 'call' && node.op !== 'rcall') continue;
    const name = (node.args as readonly unknown[])[0];
    if (name === 'matches') {
      const message = 'matches() is not allowed: a pattern could take for ever on some texts';
      const remedy = 'write re(text, "pattern")';
      return { code: 'expression_refused', message, remedy, offset: node.start };
    }
    const fault = node.op === 'rcall' ? checkZone(node) : name === 're' ? checkPattern(node) : null;
    if (fault !== null) return fault;
  }
  if (macroDepth(root) > maxMacroDepth) {
    const message = `macros (map, filter, exists, …) are nested more than ${maxMacroDepth} deep`;
    return { code: 'expression_refused', message, remedy: null, offset: root.start };
  }
  return null;
}

function checkPattern(node: CelNode): ExpressionFault | null {
  const [, args] = node.args as readonly [string, readonly CelNode[]];
  const pattern = args[1];
  if (args.length !== 2 || pattern === undefined) return null;
  if (pattern.op !== 'value' || typeof pattern.args !== 'string') {
    const message = 'the pattern of re() must be written out, as a text in quotes';
    return { code: 'expression_refused', message, remedy: null, offset: pattern.start };
  }
  const result = compilePattern(pattern.args);
  if (result.ok) return null;
  const message = `the pattern of re() is not valid: ${result.message}`;
  return { code: 'expression_refused', message, remedy: 'the syntax is that of RE2', offset: pattern.start };
}

/** The time zone that a method of timestamps is given, where it is written out. */
function checkZone(node: CelNode): ExpressionFault | null {
  const [name, , args] = node.args as readonly [string, CelNode, readonly CelNode[]];
  const [zone] = args;
  if (!name.startsWith('get') || zone?.op !== 'value' || typeof zone.args !== 'string') return null;
  if (isTimeZone(zone.args)) return null;
  const message = `there is no time zone ${zone.args.slice(0, 40)}`;
  const meant = suggest(zone.args, Intl.supportedValuesOf('timeZone'));
  const remedy =
    meant === null ? 'write an IANA name such as Asia/Shanghai or UTC' : `did you mean ${meant}?`;
  return { code: 'expression_unknown', message, remedy, offset: zone.start };
}

function macroDepth(root: CelNode): number {
  let deepest = 0;
  const pending: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  const seen = new Map<object, number>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null || (seen.get(value) ?? -1) >= depth) continue;
    seen.set(value, depth);
    if (isCelNode(value)) {
      const own = depth + (value.op === 'comprehension' ? 1 : 0);
      deepest = Math.max(deepest, own);
      if (value.op === 'comprehension') {
        const { iterable, ...inside } = value.args as { iterable: unknown };
        pending.push({ value: iterable, depth }, { value: Object.values(inside), depth: own });
      } else if (value.meta.alternate !== undefined) {
        pending.push({ value: value.meta.alternate, depth: own });
      } else pending.push({ value: value.meta.macro, depth: own }, { value: value.args, depth: own });
    } else if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) {
      for (const inner of Object.values(value) as unknown[]) pending.push({ value: inner, depth });
    }
  }
  return deepest;
}

function describeParseError(error: unknown, source: string): ExpressionFault {
  if (!(error instanceof ParseError)) {
    // Deep nesting of unary operators recurses before the library's own limit counts it.
    const message = error instanceof RangeError ? 'the expression is nested too deeply' : String(error);
    return { code: 'expression_syntax', message, remedy: null, offset: 0 };
  }
  const offset = error.range?.start ?? 0;
  const atEnd = offset >= source.trimEnd().length;
  const message =
    atEnd && error.code === 'unexpected_token' ? 'the expression ends too early' : error.summary;
  const single = /(^|[^=!<>])=($|[^=])/.test(source);
  const remedy = error.summary === 'Unexpected character: =' && single ? 'compare with ==' : null;
  return { code: 'expression_syntax', message, remedy, offset };
}

export function describeTypeError(error: unknown, source: string, env: Environment): ExpressionFault {
  if (!(error instanceof CelTypeError)) {
    const message = error instanceof RangeError ? 'the expression is nested too deeply' : String(error);
    return { code: 'expression_type', message, remedy: null, offset: 0 };
  }
  const offset = error.range?.start ?? 0;
  if (error.code === 'unknown_variable') {
    const name = /Unknown variable: (\S+)/.exec(error.summary)?.[1] ?? '';
    const known = env.getDefinitions().variables.map((variable) => variable.name);
    const names = known.filter((variable) => celVariables.includes(variable));
    const meant = suggest(name, names);
    const remedy = meant === null ? `known variables: ${names.join(', ')}` : `did you mean ${meant}?`;
    return { code: 'expression_unknown', message: `unknown variable ${name}`, remedy, offset };
  }
  if (error.code === 'no_matching_overload') {
    const name = /'(?:[^']*\.)?(\w+)\(/.exec(error.summary)?.[1] ?? '';
    const known = new Set(env.getDefinitions().functions.map((definition) => definition.name));
    if (!known.has(name)) {
      const meant = suggest(name, known);
      const remedy = meant === null ? null : `did you mean ${meant}()?`;
      return { code: 'expression_unknown', message: `unknown function ${name}()`, remedy, offset };
    }
  }
  return { code: 'expression_type', message: plainWords(error.summary), remedy: null, offset };
}

/** The library speaks of overloads, which only programmers know. */
function plainWords(summary: string): string {
  const operator = /^no such overload: (.+) (\S+) (.+)$/.exec(summary.replace(/dyn<(\w+)>/g, '$1'));
  if (operator !== null) {
    const [, left, sign, right] = operator;
    return `${left} ${sign} ${right} is not possible`;
  }
  return summary.replace(/^found no matching overload for '(.+)'$/, 'the function does not take these: $1');
}

function typeMismatch(type: string, wanted: Wanted): ExpressionFault | null {
  const fault = (message: string): ExpressionFault => ({
    code: 'expression_type',
    message: `${message}, and this gives ${type}`,
    remedy: null,
    offset: 0,
  });
  if (type === 'dyn' || wanted === 'any') return null;
  switch (wanted) {
    case 'bool':
      return type === 'bool' ? null : fault('a condition gives true or false');
    case 'list':
      return type === 'list' || type.startsWith('list<') ? null : fault('a list is wanted');
    case 'time':
      return type === 'google.protobuf.Timestamp' ? null : fault('a timestamp is wanted');
    case 'text':
      return /^(map|type|null|bytes)/.test(type) ? fault('a text or a number is wanted') : null;
  }
}

/** Says what went wrong without a value of the event: messages reach logs and dead letters. */
function describeEvaluationError(error: unknown, source: string): string {
  if (error instanceof BudgetExceeded || error instanceof TextTooLong) return error.message;
  if (error instanceof RangeError) {
    return error.message.startsWith('Invalid time zone')
      ? 'there is no such time zone'
      : 'the expression is nested too deeply or a text became too long';
  }
  // Faults of the engine itself (a text that is no JSON, say) quote what they were given.
  if (!(error instanceof EvaluationError)) return 'a function of the expression failed';
  const range = error.range;
  const part = range === undefined ? '' : source.slice(range.start, range.end).slice(0, 80);
  const summary = plainWords(error.summary)
    .replace(/"[^"]*"/g, '"…"')
    .slice(0, 200);
  return discreet(part === '' || part === source ? summary : `${summary}, in ${part}`);
}
