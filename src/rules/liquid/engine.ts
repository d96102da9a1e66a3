import {
  Context,
  defaultOperators,
  Liquid,
  LiquidError,
  toValueSync,
  type FilterImplOptions,
  type Template,
} from 'liquidjs';
import { discreet } from '../discretion.ts';
import { FilterFault } from './filter-fault.ts';
import {
  calculations,
  filterHint,
  ownFilters,
  standardFilters,
  type FilterSurroundings,
  type OwnFilter,
} from './filters.ts';
import { MeteredEmitter, RenderBudget, RenderBudgetExceeded, type RouteRenderBudget } from './limits.ts';
import { escapeMarkdown } from './markdown.ts';
import { renderStraight, straighten, type StraightTemplate } from './straight.ts';
import { printed } from './view.ts';

/** `markdown`: values are escaped unless `| raw` says otherwise. `plain`: values stand as they are. */
export type FieldMode = 'plain' | 'markdown';

export interface LiquidFault {
  readonly code: 'template_syntax' | 'template_unknown' | 'template_refused';
  readonly message: string;
  readonly remedy: string | null;
  readonly offset: number;
}

export interface LiquidTemplate {
  readonly source: string;
  readonly mode: FieldMode;
  readonly parsed: Template[];
  /** Null when only the engine can render it. */
  readonly straight: StraightTemplate | null;
}

export type CompiledTemplate =
  | { readonly ok: true; readonly template: LiquidTemplate }
  | { readonly ok: false; readonly fault: LiquidFault };

export type Rendering =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/** The tags that are offered: none that reads a file, none that counts on from one rendering to the next. */
const allowedTags = [
  'assign',
  'capture',
  'case',
  'comment',
  '#',
  'cycle',
  'echo',
  'for',
  'if',
  'raw',
  'unless',
  'break',
  'continue',
];
const maxTemplateLength = 16_384;

/** Liquid with hard limits, for one time zone. Building one is slow; share it. */
export class LiquidEngine {
  readonly #engines: Readonly<Record<FieldMode, Liquid>>;
  readonly #timeZone: string;

  constructor(timeZone: string) {
    this.#timeZone = timeZone;
    this.#engines = { plain: createEngine('plain'), markdown: createEngine('markdown') };
  }

  compile(source: string, mode: FieldMode): CompiledTemplate {
    try {
      const parsed = this.#engines[mode].parse(source);
      const straight = straighten(parsed, ownHandlers);
      return { ok: true, template: { source, mode, parsed, straight } };
    } catch (error) {
      return { ok: false, fault: describeParseError(error, source) };
    }
  }

  /** Renders over a scope made by `liquidView`. Never throws; what goes wrong with this event is the answer. */
  render(
    template: LiquidTemplate,
    scope: object,
    nowMs: number,
    whole: RouteRenderBudget | null = null,
  ): Rendering {
    // A thousand texts that are begun only to fail would cost more than the budget itself.
    const exceeded = whole?.exceeded ?? null;
    if (exceeded !== null) return { ok: false, message: exceeded };
    const budget = new RenderBudget(whole);
    const surroundings: FilterSurroundings = { timeZone: this.#timeZone, nowMs };
    const globals = { [surroundingsKey]: surroundings };
    const emitter = new MeteredEmitter(budget);
    // Only the words of an error are used, and collecting its stack takes most of the time of a failure.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      const filterThis = { context: { memoryLimit: budget.memory, globals } };
      if (
        template.straight === null ||
        !renderStraight(template.straight, scope, emitter, budget, filterThis)
      ) {
        const engine = this.#engines[template.mode];
        // The library's own limits are a clock and a sum; these count steps, so that a busy machine changes nothing.
        const limits = { memoryLimit: budget.memory, renderLimit: budget.steps, liquid: engine } as never;
        const context = new Context(scope, engine.options, { sync: true, globals }, limits);
        toValueSync(engine.renderer.renderTemplates(template.parsed, context, emitter));
      }
      return { ok: true, text: emitter.buffer };
    } catch (error) {
      return { ok: false, message: describeRenderError(error) };
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  /** Variables that the template reads, as paths with their places. */
  variables(template: LiquidTemplate): readonly VariableUse[] {
    const { globals } = this.#engines[template.mode].analyzeSync(template.parsed);
    return Object.values(globals).flatMap((uses) =>
      uses.map((use) => ({
        path: use.segments.map((segment) => (typeof segment === 'object' ? null : segment)),
        row: use.location.row,
        col: use.location.col,
      })),
    );
  }
}

/** `data.lines[0].name` is `['data', 'lines', 0, 'name']`; a computed step is null. */
export interface VariableUse {
  readonly path: readonly (string | number | null)[];
  readonly row: number;
  readonly col: number;
}

/** Those of our own filters, and the escaping of what is printed: they need nothing of the engine but its context. */
const ownHandlers = new WeakSet<object>();

/** A symbol, so that no template can name it. */
const surroundingsKey = Symbol('surroundings');

function createEngine(mode: FieldMode): Liquid {
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    parseLimit: maxTemplateLength,
    relativeReference: false,
    dynamicPartials: false,
    templates: {},
    operators: meteredOperators(),
    outputEscape: escapeOutput(mode),
  });
  keepOnly(engine.tags, allowedTags);
  keepOnly(engine.filters, standardFilters);
  for (const name of calculations) engine.registerFilter(name, finite(name, engine.filters[name]));
  for (const [name, filter] of Object.entries(ownFilters)) engine.registerFilter(name, adapt(filter));
  return engine;
}

/** A division by zero or an overflow is the template's failure; `Infinity` in a message would be nonsense. */
function finite(name: string, filter: FilterImplOptions | undefined): FilterImplOptions {
  if (typeof filter !== 'function') throw new TypeError(`the template engine has no filter ${name}`);
  const checked = (result: unknown): unknown => {
    if (typeof result !== 'number' || Number.isFinite(result)) return result;
    throw new FilterFault(`${name}: the result is not a number`);
  };
  return function calculate(this: ThisParameterType<typeof filter>, ...values: unknown[]): unknown {
    const [input] = values;
    // The engine charges lists to most filters, but not to all of these.
    if (Array.isArray(input)) this.context.memoryLimit.use(input.length);
    const result: unknown = filter.apply(this, values as Parameters<typeof filter>);
    return isSteps(result) ? finishing(result, checked) : checked(result);
  };
}

/** The engine runs a filter that looks into the scope step by step. */
function isSteps(result: unknown): result is Generator<unknown, unknown> {
  return typeof result === 'object' && result !== null && Symbol.iterator in result && 'next' in result;
}

function* finishing(
  steps: Generator<unknown, unknown>,
  checked: (result: unknown) => unknown,
): Generator<unknown, unknown> {
  return checked(yield* steps);
}

/** The engine looks tags and filters up in objects of its own; what is not in them does not exist. */
function keepOnly(offered: object, names: readonly string[]): void {
  for (const name of Object.keys(offered)) if (!names.includes(name)) Reflect.deleteProperty(offered, name);
}

/** Every value that is printed passes here, except those whose last filter made it safe already. */
function escapeOutput(mode: FieldMode) {
  const output = function (this: { context: Context }, value: unknown): string {
    const text = printed(value);
    this.context.memoryLimit.use(text.length);
    return mode === 'markdown' ? escapeMarkdown(text) : text;
  };
  ownHandlers.add(output);
  return output;
}

function adapt(filter: OwnFilter): FilterImplOptions {
  const handler = function (this: { context: Context }, input: unknown, ...args: unknown[]): unknown {
    if (typeof input === 'string') this.context.memoryLimit.use(input.length);
    // Arguments given by name come as pairs.
    const named = args.filter((arg) => Array.isArray(arg)) as [string, unknown][];
    const list = args.filter((arg) => !Array.isArray(arg));
    const surroundings = (this.context.globals as Record<symbol, FilterSurroundings>)[surroundingsKey];
    if (surroundings === undefined) throw new FilterFault('the filter runs outside of a message');
    const result = filter.run(input, { list, named: new Map(named) }, surroundings);
    if (typeof result === 'string') this.context.memoryLimit.use(result.length);
    return result;
  };
  ownHandlers.add(handler);
  return { raw: filter.raw, handler };
}

/** Comparing texts costs as much as they are long. */
function meteredOperators(): typeof defaultOperators {
  const metered: Record<string, unknown> = {};
  for (const [name, operator] of Object.entries(defaultOperators)) {
    const run = operator as (left: unknown, right: unknown, context: Context) => unknown;
    metered[name] =
      operator.length === 1 || name === 'not'
        ? operator
        : (left: unknown, right: unknown, context: Context): unknown => {
            if (typeof left === 'string') context.memoryLimit.use(left.length >> 4);
            if (Array.isArray(left)) context.memoryLimit.use(left.length);
            return run(left, right, context);
          };
  }
  return metered as typeof defaultOperators;
}

function describeParseError(error: unknown, source: string): LiquidFault {
  if (error instanceof RangeError) {
    return {
      code: 'template_refused',
      message: 'the template is nested too deeply',
      remedy: null,
      offset: 0,
    };
  }
  const text =
    error instanceof Error ? error.message.replace(/, line:\d+, col:\d+[\s\S]*$/, '') : String(error);
  const offset = error instanceof LiquidError ? offsetOf(error, source) : 0;
  const tag = /^tag "?([^"\s]+)"? not found/.exec(text)?.[1];
  if (tag !== undefined) {
    const message = `the tag ${tag} is not offered`;
    return { code: 'template_refused', message, remedy: `offered: ${allowedTags.join(', ')}`, offset };
  }
  const filter = /undefined filter: (\S+)/.exec(text)?.[1];
  if (filter !== undefined) {
    const message = `there is no filter ${filter}`;
    return { code: 'template_unknown', message, remedy: filterHint(filter), offset };
  }
  return { code: 'template_syntax', message: text.slice(0, 200), remedy: null, offset };
}

function offsetOf(error: LiquidError, source: string): number {
  const token = (error as unknown as { token?: { begin?: number } }).token;
  return Math.min(token?.begin ?? 0, source.length);
}

/** Values of the event are not quoted: messages reach logs and dead letters. */
function describeRenderError(error: unknown): string {
  const original = originalOf(error);
  if (original instanceof RenderBudgetExceeded || original instanceof FilterFault)
    return discreet(original.message);
  if (original instanceof RangeError) return 'a text became too long';
  const text =
    original instanceof Error ? original.message.replace(/, line:\d+, col:\d+[\s\S]*$/, '') : 'failed';
  const missing = /^undefined variable: (.+)$/.exec(text)?.[1];
  if (missing !== undefined) return discreet(`${missing} is not in the event`);
  return discreet(text.slice(0, 200));
}

function originalOf(error: unknown): unknown {
  let found = error;
  while (found instanceof LiquidError && found.originalError !== undefined) found = found.originalError;
  return found;
}
