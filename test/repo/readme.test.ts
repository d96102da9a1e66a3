import { describe, expect, it } from 'vitest';
import { exists, packageJson, read } from './repository.ts';

const readmes = ['README.md', 'README.zh-CN.md'];

/** The command lines of a document: those in its shell blocks, and those in the running text. */
function commands(path: string): string[] {
  const text = read(path);
  const blocks = [...text.matchAll(/^```(?:sh|shell|bash|console)\n([\s\S]*?)^```/gm)].flatMap((match) =>
    match[1]!.split('\n'),
  );
  const inline = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    (match) => match[1]!,
  );
  return [...blocks, ...inline]
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/\s+#.*$/, '')
        .trim(),
    )
    .filter((line) => /^([A-Z_]+=\S+ )*(npm|npx|node|docker|dingbus|git|cd|\.ci\/run)\b/.test(line));
}

describe.each(readmes)('%s', (path) => {
  it('names the two commands that a newcomer needs', () => {
    expect(commands(path).some((command) => /\bnpm start\b/.test(command))).toBe(true);
    expect(commands(path).some((command) => /\bnpm test\b/.test(command))).toBe(true);
  });

  it('names only scripts that exist', () => {
    const { scripts } = packageJson();
    const named = commands(path).flatMap((command) => {
      const match = /\bnpm (?:run ([\w:-]+)|(start|test)\b)/.exec(command);
      return match === null ? [] : [match[1] ?? match[2]!];
    });
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('names only files to run that exist', () => {
    const run = commands(path).flatMap((command) => {
      const match = /\bnode (\S+\.(?:ts|mjs))\b|^(\.ci\/run)/.exec(command);
      return match === null ? [] : [match[1] ?? match[2]!];
    });
    expect(run.filter((file) => !exists(file))).toEqual([]);
  });
});

it('tells readers of both languages the same commands', () => {
  const [english, chinese] = readmes.map((path) => [...new Set(commands(path))].sort());
  expect(chinese).toEqual(english);
});
