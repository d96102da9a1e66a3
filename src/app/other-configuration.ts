import { nodeFiles } from '../config/files.ts';
import { loadActive, type Loaded, type Source } from './configuration.ts';
import { folderOf, openGitRevision } from './git-files.ts';

export interface OtherConfiguration {
  /** `path`: what may come. `revision`: what was. */
  readonly kind: 'path' | 'revision';
  /** For people. */
  readonly name: string;
  readonly loaded: Loaded;
}

export type OtherResult =
  | { readonly ok: true; readonly other: OtherConfiguration }
  /** There is nothing of that name. */
  | { readonly ok: false; readonly message: string };

/**
 * Loads the configuration to compare with: a file or folder of that name, else a git revision of the repository that
 * holds the current one, else `<revision>:<path>` where it stood elsewhere then.
 */
export function loadOther(current: Source, named: string, now: number): OtherResult {
  if (nodeFiles.read(named).kind !== 'missing') {
    const loaded = loadActive({ ...current, path: named }, now);
    return { ok: true, other: { kind: 'path', name: named, loaded } };
  }
  const folder = folderOf(current.path);
  const whole = openGitRevision(folder, named);
  const colon = named.indexOf(':');
  const opened = whole.ok || colon <= 0 ? whole : openGitRevision(folder, named.slice(0, colon));
  if (!opened.ok) {
    return { ok: false, message: `${named} is no file or folder, and no revision either: ${opened.message}` };
  }
  const path = whole.ok ? current.path : named.slice(colon + 1);
  const { commit, files } = opened.revision;
  const loaded = loadActive({ ...current, path, files }, now);
  return { ok: true, other: { kind: 'revision', name: `${named} (${commit.slice(0, 12)})`, loaded } };
}
