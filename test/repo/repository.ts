import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

/** What git does not track (.gitignore names the same), and git itself. */
const untracked = new Set(['node_modules', 'dist', 'data', '.dingbus', 'coverage', '.git']);

/** Every file below a folder of the repository, as paths from its root with forward slashes. */
export function filesBelow(folder = '.'): string[] {
  return readdirSync(join(root, folder), { recursive: false, withFileTypes: true }).flatMap((entry) => {
    const path = relative(root, join(root, folder, entry.name))
      .split(sep)
      .join('/');
    if (entry.isDirectory())
      return untracked.has(path.split('/').at(-1)!) && !path.includes('fixtures') ? [] : filesBelow(path);
    return /\.(log|tgz)$/.test(path) || entry.name === '.DS_Store' ? [] : [path];
  });
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function exists(path: string): boolean {
  return existsSync(join(root, path));
}

export interface PackageJson {
  readonly license: string;
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly bin: Record<string, string>;
}

export function packageJson(): PackageJson {
  return JSON.parse(read('package.json')) as PackageJson;
}
