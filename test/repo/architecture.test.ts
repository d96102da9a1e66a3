import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importTable } from '../../dev/import-table.ts';
import { exists, read, root } from './repository.ts';

interface Architecture {
  readonly forbidden: readonly { readonly name: string; readonly comment: string }[];
}

const settings = join(root, '.dependency-cruiser.mjs');
const { default: architecture } = (await import(settings)) as { default: Architecture };

it('gives every room its row in the import table, so that a new one cannot import what it likes', () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'cli')
    .map((entry) => `${entry.name}-imports`);
  const rules = architecture.forbidden.map((rule) => rule.name);
  expect(rules).toEqual(expect.arrayContaining(rooms));
});

it('says with every rule where the code belongs', () => {
  for (const rule of architecture.forbidden) expect(rule.comment, rule.name).toMatch(/\w{3,}.*\.$/);
});

it('docs/architecture.md shows the import table as it is (else: node dev/generate-architecture-doc.ts)', async () => {
  expect(read('docs/architecture.md')).toContain(await importTable());
});

it('docs/architecture.md names files that exist', () => {
  const text = read('docs/architecture.md').replaceAll(/^\|.*$/gm, '');
  const named = [...text.matchAll(/`((?:src|dev|test|config|[a-z]+)\/[\w./-]*(?:\.ts|\/))`/g)].map(
    (match) => match[1]!,
  );
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter((path) => !exists(path) && !exists(`src/${path}`));
  expect(missing).toEqual([]);
});
