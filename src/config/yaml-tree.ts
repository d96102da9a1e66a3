import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { EnvText } from './env-text.ts';
import type { FaultCode } from './fault.ts';
import {
  containsReference,
  fillVariables,
  unmask,
  type Environment,
  type VariableReference,
} from './variables.ts';
import { WrittenNumber } from './written-scalar.ts';

/** Where a value and its key stand in the file, as offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** How a text is written, which decides whether offsets into it can be found in the file. */
  readonly style: 'plain' | 'quoted' | 'block' | 'other';
}

export type KeyPath = readonly (string | number)[];

/** The text under which the span of a path is filed. */
export function pathKey(path: KeyPath): string {
  return path.map((part) => String(part).replaceAll('\u0000', '')).join('\u0000');
}

/** Configuration is a few levels deep, and a file of the largest size holds fewer nodes. */
const maxDepth = 64;
const maxNodes = 60_000;

type Report = (
  code: FaultCode,
  offset: number,
  length: number,
  message: string,
  remedy: string | null,
) => void;

export interface Tree {
  readonly value: unknown;
  readonly spans: ReadonlyMap<string, Span>;
  /** The file was given up: what was read of it means nothing. */
  readonly stopped: boolean;
}

/**
 * Reads the parsed document into plain values with variables filled in. Aliases are followed, but the number of
 * nodes they unfold to is bounded; merge keys are refused, since `defaults:` does their work with clear positions.
 */
export function readTree(
  document: Document.Parsed,
  references: readonly VariableReference[],
  env: Environment,
  report: Report,
): Tree {
  const reader = new TreeReader(references, env, report);
  const root = document.contents as Node | null;
  const value = root === null ? null : reader.read(root, [], null, 0);
  return { value, spans: reader.spans, stopped: reader.stopped };
}

class TreeReader {
  readonly spans = new Map<string, Span>();
  readonly #references: readonly VariableReference[];
  readonly #env: Environment;
  readonly #report: Report;
  readonly #missing = new Set<number>();
  /** The node that each anchor names at this point of the file, and what each alias was found to mean. */
  readonly #anchors = new Map<string, Scalar | YAMLMap | YAMLSeq>();
  readonly #targets = new Map<Alias, Scalar | YAMLMap | YAMLSeq | undefined>();
  #nodes = 0;
  stopped = false;

  constructor(references: readonly VariableReference[], env: Environment, report: Report) {
    this.#references = references;
    this.#env = env;
    this.#report = report;
  }

  read(node: Node | null, path: KeyPath, key: Node | null, depth: number): unknown {
    if (this.stopped) return null;
    if (!this.#admit(node, path, depth)) return null;
    if (node === null) {
      this.#place(path, key, key);
      return null;
    }
    if (isAlias(node)) {
      this.#place(path, node, key);
      const target = this.#target(node);
      if (target === undefined) {
        const [start, end] = node.range ?? [0, 0];
        this.#report('yaml_alias', start, end - start, `there is no anchor &${node.source} before this`, null);
        return null;
      }
      return this.read(target, path, key, depth + 1);
    }
    this.#place(path, node, key);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node);
    if (isSeq(node)) {
      return node.items.map((item, index) =>
        this.read(isPair(item) ? null : (item as Node | null), [...path, index], null, depth + 1),
      );
    }
    if (isMap(node)) return this.#map(node.items as Pair<Node | null, Node | null>[], path, depth);
    return null;
  }

  /** Looked up once, in the order of the file: an anchor may be defined again further down. */
  #target(alias: Alias): Scalar | YAMLMap | YAMLSeq | undefined {
    if (!this.#targets.has(alias)) this.#targets.set(alias, this.#anchors.get(alias.source));
    return this.#targets.get(alias);
  }

  #admit(node: Node | null, path: KeyPath, depth: number): boolean {
    this.#nodes += 1;
    if (this.#nodes <= maxNodes && depth <= maxDepth) return true;
    this.stopped = true;
    const offset = node?.range?.[0] ?? this.spans.get(pathKey(path.slice(0, -1)))?.start ?? 0;
    if (depth > maxDepth) {
      const message = `the file is nested more than ${maxDepth} levels deep`;
      this.#report('yaml_too_deep', offset, 0, message, 'aliases that lead to themselves count as nesting');
    } else {
      const message = `the file unfolds to more than ${maxNodes} values`;
      this.#report('yaml_too_large', offset, 0, message, 'aliases count as often as they are used');
    }
    return false;
  }

  #place(path: KeyPath, node: Node | null, key: Node | null): void {
    const range = node?.range ?? key?.range ?? [0, 0, 0];
    const keyRange = key?.range ?? range;
    const place = pathKey(path);
    // An aliased value keeps the place where the alias stands: that is the line to mend.
    const known = this.spans.get(place);
    if (known !== undefined && known.keyStart === keyRange[0]) return;
    this.spans.set(place, {
      start: range[0],
      end: range[1],
      keyStart: keyRange[0],
      keyEnd: keyRange[1],
      style: styleOf(node),
    });
  }

  #map(pairs: Pair<Node | null, Node | null>[], path: KeyPath, depth: number): Record<string, unknown> {
    const values = Object.create(null) as Record<string, unknown>;
    const seen = new Set<string>();
    for (const { key, value } of pairs) {
      const name = this.#key(key);
      if (name === null) continue;
      const [start, end] = key?.range ?? [0, 0];
      if (name === '<<') {
        const remedy = 'use `defaults:` at the top of a routes file, or write the keys out';
        this.#report('yaml_merge_key', start, end - start, 'merge keys (<<) are not supported', remedy);
        continue;
      }
      if (seen.has(name)) {
        const message = `the key ${JSON.stringify(name)} stands here a second time`;
        this.#report('yaml_duplicate_key', start, end - start, message, 'keep one of them');
        continue;
      }
      seen.add(name);
      values[name] = this.read(value, [...path, name], key, depth + 1);
    }
    return values;
  }

  #key(key: Node | null): string | null {
    if (key !== null && isScalar(key) && key.value !== null) {
      const text =
        typeof key.value === 'string' ? key.value : (key.source ?? JSON.stringify(key.value));
      if (containsReference(text)) {
        const [start, end] = key.range ?? [0, 0];
        const message = `a key may not contain a variable: ${unmask(text, this.#references)}`;
        this.#report('env_syntax', start, end - start, message, null);
        return null;
      }
      return text;
    }
    const [start, end] = key?.range ?? [0, 0];
    const isList = isCollection(key);
    const remedy = isList ? 'a text that begins with { or [ must stand in quotes' : null;
    this.#report('yaml_syntax', start, Math.min(80, end - start), 'a key must be a plain text', remedy);
    return null;
  }

  #scalar(node: Scalar): unknown {
    const value = node.value;
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    if (isNumber && node.source !== undefined && node.source !== String(value)) {
      return new WrittenNumber(value, node.source);
    }
    if (typeof value !== 'string' || !containsReference(value)) return value;
    const names: string[] = [];
    const text = fillVariables(value, this.#references, (found) => {
      names.push(found.name);
      return this.#valueOf(found);
    });
    return names.length === 0 ? text : new EnvText(text, names);
  }

  #valueOf(found: VariableReference): string {
    // Only own properties: `${constructor}` is not a variable.
    const value = Object.hasOwn(this.#env, found.name) ? this.#env[found.name] : undefined;
    if (found.fallback !== null) return value === undefined || value === '' ? found.fallback : value;
    if (value !== undefined) return value;
    if (!this.#missing.has(found.offset)) {
      this.#missing.add(found.offset);
      const remedy = `set it, or give a default: \${${found.name}:-…}`;
      const message = `the environment variable ${found.name} is not set`;
      this.#report('env_missing', found.offset, found.length, message, remedy);
    }
    return '';
  }
}

function styleOf(node: Node | null): Span['style'] {
  if (!isScalar(node)) return 'other';
  switch (node.type) {
    case 'PLAIN':
      return 'plain';
    case 'QUOTE_DOUBLE':
    case 'QUOTE_SINGLE':
      return 'quoted';
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return 'block';
    default:
      return 'other';
  }
}
