import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rulesReference } from '../../dev/rules-reference.ts';

it('docs/rules.md lists every key as the program knows it (else: node dev/generate-rules-doc.ts)', () => {
  const page = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
  expect(page.endsWith(rulesReference())).toBe(true);
});
