import { jsonSchemaOf, type FileKind } from '../src/config/json-schemas.ts';

interface Chapter {
  readonly kind: FileKind;
  readonly title: string;
  /** What a reader should know before the table. */
  readonly text: string;
  /** Where in the file the keys stand. */
  readonly list: string | null;
}

const chapters: readonly Chapter[] = [
  {
    kind: 'dingbus',
    title: 'dingbus.yaml',
    text: 'Paths and globs are relative to this file, the path of the SQLite file to the working directory.',
    list: null,
  },
  {
    kind: 'routes',
    title: 'Routes',
    text: 'Each item of `routes:`; `defaults:` takes the same keys.',
    list: 'routes',
  },
  { kind: 'template', title: 'Templates', text: 'Exactly one of the eight types.', list: null },
  {
    kind: 'groups',
    title: 'groups.yaml',
    text: 'Literals only, so that a look at the file tells who is told.',
    list: null,
  },
  { kind: 'cases', title: 'Cases', text: 'Each item of `cases:`.', list: 'cases' },
];

/** Every key of every file: type, default, meaning, example. */
export function rulesReference(): string {
  const parts = chapters.map(({ kind, title, text, list }) => {
    const file = jsonSchemaOf(kind);
    const properties = file['properties'] as Record<string, Schema>;
    const schema = list === null ? file : (properties[list]?.['items'] as Schema);
    return `### ${title}\n\n${text}\n\n${table(rowsOf(schema, ''))}\n`;
  });
  return parts.join('\n');
}

type Schema = Record<string, unknown>;

interface Row {
  readonly key: string;
  readonly type: string;
  readonly fallback: string;
  readonly text: string;
  readonly example: string;
}

function rowsOf(schema: Schema, prefix: string): readonly Row[] {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.entries(properties).flatMap(([name, property]): Row[] => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const own: Row = {
      key,
      type: typeOf(property),
      fallback: required.includes(name) ? 'required' : fallbackOf(property),
      text: word(property['description']),
      example: exampleOf(property),
    };
    return [own, ...innerRows(property, key)];
  });
}

function innerRows(property: Schema, key: string): readonly Row[] {
  // A message in a route is what a template is, which has a table of its own.
  if (key === 'message') return [];
  if (property['properties'] !== undefined) return rowsOf(property, key);
  const named = property['additionalProperties'];
  if (typeof named === 'object' && named !== null && 'properties' in named) return rowsOf(named, `${key}.*`);
  const forms = (property['anyOf'] ?? []) as readonly Schema[];
  // Lists written as expressions, files and uploads explain themselves.
  const mappings = forms.filter(
    (form) => form['properties'] !== undefined && !['from', 'file', 'upload'].includes(keysOf(form)),
  );
  if (mappings.length > 0) return merged(mappings.flatMap((form) => rowsOf(form, key)));
  const items = property['items'] as Schema | undefined;
  return items?.['properties'] === undefined ? [] : rowsOf(items, `${key}[]`);
}

/** Several forms of one mapping share keys; each is told once, with all of its types. */
function merged(rows: readonly Row[]): readonly Row[] {
  const byKey = new Map<string, Row>();
  for (const row of rows) {
    const known = byKey.get(row.key);
    byKey.set(row.key, known === undefined ? row : { ...known, type: `${known.type} ${row.type}` });
  }
  return [...byKey.values()];
}

function keysOf(form: Schema): string {
  return Object.keys(form['properties'] ?? {}).join();
}

function typeOf(schema: Schema): string {
  if (schema['x-kind'] !== undefined) return word(schema['x-kind']);
  if (Array.isArray(schema['enum']))
    return (schema['enum'] as readonly string[]).map((word) => `\`${word}\``).join(' ');
  const forms = schema['anyOf'] as readonly Schema[] | undefined;
  if (forms !== undefined) {
    const shown = forms
      // Every value may be made of variables; that is said once for all.
      .filter((form) => form['pattern'] !== '\\$\\{[A-Za-z_]')
      .map((form) => (isFileForm(form) ? '`{ file }`' : typeOf(form)));
    return [...new Set(shown)].join(' or ');
  }
  if (schema['type'] === 'array') return `list of ${typeOf((schema['items'] ?? {}) as Schema)}`;
  if (schema['type'] === 'object') {
    const keys = Object.keys(schema['properties'] ?? {});
    return keys.join() === 'from'
      ? '`{ from: CEL }`'
      : keys.join() === 'upload'
        ? '`{ upload: path }`'
        : 'mapping';
  }
  if (schema['type'] === 'string' && word(schema['pattern'] ?? '').includes('ms|s|m|h|d')) return 'duration';
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'whole number',
    boolean: 'true/false',
  };
  return names[word(schema['type'] ?? '')] ?? word(schema['type'] ?? 'anything');
}

function isFileForm(form: Schema): boolean {
  return keysOf(form) === 'file';
}

function fallbackOf(schema: Schema): string {
  const value = schema['default'];
  if (value === undefined) return '';
  return typeof value === 'object' && value !== null ? '' : `\`${word(value)}\``;
}

function exampleOf(schema: Schema): string {
  const [example] = (schema['examples'] ?? []) as readonly unknown[];
  return example === undefined ? '' : `\`${word(example)}\``;
}

/** A word of a schema as text. */
function word(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

function table(rows: readonly Row[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const lines = rows.map(({ key, type, fallback, text, example }) =>
    ['', `\`${key}\``, type, fallback, text, example, ''].map(cell).join(' | ').trim().replace(/ {2,}/g, ' '),
  );
  const head = ['| key | type | default | meaning | example |', '| --- | --- | --- | --- | --- |'];
  return [...head, ...lines].join('\n');
}
