import type { ConfigFiles } from '../../../src/config/files.ts';

/** A configuration that stands nowhere but in the bench. */
export function filesOf(texts: Readonly<Record<string, string>>): ConfigFiles {
  return {
    read: (path) => {
      const text = texts[path];
      return text === undefined ? { kind: 'missing' } : { kind: 'bytes', bytes: Buffer.from(text) };
    },
    list: (path) =>
      Object.keys(texts)
        .filter((file) => file.startsWith(`${path}/`))
        .map((file) => ({ name: file.slice(path.length + 1), isFolder: false })),
    stamp: (path) => texts[path] ?? '',
  };
}
