import { dirname, join, normalize } from 'node:path';
import { sha256 } from '../../src/base/ids.ts';
import type { ConfigFiles } from '../../src/config/files.ts';

/** A file system of the files that a test names; folders are those that the paths imply. */
export function memoryFiles(files: Readonly<Record<string, string | Uint8Array>>): ConfigFiles {
  const content = new Map(Object.entries(files).map(([path, text]) => [normalize(path), Buffer.from(text)]));
  const folders = new Set<string>();
  for (const path of content.keys()) {
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  return {
    read(path) {
      const bytes = content.get(normalize(path));
      if (bytes !== undefined) return { kind: 'bytes', bytes };
      return { kind: folders.has(normalize(path)) ? 'folder' : 'missing' };
    },
    list(path) {
      const names = new Set<string>();
      const prefix = join(path, '/');
      for (const file of content.keys()) {
        if (file.startsWith(prefix)) names.add(file.slice(prefix.length).split('/')[0] ?? '');
      }
      const isFolder = (name: string): boolean => folders.has(normalize(join(path, name)));
      return [...names].map((name) => ({ name, isFolder: isFolder(name) }));
    },
    stamp(path) {
      const bytes = content.get(normalize(path));
      return bytes === undefined ? 'ENOENT' : sha256(bytes);
    },
  };
}
