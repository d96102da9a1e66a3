import { sha256 } from '../base/ids.ts';
import type { ConfigFiles, ReadOutcome } from './files.ts';

/** What a configuration was made of, for seeing whether any of it has changed since. */
export interface Inputs {
  /** Every path that was read, whether or not there was a file. */
  readonly paths: readonly string[];
  /** Names the content of all of them: equal only when every byte is. */
  readonly content: string;
  /** How the paths and folders stood when they were read. */
  readonly stamp: string;
  /** How they stand now; reads no content. Differs from `stamp` when something may have changed. */
  stampNow(): string;
}

/**
 * Passes everything on and remembers it. What was read and listed is exactly what the configuration depends on: files
 * that were missing, folders that a glob walked through and the files behind links included.
 */
export class TracedFiles implements ConfigFiles {
  readonly #files: ConfigFiles;
  readonly #reads = new Map<string, { readonly stamp: string; readonly content: string }>();
  readonly #lists = new Map<string, string>();

  constructor(files: ConfigFiles) {
    this.#files = files;
  }

  read(path: string): ReadOutcome {
    // The stamp is taken first: a write in between makes it outdated, and the change is seen.
    const stamp = this.#files.stamp(path);
    const outcome = this.#files.read(path);
    if (!this.#reads.has(path)) this.#reads.set(path, { stamp, content: contentOf(outcome) });
    return outcome;
  }

  list(path: string): ReturnType<ConfigFiles['list']> {
    const listed = this.#files.list(path);
    if (!this.#lists.has(path)) this.#lists.set(path, namesIn(listed));
    return listed;
  }

  stamp(path: string): string {
    return this.#files.stamp(path);
  }

  inputs(): Inputs {
    const files = this.#files;
    const reads = [...this.#reads];
    const lists = [...this.#lists];
    const joined = (stamps: readonly string[], names: readonly string[]): string =>
      [...stamps, ...names].join('\n');
    return {
      paths: reads.map(([path]) => path),
      content: sha256(reads.map(([path, { content }]) => `${path}\n${content}`).join('\n')),
      stamp: joined(
        reads.map(([, { stamp }]) => stamp),
        lists.map(([, names]) => names),
      ),
      stampNow: () =>
        joined(
          reads.map(([path]) => files.stamp(path)),
          lists.map(([path]) => namesIn(files.list(path))),
        ),
    };
  }
}

function contentOf(outcome: ReadOutcome): string {
  return outcome.kind === 'bytes' ? sha256(outcome.bytes) : outcome.kind;
}

function namesIn(listed: ReturnType<ConfigFiles['list']>): string {
  if (listed === null) return 'unreadable';
  return listed
    .map(({ name, isFolder }) => (isFolder ? `${name}/` : name))
    .sort()
    .join('\t');
}
