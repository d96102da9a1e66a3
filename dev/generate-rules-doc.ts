import { readFileSync, writeFileSync } from 'node:fs';
import { rulesReference } from './rules-reference.ts';

/** Writes the reference part of docs/rules.md from the JSON Schemas; a test fails when it is not up to date. */
const page = new URL('../docs/rules.md', import.meta.url);
const mark = '<!-- reference: written by dev/generate-rules-doc.ts -->';
const [before] = readFileSync(page, 'utf8').split(mark);
writeFileSync(page, `${before ?? ''}${mark}\n\n${rulesReference()}`);
