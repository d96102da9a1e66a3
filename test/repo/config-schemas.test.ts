import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fileKinds, jsonSchemaOf, type FileKind } from '../../src/config/json-schemas.ts';
import { lint } from '../../src/rules/lint.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
const validators = Object.fromEntries(
  fileKinds.map((kind) => [kind, ajv.compile(jsonSchemaOf(kind))]),
) as Record<FileKind, ValidateFunction>;

const kindOfFolder: Readonly<Record<string, FileKind>> = {
  routes: 'routes',
  templates: 'template',
  cases: 'cases',
};

/** The files of a configuration with the kind that their place gives them. */
function filesOf(folder: string): readonly { readonly path: string; readonly kind: FileKind }[] {
  const found: { path: string; kind: FileKind }[] = [];
  for (const [name, kind] of [
    ['dingbus.yaml', 'dingbus'],
    ['groups.yaml', 'groups'],
  ] as const) {
    if (existsSync(`${folder}/${name}`)) found.push({ path: `${folder}/${name}`, kind });
  }
  for (const [name, kind] of Object.entries(kindOfFolder)) {
    if (!existsSync(`${folder}/${name}`)) continue;
    for (const file of readdirSync(`${folder}/${name}`)) {
      if (file.endsWith('.yaml')) found.push({ path: `${folder}/${name}/${file}`, kind });
    }
  }
  return found;
}

function accepts(kind: FileKind, text: string): boolean {
  return validators[kind](JSON.parse(JSON.stringify(parse(text, { logLevel: 'silent' }))));
}

describe('the JSON Schemas of configuration files', () => {
  it.each(fileKinds.map((kind) => [kind]))('%s: the file is what the definitions give', (kind) => {
    const file = readFileSync(`schemas/config/${kind}.schema.json`, 'utf8');
    // Run `node dev/generate-config-schemas.ts` after a change of a definition.
    expect(JSON.parse(file)).toEqual(jsonSchemaOf(kind));
  });

  it.each(filesOf('config').map(({ path, kind }) => [path, kind] as const))(
    'accept the sample %s',
    (path, kind) => {
      const text = readFileSync(path, 'utf8');
      const valid = accepts(kind, text);
      expect(validators[kind].errors ?? []).toEqual([]);
      expect(valid).toBe(true);
      expect(text.split('\n')[0]).toMatch(
        new RegExp(`^# yaml-language-server: \\$schema=(\\.\\./)+schemas/config/${kind}\\.schema\\.json$`),
      );
    },
  );
});

/** What a schema of one file can see. The rest concerns several keys or files, expressions, or what YAML hides. */
const visible = new Set(['unknown_key', 'missing_key', 'wrong_type', 'wrong_value']);

/** Faults of these codes that no JSON Schema can know. */
const beyondSchemas = new Set([
  'avro-results-without-registry',
  'bad-broker',
  'bad-date',
  'bad-link-rule',
  'bad-mobile',
  'bad-store',
  'bad-template-name',
  'bad-time-zone',
  'checks-out-of-order',
  'case-of-unknown-route',
  'endless-quiet-hours',
  'message-never-valid',
  'missing-on',
  'missing-recipients',
  'no-template',
  'no-topics',
  'nobody-told',
  'number-from-variable-is-text',
  'recall-without-correlation',
  'secret-empty',
  'window-too-long',
]);

describe('schema and program accept the same fixtures', () => {
  const folder = 'test/fixtures/config';

  it.each(readdirSync(folder).map((name) => [name]))('%s', (name) => {
    const { faults } = lint({ path: `${folder}/${name}`, env: {} });
    for (const { path, kind } of filesOf(`${folder}/${name}`)) {
      const own = faults.filter((fault) => fault.file === path && fault.severity === 'error');
      // What is no YAML at all never reaches a schema.
      if (own.some(({ code }) => /^(yaml|file|env)_/.test(code))) continue;
      const seen = own.filter(({ code }) => visible.has(code));
      const accepted = accepts(kind, readFileSync(path, 'utf8'));
      // Of conflicts between keys a schema knows some.
      if (own.some(({ code }) => code === 'conflict')) continue;
      if (seen.length === 0) expect({ path, accepted }).toEqual({ path, accepted: true });
      else if (!beyondSchemas.has(name)) expect({ path, accepted }).toEqual({ path, accepted: false });
    }
  });
});
