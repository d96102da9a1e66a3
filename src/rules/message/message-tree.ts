import type { LiquidTemplate } from '../liquid/engine.ts';
import type { CompiledField } from './compiled-message.ts';

/** The content of a message with all of its texts. */
export type Tree = string | { upload: string } | Tree[] | { [key: string]: Tree };

/** A leaf of a message, with its place. */
export interface Leaf {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

export type TreeResult =
  | { readonly ok: true; readonly tree: Tree }
  | { readonly ok: false; readonly path: readonly (string | number)[]; readonly message: string };

/** What `render` makes of a text with Liquid in it. */
export type Rendered =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/**
 * Puts a message's texts where they belong; the first that cannot be rendered ends it. `render` gets what it needs as an
 * argument: a closure for each notification would be compiled again and again.
 */
export function treeOf<Scope>(
  field: CompiledField,
  path: readonly (string | number)[],
  scope: Scope,
  render: (template: LiquidTemplate, scope: Scope) => Rendered,
): TreeResult {
  switch (field.kind) {
    case 'literal':
      return { ok: true, tree: field.text };
    case 'upload':
      return { ok: true, tree: { upload: field.path } };
    case 'liquid': {
      const rendering = render(field.template, scope);
      return rendering.ok
        ? { ok: true, tree: rendering.text }
        : { ok: false, path, message: rendering.message };
    }
    case 'list': {
      const items: Tree[] = [];
      for (const [index, item] of field.items.entries()) {
        const result = treeOf(item, [...path, index], scope, render);
        if (!result.ok) return result;
        if (!isEmptyRow(result.tree)) items.push(result.tree);
      }
      return { ok: true, tree: items };
    }
    case 'mapping': {
      const mapping: { [key: string]: Tree } = {};
      for (const [key, inner] of field.entries) {
        const result = treeOf(inner, [...path, key], scope, render);
        if (!result.ok) return result;
        mapping[key] = result.tree;
      }
      return { ok: true, tree: mapping };
    }
  }
}

/** A row of a form without a value says nothing: a template may name rows that only some events fill. */
function isEmptyRow(tree: Tree): boolean {
  if (typeof tree !== 'object' || Array.isArray(tree) || !('value' in tree)) return false;
  return typeof tree['value'] === 'string' && tree['value'].trim() === '';
}

export function leavesOf(tree: Tree, path: readonly (string | number)[] = []): readonly Leaf[] {
  if (typeof tree === 'string') return [{ path, text: tree }];
  if (Array.isArray(tree)) return tree.flatMap((item, index) => leavesOf(item, [...path, index]));
  return Object.entries(tree).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}
