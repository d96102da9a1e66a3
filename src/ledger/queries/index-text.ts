import { sha256 } from '../../base/ids.ts';

/**
 * PostgreSQL refuses index entries of more than a third of a page (2,704 bytes), and keys come from event data of
 * any length; a longer text is replaced by its beginning and its hash, which is as good for telling texts apart.
 */
const longestChars = 200;

export function indexText(value: string): string {
  if (value.length <= longestChars) return value;
  return `${value.slice(0, 100).toWellFormed()}#${sha256(value)}`;
}

/** 48 bits of a hex hash as an integer: short in an index, and rare enough to collide that a check afterwards is cheap. */
export function hashKey(hexHash: string): number {
  return Number.parseInt(hexHash.slice(0, 12), 16);
}
