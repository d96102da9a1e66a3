import { Budget, BudgetExceeded, evaluationSteps, maxListItems, stepsOfError } from './budget.ts';
import { searchSteps } from './patterns.ts';

/**
 * The part of the library's syntax tree that metering relies on. The library has no limit on evaluation of its own,
 * so every node is given an `evaluate` that counts before it does the work; tests notice should the tree change.
 */
export interface CelNode {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
  readonly end: number;
  readonly meta: {
    readonly alternate?: CelNode;
    readonly macro?: { evaluate: Evaluate; readonly [key: string]: unknown };
    readonly evaluate: Evaluate;
  };
  evaluate: Evaluate;
}

type Evaluate = (evaluator: unknown, node: unknown, context: unknown) => unknown;
type OperandCost = (value: unknown) => number;

export function isCelNode(value: unknown): value is CelNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'meta' in value && 'args' in value;
}

/** Every node of an expression, those that macros unfold to included, each once. */
export function nodesOf(root: CelNode): readonly CelNode[] {
  const found = new Set<CelNode>();
  const seen = new Set<object>();
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (isCelNode(value)) {
      found.add(value);
      pending.push(value.meta.alternate, value.meta.macro, value.args);
    } else if (Array.isArray(value)) {
      pending.push(...(value as unknown[]));
    } else if (Object.getPrototypeOf(value) === Object.prototype) {
      pending.push(...(Object.values(value) as unknown[]));
    }
  }
  return [...found];
}

/** Counts the cost of every evaluation of one expression. */
export class Meter {
  #budget = new Budget(evaluationSteps);

  /** Runs one evaluation with a budget of its own. @throws what the expression throws, or BudgetExceeded. */
  run<T>(evaluate: () => T, whole: Budget | null): T {
    const budget = new Budget(evaluationSteps, whole);
    this.#budget = budget;
    const value = evaluate();
    if (budget.exhausted) throw new BudgetExceeded('the expression costs more than is allowed for one event');
    return value;
  }

  spend(steps: number): void {
    this.#budget.spend(steps);
  }

  /** Puts the counting into every node. */
  install(root: CelNode): void {
    const nodes = nodesOf(root);
    const iterables = new Set(nodes.map(comprehensionIterable));
    const compared = new Set(nodes.flatMap((node) => (comparisons.has(node.op) ? operandsOf(node) : [])));
    const copied = new Set(nodes.flatMap((node) => (copies.has(node.op) ? operandsOf(node) : [])));
    const searched = new Map(nodes.flatMap(searchedText));
    for (const node of nodes) {
      const operand = searched.get(node) ?? (compared.has(node) ? weigh : copied.has(node) ? lengthOf : null);
      this.#wrap(node, operand, iterables.has(node));
    }
  }

  /** `operand` tells what it costs that another operation works on this node's value. */
  #wrap(node: CelNode, operand: OperandCost | null, isIterable: boolean): void {
    const own = 1 + surcharge(node);
    const counted: Evaluate = (evaluator, _node, context) => {
      this.#budget.spend(own);
      try {
        const value = evaluateNode(evaluator, node, context);
        if (operand !== null && (typeof value === 'object' || typeof value === 'string')) {
          this.#budget.spend(operand(value));
        }
        if (isIterable && sizeOf(value) > maxListItems) {
          throw new BudgetExceeded(`the list has more than ${maxListItems} elements`);
        }
        return value;
      } catch (error) {
        if (!(error instanceof BudgetExceeded)) this.#budget.spend(stepsOfError);
        throw error;
      }
    };
    // The library replaces `evaluate` of a node at its first use; the setter keeps it from undoing this.
    Object.defineProperty(node, 'evaluate', { get: () => counted, set: () => undefined });
  }
}

/** What the node itself would do, by whichever of its three ways. */
function evaluateNode(evaluator: unknown, node: CelNode, context: unknown): unknown {
  const { alternate, macro } = node.meta;
  if (alternate !== undefined) return alternate.evaluate(evaluator, alternate, context);
  if (macro !== undefined) return macro.evaluate(evaluator, macro, context);
  return node.meta.evaluate(evaluator, node, context);
}

/** Operations that look into their operands, however deep these are. */
const comparisons = new Set(['==', '!=', 'in', '<', '<=', '>', '>=']);
/** Operations that run once over their operands. */
const copies = new Set(['+', 'call', 'rcall']);

function operandsOf(node: CelNode): readonly CelNode[] {
  const args = Array.isArray(node.args) ? (node.args as unknown[]).flat() : [];
  return args.filter(isCelNode).map((child) => child.meta.alternate ?? child);
}

/** The text that `re()` searches, with what the search costs: its pattern is written out. */
function searchedText(node: CelNode): readonly [CelNode, OperandCost][] {
  if (node.op !== 'call' || (node.args as readonly unknown[])[0] !== 're') return [];
  const [text, pattern] = operandsOf(node);
  const written = pattern?.args;
  if (text === undefined || typeof written !== 'string') return [];
  return [[text, (value) => (typeof value === 'string' ? searchSteps(value, written) : 0)]];
}

/** Reading a clock in a time zone goes through `Intl`, which takes as long as hundreds of ordinary steps. */
function surcharge(node: CelNode): number {
  if (node.op !== 'call' && node.op !== 'rcall') return 0;
  const [name, , args] = node.args as readonly [string, unknown, unknown];
  if (node.op === 'rcall' && name.startsWith('get') && Array.isArray(args) && args.length > 0) return 300;
  return name === 'string' ? 50 : 5;
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length >> 4;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length >> 2;
  return 0;
}

const weights = new WeakMap<object, number>();

/** How many values a comparison may have to look at. Event data does not change, so each is weighed once. */
function weigh(value: unknown): number {
  if (typeof value === 'string') return value.length >> 6;
  if (typeof value !== 'object' || value === null) return 1;
  if (value instanceof Uint8Array) return value.length >> 6;
  const known = weights.get(value);
  if (known !== undefined) return known;
  let weight = 1;
  for (const inner of Object.values(value) as unknown[]) weight += weigh(inner);
  weights.set(value, weight);
  return weight;
}

function comprehensionIterable(node: CelNode): CelNode | null {
  if (node.op !== 'comprehension') return null;
  const { iterable } = node.args as { iterable?: unknown };
  return isCelNode(iterable) ? iterable : null;
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  for (const _ in value) {
    count += 1;
    if (count > maxListItems) break;
  }
  return count;
}
