import { describe, expect, it } from 'vitest';
import { expandGlob } from '../../../src/config/globs.ts';
import { suggest } from '../../../src/config/suggest.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';

const files = memoryFiles(
  Object.fromEntries(
    [
      'c/routes/b.yaml',
      'c/routes/a.yaml',
      'c/routes/a.yml',
      'c/routes/10.yaml',
      'c/routes/9.yaml',
      'c/routes/.hidden.yaml',
      'c/routes/team/x.yaml',
      'c/routes/..data/y.yaml',
      'c/other.yaml',
      'schemas/e.avsc',
      '/mnt/rules/x.yaml',
    ].map((path) => [path, '']),
  ),
);

describe('globs', () => {
  it.each([
    ['routes/*.yaml', ['c/routes/10.yaml', 'c/routes/9.yaml', 'c/routes/a.yaml', 'c/routes/b.yaml']],
    ['routes/**/*.yaml', ['c/routes/10.yaml', 'c/routes/9.yaml', 'c/routes/a.yaml', 'c/routes/b.yaml', 'c/routes/team/x.yaml']],
    ['routes/?.yaml', ['c/routes/9.yaml', 'c/routes/a.yaml', 'c/routes/b.yaml']],
    ['*/team/*.yaml', ['c/routes/team/x.yaml']],
    ['../schemas/*.avsc', ['schemas/e.avsc']],
    ['nothing/*.yaml', []],
    ['a.yaml', ['c/a.yaml']],
    ['/mnt/rules/*.yaml', ['/mnt/rules/x.yaml']],
    ['/mnt/*/x.yaml', ['/mnt/rules/x.yaml']],
    ['/*/rules/x.yaml', ['/mnt/rules/x.yaml']],
    ['/mnt/rules/x.yaml', ['/mnt/rules/x.yaml']],
  ])('%s', (pattern, expected) => {
    expect(expandGlob('c', pattern, files)).toEqual(expected);
  });
});

describe('did you mean', () => {
  const known = ['when', 'stop', 'amount_cents', 'currency', 'recall_on', 'on', 'to'];

  it.each([
    ['wehn', 'when'],
    ['Stop', 'stop'],
    ['amont', 'amount_cents'],
    ['curency', 'currency'],
    ['recal_on', 'recall_on'],
    ['xyzzy', null],
    ['q', null],
  ])('%s → %s', (word, meant) => {
    expect(suggest(word, known)).toBe(meant);
  });
});
