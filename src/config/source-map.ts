import type { SourceRef } from './source-ref.ts';
import type { YamlFile } from './yaml-file.ts';
import { pathKey, type KeyPath, type Span } from './yaml-tree.ts';

/** Where a value stands: 1-based, with the text it covers. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly length: number;
}

/** Looks positions up by file and path of keys, long after the YAML tree is gone. */
export interface SourceMap {
  /**
   * The position of `path` below `ref`; where a part of it is missing, that of the nearest parent (a key that should
   * be there has no place of its own). `offset` counts characters into a text value, as expression errors do.
   */
  locate(ref: SourceRef, path: KeyPath, offset?: number): Position;
  /** Like `locate`, but the position of the last key itself rather than of its value. */
  locateKey(ref: SourceRef, path: KeyPath): Position;
  /** One line of a file that was read, without its line end; null when there is no such line. */
  line(file: string, line: number): string | null;
}

/** The longest stretch that is underlined: a fault in a block is shown at its beginning. */
const maxLength = 120;

export class FileSources implements SourceMap {
  readonly #files = new Map<string, YamlFile>();

  add(file: YamlFile): void {
    this.#files.set(file.file, file);
  }

  /** Whether the file has this very path. */
  has(file: string, path: KeyPath): boolean {
    return this.#files.get(file)?.spans.has(pathKey(path)) ?? false;
  }

  locate(ref: SourceRef, path: KeyPath, offset?: number): Position {
    const found = this.#find(ref, path);
    if (found === null) return { file: ref.file, line: 1, col: 1, length: 0 };
    const { file, span, exact } = found;
    if (exact && offset !== undefined) {
      const inside = offsetInside(file, span, offset);
      if (inside !== null) return { ...file.text.at(inside), length: 1 };
    }
    // A missing key is shown at its parent's key, which names the thing that lacks it.
    const start = exact ? span.start : span.keyStart;
    const end = exact ? span.end : span.keyEnd;
    return this.#position(file, start, end);
  }

  locateKey(ref: SourceRef, path: KeyPath): Position {
    const found = this.#find(ref, path);
    if (found === null) return { file: ref.file, line: 1, col: 1, length: 0 };
    return this.#position(found.file, found.span.keyStart, found.span.keyEnd);
  }

  line(file: string, line: number): string | null {
    return this.#files.get(file)?.text.line(line) ?? null;
  }

  #position(file: YamlFile, start: number, end: number): Position {
    const firstLine = file.text.slice(start, Math.min(end, start + maxLength)).split(/\r?\n/, 1)[0] ?? '';
    return { ...file.text.at(start), length: firstLine.trimEnd().length };
  }

  #find(ref: SourceRef, path: KeyPath): { file: YamlFile; span: Span; exact: boolean } | null {
    const file = this.#files.get(ref.file);
    if (file === undefined) return null;
    const own = file.spans.get(pathKey([...ref.path, ...path]));
    if (own !== undefined) return { file, span: own, exact: true };
    const first = path[0];
    if (ref.defaults !== null && first !== undefined) {
      const isOwn = file.spans.has(pathKey([...ref.path, first]));
      if (!isOwn && file.spans.has(pathKey([...ref.defaults, first]))) {
        return this.#find({ file: ref.file, path: ref.defaults, defaults: null }, path);
      }
    }
    for (let length = path.length - 1; length >= 0; length -= 1) {
      const span = file.spans.get(pathKey([...ref.path, ...path.slice(0, length)]));
      if (span !== undefined) return { file, span, exact: false };
    }
    return null;
  }
}

/** The offset in the file of character `offset` of a text value; null where the writing style hides it. */
function offsetInside(file: YamlFile, span: Span, offset: number): number | null {
  const raw = file.text.slice(span.start, span.end);
  // A variable in the text has another length than its value.
  if (/\$\{[A-Za-z_]/.test(raw)) return null;
  if (span.style === 'plain') return raw.includes('\n') ? null : span.start + Math.min(offset, raw.length);
  if (span.style === 'quoted') {
    const escapes = raw.startsWith('"') ? raw.includes('\\') : raw.slice(1, -1).includes("''");
    if (raw.includes('\n') || escapes) return null;
    return span.start + 1 + Math.min(offset, Math.max(0, raw.length - 2));
  }
  if (span.style === 'block') return offsetInBlock(raw, span.start, offset);
  return null;
}

/** A block text has one line more (its header), and each line is indented as the first one is. */
function offsetInBlock(raw: string, start: number, offset: number): number | null {
  const headerEnd = raw.indexOf('\n') + 1;
  if (headerEnd === 0) return null;
  const indent = /^ */.exec(raw.slice(headerEnd).replace(/^(?: *\r?\n)+/, ''))?.[0].length ?? 0;
  let remaining = offset;
  let at = headerEnd;
  for (const line of raw.slice(headerEnd).split('\n')) {
    const content = Math.max(0, line.length - indent);
    if (remaining <= content) return start + at + Math.min(indent, line.length) + remaining;
    remaining -= content + 1;
    at += line.length + 1;
  }
  return null;
}
