/** Where a piece of configuration stands: the file and the path of keys in it. */
export interface SourceRef {
  readonly file: string;
  readonly path: readonly (string | number)[];
  /** The `defaults:` that supplied the keys which the path itself lacks. */
  readonly defaults: readonly (string | number)[] | null;
}
