import type { Environment } from '@marcbachmann/cel-js';
import type { Config } from '../config/config.ts';
import type { SourceRef } from '../config/source-ref.ts';
import type { Fault, FaultCode } from '../config/fault.ts';
import type { AvroType } from './cel/avro-types.ts';
import { createCelEnvironment, type CelVariable } from './cel/environment.ts';
import { compileExpression, type Expression, type ExpressionFault, type Wanted } from './cel/expression.ts';
import { knownRecord, missingField, TypedChecker, type KnownTypes } from './cel/typed-check.ts';
import { LiquidEngine, type FieldMode, type LiquidTemplate } from './liquid/engine.ts';

type Path = readonly (string | number)[];

/** What is known of the events that a route sees: one entry for each of its types that has a schema. */
export interface RouteTypes {
  readonly known: readonly KnownTypes[];
}

export const untyped: RouteTypes = { known: [{ data: null, item: null }] };

/** What the steps of compiling share: the engines, and the faults found so far with their places. */
export class CompileContext {
  readonly config: Config;
  readonly liquid: LiquidEngine;
  readonly faults: Fault[] = [];
  readonly #environments = new Map<string, Environment>();
  readonly #checkers = new Map<string, TypedChecker>();
  readonly #typeIds = new Map<AvroType, number>();

  constructor(config: Config) {
    this.config = config;
    this.liquid = new LiquidEngine(config.timeZone);
  }

  report(ref: SourceRef, path: Path, fault: Omit<ExpressionFault, 'offset'> & { offset?: number }): void {
    const position = this.config.sources.locate(ref, path, fault.offset);
    const { code, message, remedy } = fault;
    this.faults.push({ ...position, severity: 'error', code, message, remedy });
  }

  warn(ref: SourceRef, path: Path, code: FaultCode, message: string, remedy: string | null = null): void {
    const position = this.config.sources.locate(ref, path);
    this.faults.push({ ...position, severity: 'warning', code, message, remedy });
  }

  get failed(): boolean {
    return this.faults.some((fault) => fault.severity === 'error');
  }

  /** Compiles an expression, checked against each schema that its event may have; null after a fault. */
  expression(
    source: string,
    wanted: Wanted,
    variables: readonly CelVariable[],
    types: RouteTypes,
    ref: SourceRef,
    path: Path,
  ): Expression | null {
    const compiled = compileExpression(this.#environment(variables), source, wanted);
    if (!compiled.ok) {
      this.report(ref, path, compiled.fault);
      return null;
    }
    for (const known of types.known) {
      const fault = this.checker(known, variables).check(source);
      if (fault === null) continue;
      this.report(ref, path, fault);
      return null;
    }
    return compiled.expression;
  }

  checker(known: KnownTypes, variables: readonly CelVariable[]): TypedChecker {
    const key = `${variables.join()} ${this.#idOf(known.data)} ${this.#idOf(known.item)}`;
    const found = this.#checkers.get(key) ?? new TypedChecker(known, variables, this.config.timeZone);
    this.#checkers.set(key, found);
    return found;
  }

  /** Compiles a text with Liquid in it; null after a fault. */
  template(
    source: string,
    mode: FieldMode,
    variables: readonly string[],
    types: RouteTypes,
    ref: SourceRef,
    path: Path,
  ): LiquidTemplate | null {
    const compiled = this.liquid.compile(source, mode);
    if (!compiled.ok) {
      this.report(ref, path, compiled.fault);
      return null;
    }
    for (const use of this.liquid.variables(compiled.template)) {
      const [root, ...rest] = use.path;
      if (typeof root !== 'string') continue;
      const offset = offsetAt(source, use.row, use.col);
      if (!variables.includes(root)) {
        const remedy = `known variables: ${variables.join(', ')}`;
        this.report(ref, path, {
          code: 'template_unknown',
          message: `unknown variable ${root}`,
          remedy,
          offset,
        });
        return null;
      }
      for (const known of types.known) {
        const problem = checkPath(knownRecord(known, root), rest);
        if (problem === null) continue;
        this.report(ref, path, { code: 'template_unknown', ...problem, offset });
        return null;
      }
    }
    return compiled.template;
  }

  #environment(variables: readonly CelVariable[]): Environment {
    const key = variables.join();
    const found =
      this.#environments.get(key) ?? createCelEnvironment({ variables, timeZone: this.config.timeZone });
    this.#environments.set(key, found);
    return found;
  }

  #idOf(type: AvroType | null): number {
    if (type === null) return 0;
    const id = this.#typeIds.get(type) ?? this.#typeIds.size + 1;
    this.#typeIds.set(type, id);
    return id;
  }
}

/** Follows a path through a schema; what lies beyond what the schema says stays unchecked. */
function checkPath(
  root: AvroType | null,
  path: readonly (string | number | null)[],
): { readonly message: string; readonly remedy: string } | null {
  let type: AvroType | null = root;
  for (const step of path) {
    while (type?.kind === 'nullable') type = type.of;
    if (type === null) return null;
    if (type.kind === 'list') {
      if (typeof step === 'string' && !listProperties.has(step)) {
        return {
          message: `a list has no field ${step}`,
          remedy: 'walk over it with {% for %}, or name an index',
        };
      }
      type = step === 'size' ? null : type.item;
    } else if (type.kind === 'record') {
      if (typeof step !== 'string') return null;
      const field = type.fields.get(step);
      if (field === undefined) return missingField(type, step);
      type = field;
    } else return null;
  }
  return null;
}

const listProperties = new Set(['size', 'first', 'last']);

function offsetAt(source: string, row: number, col: number): number {
  let offset = 0;
  for (let line = 1; line < row; line += 1) offset = source.indexOf('\n', offset) + 1;
  return offset + col - 1;
}
