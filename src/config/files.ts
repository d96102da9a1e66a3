import { readdirSync, readFileSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** The file system as the configuration sees it: reads only, and every failure is a value. */
export interface ConfigFiles {
  read(path: string): ReadOutcome;
  /** Names in a folder; null when it cannot be read. */
  list(path: string): readonly { readonly name: string; readonly isFolder: boolean }[] | null;
  /** Differs from an earlier one when the file or folder (behind links) was written, replaced, made or removed. */
  stamp(path: string): string;
}

export type ReadOutcome =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'too_large'; readonly bytes: number }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Nothing that belongs to a configuration comes near this; a device or a log file does. */
const largestRead = 16 * 1024 * 1024;

export const nodeFiles: ConfigFiles = {
  read(path) {
    try {
      const stats = statSync(path);
      if (stats.isDirectory()) return { kind: 'folder' };
      if (!stats.isFile()) return { kind: 'unreadable', reason: 'it is not a regular file' };
      if (stats.size > largestRead) return { kind: 'too_large', bytes: stats.size };
      return { kind: 'bytes', bytes: readFileSync(path) };
    } catch (error) {
      // The caller reports it as a fault of the configuration.
      const code = errorCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
      return { kind: 'unreadable', reason: code };
    }
  },
  list(path) {
    try {
      return readdirSync(path).map((name) => ({ name, isFolder: isFolder(join(path, name)) }));
    } catch {
      // A folder that is not there holds nothing; that nothing was found is what gets reported.
      return null;
    }
  },
  stamp(path) {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
      return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    } catch (error) {
      return errorCode(error);
    }
  },
};

/** Follows symbolic links: mounted configuration is made of them. */
function isFolder(path: string): boolean {
  const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() ?? false;
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
