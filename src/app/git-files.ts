import { spawnSync } from 'node:child_process';
import { dirname, posix, relative, resolve, sep } from 'node:path';
import { nodeFiles, type ConfigFiles, type ReadOutcome } from '../config/files.ts';

/** The files of a git revision, without checking it out. */
export interface GitRevision {
  /** The commit, in full. */
  readonly commit: string;
  readonly files: ConfigFiles;
}

export type GitResult =
  { readonly ok: true; readonly revision: GitRevision } | { readonly ok: false; readonly message: string };

type Entry = { readonly kind: 'file' | 'link'; readonly object: string } | { readonly kind: 'folder' };

/**
 * Opens a revision of the repository that holds `folder`. Paths are those of the working tree. What lies outside of the
 * repository, or is ignored by it (a file with a secret), is read as it is now.
 */
export function openGitRevision(folder: string, revision: string): GitResult {
  const top = git(folder, ['rev-parse', '--show-cdup']);
  if (!top.ok) return top;
  const verified = git(folder, [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${revision}^{commit}`,
  ]);
  if (!verified.ok) return { ok: false, message: `git knows no revision ${revision}` };
  const root = resolve(folder, text(top.bytes));
  const commit = text(verified.bytes);
  const listed = git(root, ['ls-tree', '-r', '-t', '-z', '--full-tree', commit]);
  if (!listed.ok) return listed;
  return { ok: true, revision: { commit, files: new GitFiles(root, commit, entriesOf(listed.bytes)) } };
}

class GitFiles implements ConfigFiles {
  readonly #root: string;
  readonly #commit: string;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(root: string, commit: string, entries: ReadonlyMap<string, Entry>) {
    this.#root = root;
    this.#commit = commit;
    this.#entries = entries;
  }

  read(path: string): ReadOutcome {
    const name = this.#nameOf(path);
    if (name === null) return nodeFiles.read(path);
    const entry = this.#follow(name);
    if (entry === null) {
      const isIgnored = git(this.#root, ['check-ignore', '--quiet', '--', name]).ok;
      return isIgnored ? nodeFiles.read(path) : { kind: 'missing' };
    }
    if (entry.kind === 'folder') return { kind: 'folder' };
    const blob = git(this.#root, ['cat-file', 'blob', entry.object]);
    return blob.ok ? { kind: 'bytes', bytes: blob.bytes } : { kind: 'unreadable', reason: blob.message };
  }

  list(path: string): ReturnType<ConfigFiles['list']> {
    const name = this.#nameOf(path);
    if (name === null) return nodeFiles.list(path);
    const target = this.#target(name);
    if (target === null) return null;
    const prefix = target === '' ? '' : `${target}/`;
    const names = [...this.#entries.keys()]
      .filter((each) => each.startsWith(prefix))
      .map((each) => each.slice(prefix.length))
      .filter((each) => each !== '' && !each.includes('/'));
    return names.map((each) => ({ name: each, isFolder: this.#follow(prefix + each)?.kind === 'folder' }));
  }

  /** A revision never changes. */
  stamp(): string {
    return this.#commit;
  }

  /** The path as git has it; null outside of the repository. */
  #nameOf(path: string): string | null {
    const name = relative(this.#root, resolve(path));
    if (name === '..' || name.startsWith(`..${sep}`)) return null;
    return name.split(sep).join('/');
  }

  #follow(name: string): Entry | null {
    const target = this.#target(name);
    return target === null ? null : (this.#entries.get(target) ?? null);
  }

  /** The name behind symbolic links, which may stand anywhere in a path; null where it leads nowhere. */
  #target(name: string, links = 0): string | null {
    if (name === '' || name === '.') return '';
    const parent = posix.dirname(name) === '.' ? '' : this.#target(posix.dirname(name), links);
    if (parent === null || links > mostLinks) return null;
    const found = parent === '' ? posix.basename(name) : `${parent}/${posix.basename(name)}`;
    const entry = this.#entries.get(found);
    if (entry === undefined) return null;
    if (entry.kind !== 'link') return found;
    const blob = git(this.#root, ['cat-file', 'blob', entry.object]);
    if (!blob.ok) return null;
    const target = posix.normalize(posix.join(parent, blob.bytes.toString('utf8')));
    return target.startsWith('../') ? null : this.#target(target, links + 1);
  }
}

const mostLinks = 20;

/** `100644 blob <object>\t<path>`, ended by NUL; the root itself is not among them. */
function entriesOf(listed: Buffer): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>([['', { kind: 'folder' }]]);
  for (const line of listed.toString('utf8').split('\0')) {
    const match = /^(\d+) (\w+) (\w+)\t(.+)$/s.exec(line);
    if (match === null) continue;
    const [, mode, type, object = '', name = ''] = match;
    if (type === 'tree') entries.set(name, { kind: 'folder' });
    else if (type === 'blob') entries.set(name, { kind: mode === '120000' ? 'link' : 'file', object });
  }
  return entries;
}

type GitAnswer =
  { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly message: string };

/** More than any file of a configuration, or the list of any repository's files. */
const mostBytes = 256 * 1024 * 1024;

function git(folder: string, args: readonly string[]): GitAnswer {
  const ran = spawnSync('git', ['--no-optional-locks', ...args], { cwd: folder, maxBuffer: mostBytes });
  if (ran.error !== undefined) return { ok: false, message: `git cannot be run: ${ran.error.message}` };
  if (ran.status === 0) return { ok: true, bytes: ran.stdout };
  const [first = ''] = ran.stderr.toString('utf8').trim().split('\n');
  return { ok: false, message: first === '' ? `git ended with ${String(ran.status)}` : first };
}

function text(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/\n$/, '');
}

/** The folder to ask git in: the one that holds the configuration. */
export function folderOf(configPath: string): string {
  return nodeFiles.read(configPath).kind === 'folder' ? configPath : dirname(configPath);
}
