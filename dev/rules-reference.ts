import { jsonSchemaOf, type FileKind } from '../src/config/json-schemas.ts';

/** What a JSON Schema says of one key, as far as the reference shows it. */
interface Node {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly additionalProperties?: Node | boolean;
  readonly 'x-kind'?: string;
}

const chapters: readonly (readonly [FileKind, string])[] = [
  ['dingbus', 'dingbus.yaml'],
  ['routes', 'routes/*.yaml'],
  ['template', 'templates/*.yaml'],
  ['groups', 'groups.yaml'],
  ['cases', 'cases/*.yaml'],
];
/** The keys under `defaults:` are those of a route. */
const left = new Set(['defaults']);

/** Every key of every file: type, default, meaning, example. */
export function rulesReference(): string {
  const parts = chapters.map(([kind, file]) => {
    const rows = rowsOf(jsonSchemaOf(kind), '');
    return `## ${file}\n\n| key | type | default | meaning | example |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return parts.join('\n');
}

function rowsOf(node: Node, prefix: string): string[] {
  const rows: string[] = [];
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    if (left.has(key)) continue;
    const path = `${prefix}${key}`;
    const need = (node.required ?? []).includes(key) && child.default === undefined ? ' **needed**' : '';
    const fallback =
      child.default === undefined || isEmpty(child.default) ? need.trim() : code(child.default);
    const example = child.examples?.[0] === undefined ? '' : code(child.examples[0]);
    rows.push(
      `| \`${path}\` | ${typeOf(child)} | ${fallback} | ${cell(child.description ?? '')} | ${example} |`,
    );
    rows.push(...inside(child, path));
  }
  return rows;
}

/** Keys of a mapping, of a list's items, and of a mapping with names of the user's own. */
function inside(node: Node, path: string): string[] {
  const rows = rowsOf(node, `${path}.`);
  if (node.items !== undefined) rows.push(...inside(node.items, `${path}[]`));
  if (typeof node.additionalProperties === 'object')
    rows.push(...inside(node.additionalProperties, `${path}.<name>`));
  const seen = new Set<string>();
  for (const choice of node.anyOf ?? []) {
    for (const row of inside(choice, path)) {
      if (!seen.has(row)) rows.push(row);
      seen.add(row);
    }
  }
  return rows;
}

function typeOf(node: Node): string {
  if (node['x-kind'] !== undefined) return node['x-kind'];
  if (node.enum !== undefined) return node.enum.map(code).join(', ');
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeOf))].join(' or ');
  if (node.type === 'array') return `list of ${node.items === undefined ? 'anything' : typeOf(node.items)}`;
  if (node.type === 'object') return 'mapping';
  return typeof node.type === 'string' ? node.type : 'anything';
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function code(value: unknown): string {
  return `\`${cell(typeof value === 'string' ? value : JSON.stringify(value))}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
