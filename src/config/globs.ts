import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { ConfigFiles } from './files.ts';

const hasWildcard = /[*?]/;

/** Folders of these names are never entered; `..data` and the like are how mounted configuration is swapped. */
const skipped = (name: string): boolean => name.startsWith('.') || name === 'node_modules';

const maxFolders = 1000;

/**
 * The files that `pattern` names below `base`, sorted by path. `*` and `?` match within a name, `**` matches folders
 * of any depth. A pattern without wildcards is one path, whether or not there is such a file.
 */
export function expandGlob(base: string, pattern: string, files: ConfigFiles): readonly string[] {
  if (!hasWildcard.test(pattern)) return [pathFrom(base, pattern)];
  let root = pattern;
  while (hasWildcard.test(root)) root = dirname(root);
  const start = pathFrom(base, root === '.' ? '' : root);
  const rest = relative(root === '.' ? '' : root, pattern);
  const matcher = toRegExp(rest);
  const found: string[] = [];
  const folders = [''];
  for (let index = 0; index < folders.length && index < maxFolders; index += 1) {
    const folder = folders[index] ?? '';
    for (const entry of files.list(join(start, folder)) ?? []) {
      if (skipped(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFolder) {
        if (rest.includes('/') || rest.includes('**')) folders.push(path);
      } else if (matcher.test(path)) {
        found.push(join(start, path));
      }
    }
  }
  // By code unit, so that the order is the same on every machine.
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function toRegExp(pattern: string): RegExp {
  let source = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern.charAt(index);
    if (pattern.startsWith('**/', index)) {
      source += '(?:[^/]+/)*';
      index += 2;
    } else if (pattern.startsWith('**', index)) {
      source += '.*';
      index += 1;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else source += char.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  }
  return new RegExp(`^${source}$`);
}

/** Where a path of the configuration leads: below `base`, unless it is absolute. */
export function pathFrom(base: string, path: string): string {
  return isAbsolute(path) ? path : join(base, path);
}

/** A file's name without its extension: the name of a template. */
export function baseNameOf(path: string): string {
  return basename(path).replace(/\.ya?ml$/, '');
}
