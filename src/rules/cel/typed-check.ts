import type { Environment } from '@marcbachmann/cel-js';
import { suggest } from '../../config/suggest.ts';
import { CelTypes, type AvroType } from './avro-types.ts';
import { createCelEnvironment, type CelVariable } from './environment.ts';
import { describeTypeError, type ExpressionFault } from './expression.ts';
import { isCelNode, nodesOf, type CelNode } from './meter.ts';

/** What is known of the variables' types; null stays unchecked. */
export interface KnownTypes {
  readonly data: (AvroType & { kind: 'record' }) | null;
  readonly item: AvroType | null;
}

/** What every event's `meta` holds. */
const metaType: AvroType & { kind: 'record' } = {
  kind: 'record',
  name: 'meta',
  fields: new Map<string, AvroType>([
    ['source', { kind: 'string' }],
    ['id', { kind: 'string' }],
    ['type', { kind: 'nullable', of: { kind: 'string' } }],
    ['subject', { kind: 'nullable', of: { kind: 'string' } }],
    ['time', { kind: 'nullable', of: { kind: 'timestamp', unit: 'millis' } }],
    ['topic', { kind: 'string' }],
    ['partition', { kind: 'int' }],
    ['offset', { kind: 'int' }],
    ['key', { kind: 'nullable', of: { kind: 'string' } }],
    ['headers', { kind: 'map', value: { kind: 'string' } }],
    ['traceparent', { kind: 'nullable', of: { kind: 'string' } }],
  ]),
};

/** The record whose fields are known, by variable; templates look here too. */
export function knownRecord(known: KnownTypes, variable: string): AvroType | null {
  if (variable === 'meta') return metaType;
  return variable === 'data' ? known.data : variable === 'item' ? known.item : null;
}

/** Checks expressions against the Avro schema of an event; nothing is evaluated with it. */
export class TypedChecker {
  readonly #env: Environment;
  readonly #types: CelTypes;
  readonly #known: KnownTypes;

  constructor(known: KnownTypes, variables: readonly CelVariable[], timeZone: string) {
    this.#known = known;
    this.#env = createCelEnvironment({
      variables: variables.filter((name) => name === 'now'),
      timeZone,
    });
    this.#types = new CelTypes(this.#env);
    for (const name of ['data', 'meta', 'item'] as const) {
      if (!variables.includes(name)) continue;
      const type = knownRecord(known, name);
      this.#env.registerVariable(name, type === null ? 'dyn' : this.#types.nameOf(type));
    }
  }

  /** The first fault of an expression that is well-formed, or null. */
  check(source: string): ExpressionFault | null {
    const parsed = this.#env.parse(source);
    const checked = parsed.check();
    if (!checked.valid) return this.#explain(checked.error, source);
    const root: unknown = parsed.ast;
    return isCelNode(root) ? this.#checkHas(root, source) : null;
  }

  /** The type of a list's elements, for `for_each`; null when it is not known. */
  itemTypeOf(source: string): AvroType | null {
    const checked = this.#env.parse(source).check();
    const name = /^list<(.+)>$/.exec(checked.type ?? '')?.[1];
    return name === undefined ? null : (this.#types.shown.get(name) ?? null);
  }

  /** The library takes any name within `has()`: a misspelt one would be false for ever. */
  #checkHas(root: CelNode, source: string): ExpressionFault | null {
    for (const node of nodesOf(root)) {
      if (node.op !== 'call' || !Array.isArray(node.args) || node.args[0] !== 'has') continue;
      const [argument] = node.args[1] as readonly unknown[];
      if (!isCelNode(argument)) continue;
      const checked = this.#env.parse(source.slice(argument.start, argument.end)).check();
      if (checked.valid) continue;
      const fault = this.#explain(checked.error, source.slice(argument.start, argument.end));
      // Within a macro the text alone does not know the macro's variable.
      if (/ has no field /.test(fault.message)) return { ...fault, offset: argument.start + fault.offset };
    }
    return null;
  }

  #explain(error: unknown, source: string): ExpressionFault {
    const fault = describeTypeError(error, source, this.#env);
    const missing = /^No such key: (.+)$/.exec(fault.message)?.[1];
    if (missing !== undefined) return this.#unknownField(missing, source, fault);
    return { ...fault, message: this.#withRealNames(fault.message) };
  }

  #unknownField(field: string, source: string, fault: ExpressionFault): ExpressionFault {
    const record = this.#recordAt(field, source) ?? this.#known.data ?? metaType;
    return { code: 'expression_unknown', ...missingField(record, field), offset: fault.offset };
  }

  /** The record in which the field was looked for: the type that the checker found left of the dot. */
  #recordAt(field: string, source: string): (AvroType & { kind: 'record' }) | null {
    const parsed = this.#env.parse(source);
    parsed.check();
    const root: unknown = parsed.ast;
    if (!isCelNode(root)) return null;
    for (const node of nodesOf(root)) {
      if (node.op !== '.' || !Array.isArray(node.args)) continue;
      const [left, name] = node.args as readonly unknown[];
      if (name !== field || !isCelNode(left)) continue;
      const type = (left as { checkedType?: { name?: string } }).checkedType?.name ?? '';
      const record = this.#types.shown.get(type);
      if (record !== undefined && !record.fields.has(field)) return record;
    }
    return null;
  }

  #withRealNames(message: string): string {
    return message.replace(/\bRecord\d+\b/g, (name) => this.#types.shown.get(name)?.name ?? name);
  }
}

/** What to say of a field that a record does not have. */
export function missingField(
  record: AvroType & { kind: 'record' },
  field: string,
): { readonly message: string; readonly remedy: string } {
  const names = [...record.fields.keys()];
  const meant = suggest(field, names);
  const remedy = meant === null ? `its fields: ${names.slice(0, 30).join(', ')}` : `did you mean ${meant}?`;
  return { message: `${record.name} has no field ${field}`, remedy };
}
