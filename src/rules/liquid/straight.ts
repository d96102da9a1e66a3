import { Output, type Template } from 'liquidjs';
import type { MeteredEmitter, RenderBudget } from './limits.ts';

/**
 * Templates that are nothing but text and outputs of paths (`{{ data.amount | money: 'CNY' }}`), as most are. The engine runs
 * every output as a chain of generators, which took half of the time of planning; these are read straight from the
 * parsed template. Whatever is not plain (a tag, a standard filter, a list, a value that is missing) is left to the
 * engine, so that it alone decides what such a thing means and how its failure is worded.
 */
export type StraightTemplate = readonly (string | StraightOutput)[];

interface StraightOutput {
  readonly path: readonly string[];
  readonly filters: readonly StraightFilter[];
}

type Handler = (this: FilterThis, value: unknown, ...args: unknown[]) => unknown;

interface StraightFilter {
  readonly handler: Handler;
  readonly args: readonly unknown[];
}

/** What filters of our own ask of the engine: what they work on is charged, and where they run. */
export interface FilterThis {
  readonly context: { readonly memoryLimit: RenderBudget['memory']; readonly globals: object };
}

/** The parts of the engine's parsed templates that are looked at. */
interface ParsedToken {
  readonly content?: unknown;
  readonly props?: readonly ParsedToken[];
  readonly variable?: unknown;
}
interface ParsedFilter {
  readonly handler: Handler;
  readonly args: readonly (ParsedToken | readonly [string, ParsedToken])[];
}
interface ParsedOutput {
  readonly value: {
    readonly initial: { readonly postfix: readonly ParsedToken[] };
    readonly filters: readonly ParsedFilter[];
  };
}

/** Names that the engine answers itself where a mapping lacks them. */
const answeredByEngine = new Set(['size', 'first', 'last']);

/** `own`: the filters that need nothing of the engine but `FilterThis`. Null: the template is not of this kind. */
export function straighten(parsed: readonly Template[], own: WeakSet<object>): StraightTemplate | null {
  const parts: (string | StraightOutput)[] = [];
  for (const template of parsed) {
    const part =
      template instanceof Output ? outputOf(template as unknown as ParsedOutput, own) : textOf(template);
    if (part === null) return null;
    parts.push(part);
  }
  return parts;
}

function textOf(template: Template): string | null {
  return 'str' in template && typeof template.str === 'string' ? template.str : null;
}

function outputOf({ value }: ParsedOutput, own: WeakSet<object>): StraightOutput | null {
  const [access, ...more] = value.initial.postfix;
  if (access?.props === undefined || access.variable !== undefined || more.length > 0) return null;
  const path: string[] = [];
  for (const { content } of access.props) {
    if (typeof content !== 'string' || answeredByEngine.has(content)) return null;
    path.push(content);
  }
  const filters: StraightFilter[] = [];
  for (const { handler, args } of value.filters) {
    const known = args.map(argumentOf);
    if (!own.has(handler) || known.includes(null)) return null;
    filters.push({ handler, args: known });
  }
  return { path, filters };
}

/** A literal, by its name where it has one; null for anything that would have to be worked out. */
function argumentOf(argument: ParsedToken | readonly [string, ParsedToken]): unknown {
  if ('content' in argument) return isLiteral(argument.content) ? argument.content : null;
  if (!Array.isArray(argument)) return null;
  const [name, token] = argument as readonly [string, ParsedToken];
  return isLiteral(token.content) ? [name, token.content] : null;
}

function isLiteral(content: unknown): boolean {
  return typeof content === 'string' || typeof content === 'number' || typeof content === 'boolean';
}

/** Writes the template; false, before anything is written or charged, when the engine has to do it. @throws what filters and budget throw. */
export function renderStraight(
  template: StraightTemplate,
  scope: object,
  emitter: MeteredEmitter,
  budget: RenderBudget,
  filterThis: FilterThis,
): boolean {
  const values: unknown[] = [];
  for (const part of template) {
    if (typeof part === 'string') continue;
    const value = valueAt(scope, part.path);
    if (value === undefined) return false;
    values.push(value);
  }
  // The engine counts a step for the whole and one for each part.
  budget.steps.check();
  let next = 0;
  for (const part of template) {
    budget.steps.check();
    if (typeof part === 'string') {
      emitter.write(part);
      continue;
    }
    let value = values[next++];
    for (const { handler, args } of part.filters) value = handler.call(filterThis, value, ...args);
    emitter.write(value);
  }
  return true;
}

/** What mappings of the event's data hold under these names; undefined where it is not as simple as that. */
function valueAt(scope: object, path: readonly string[]): unknown {
  let found: unknown = scope;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, name))
      return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}
