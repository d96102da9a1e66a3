import { describe, expect, it } from 'vitest';
import { filesBelow, read } from './repository.ts';

const files = filesBelow();
const text = files.filter((path) => /\.(ts|mjs|json|ya?ml|md|avsc|html|css|sh)$|^[^.]*$|\/run$/.test(path));

function lines(path: string): number {
  return read(path).trimEnd().split('\n').length;
}

describe('source files', () => {
  it('stay within 400 lines, beyond which nobody reads them as a whole', () => {
    expect(filesBelow('src').filter((path) => path.endsWith('.ts') && lines(path) > 400)).toEqual([]);
    expect(filesBelow('dev').filter((path) => path.endsWith('.ts') && lines(path) > 400)).toEqual([]);
  });

  it('stay within 600 lines in tests', () => {
    expect(filesBelow('test').filter((path) => path.endsWith('.test.ts') && lines(path) > 600)).toEqual([]);
  });

  it('are called what they are in kebab-case, and never utils', () => {
    const named = [...filesBelow('src'), ...filesBelow('dev')].filter((path) => path.endsWith('.ts'));
    const badly = named.filter((path) => {
      const base = path.split('/').at(-1)!;
      return (
        !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(base) ||
        /^(utils?|helpers?|common|misc|index)\.ts$/.test(base)
      );
    });
    expect(badly).toEqual([]);
  });
});

describe('tracked text', () => {
  it.each([
    ['a path of one machine', /(?<![\w.-])\/(work\/(main|shared)|root|home\/\w+|Users\/\w+)\//],
    ['a package registry or its key', /^\s*(@\S+:)?registry\s*=\s*https?:|_authToken|<mirror>/m],
  ])('names nowhere %s', (_what, pattern) => {
    const here = 'test/repo/files.test.ts';
    expect(
      text.filter((path) => path !== here && path !== 'package-lock.json' && pattern.test(read(path))),
    ).toEqual([]);
  });

  it('leads nowhere by a relative link that does not exist', () => {
    const broken = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => {
          const target = new URL(match[1]!, `file:///${path}`).pathname.slice(1);
          return { path, target };
        }),
      )
      .filter(
        ({ target }) =>
          !files.some((file) => file === target || file.startsWith(`${target.replace(/\/$/, '')}/`)),
      );
    expect(broken).toEqual([]);
  });
});
