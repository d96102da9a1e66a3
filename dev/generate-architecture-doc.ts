import { readFileSync, writeFileSync } from 'node:fs';
import { importTable } from './import-table.ts';

/** Writes the import table into docs/architecture.md; a test fails when it is not up to date. */
const page = new URL('../docs/architecture.md', import.meta.url);
const [begin, end] = [
  '<!-- import table: written by dev/generate-architecture-doc.ts -->',
  '<!-- end of import table -->',
];
const text = readFileSync(page, 'utf8');
const [before = '', rest = ''] = text.split(begin);
const after = rest.split(end)[1] ?? '';
writeFileSync(page, `${before}${begin}\n\n${await importTable()}\n\n${end}${after}`);
