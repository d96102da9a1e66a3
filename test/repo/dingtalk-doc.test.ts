import { expect, it } from 'vitest';
import { dingtalkDoc } from '../../dev/generate-dingtalk-doc.ts';
import { codeTable } from '../../src/dingtalk/codes.ts';
import { endpoints } from '../../src/dingtalk/endpoints.ts';
import {
  callLimits,
  fieldAdvice,
  fieldLimits,
  mediaLimits,
  rateLimits,
  spans,
} from '../../src/dingtalk/limits.ts';
import { sources } from '../../src/dingtalk/sources.ts';
import { read } from './repository.ts';

it('docs/dingtalk.md says what the client does (else: node dev/generate-dingtalk-doc.ts)', () => {
  expect(read('docs/dingtalk.md')).toBe(dingtalkDoc());
});

it('every limit and code names a source that can be looked up', () => {
  const known = new Set([...sources.map(({ key }) => key), 'our own reading']);
  const tables: readonly Readonly<Record<string, { readonly source: string }>>[] = [
    callLimits,
    rateLimits,
    spans,
    fieldLimits,
    fieldAdvice,
    mediaLimits,
    endpoints,
  ];
  const facts = tables.flatMap((table) => Object.values(table));
  const named = [...facts, ...codeTable].flatMap(({ source }) => source.split(', '));
  expect(named.filter((source) => !known.has(source.replace(/ code .*$/, '')))).toEqual([]);
});
