import type { SourceRef } from './config.ts';

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
  locate(ref: SourceRef, path: readonly (string | number)[], offset?: number): Position;
  /** Like `locate`, but the position of the last key itself rather than of its value. */
  locateKey(ref: SourceRef, path: readonly (string | number)[]): Position;
  /** One line of a file that was read, without its line end; null when there is no such line. */
  line(file: string, line: number): string | null;
}
