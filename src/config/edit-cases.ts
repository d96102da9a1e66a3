import { isMap, isScalar, isSeq, parseDocument, stringify, type Pair, type YAMLMap } from 'yaml';

type Items = readonly Readonly<Record<string, unknown>>[];

/**
 * Replaces one list (`expect`, `signals`) of one case in the text of a cases file. All other text stays byte for byte;
 * null when the case is written in a way that cannot be edited so.
 */
export function replaceInCase(text: string, index: number, key: 'expect' | 'signals', items: Items): string | null {
  const document = parseDocument(text);
  const cases: unknown = document.get('cases');
  const found: unknown = isSeq(cases) ? cases.items[index] : null;
  const pair = isMap(found) ? pairOf(found, key) : null;
  if (!isMap(found) || pair === null || !isScalar(pair.key) || !isSeq(pair.value)) return null;
  const begin = pair.key.range?.[0];
  const keyEnd = pair.key.range?.[1];
  const listEnd = pair.value.range?.[1];
  if (begin === undefined || keyEnd === undefined || listEnd === undefined) return null;
  // Lists written line by line end behind the empty lines that follow them, which are not theirs.
  const end = text.slice(0, listEnd).trimEnd().length;
  const column = begin - (text.lastIndexOf('\n', begin - 1) + 1);
  const list =
    found.flow === true || items.length === 0
      ? ` ${flow(items)}`
      : items.map((item) => `\n${block(item, ' '.repeat(column + 2))}`).join('');
  return `${text.slice(0, keyEnd)}:${list}${text.slice(end)}`;
}

function pairOf(map: YAMLMap, key: string): Pair | null {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key) ?? null;
}

/** One item: its keys below each other, their values on one line. */
function block(item: Readonly<Record<string, unknown>>, indent: string): string {
  return Object.entries(item)
    .map(([key, value], index) => `${indent}${index === 0 ? '- ' : '  '}${key}: ${flow(value)}`)
    .join('\n');
}

/** On one line, spaced as Prettier has it. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return scalar(value);
  const entries = Object.entries(value).map(([key, inner]) => `${scalar(key)}: ${flow(inner)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function scalar(value: unknown): string {
  const plain = typeof value === 'string' ? withoutVariables(value) : value;
  // Within brackets, because some texts need quotes only there.
  const options = { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 } as const;
  return stringify([plain], options).trim().slice(1, -1);
}

/** A dollar of a message must not turn into a variable when the file is read. */
function withoutVariables(text: string): string {
  return text.replaceAll('${', () => '$${');
}
