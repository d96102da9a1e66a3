import type { DeadLetter } from '../model/dead-letter.ts';
import type { Result } from '../model/result.ts';

/** One thing to publish, in order: within a notification results leave in the order of their `seq`. */
export type OutboxItem =
  | { readonly kind: 'result'; readonly result: Result; readonly recordKey: string | null }
  | { readonly kind: 'dead_letter'; readonly deadLetter: DeadLetter };

/** Something that is stopped. */
export interface Hold {
  /** An app's name, `route:<name>` or `*`. */
  readonly subject: string;
  readonly reason: string;
  readonly detail: string | null;
  readonly since: number;
  /** When it ends by itself; null = until a person or a reload ends it. */
  readonly until: number | null;
}

/** Stands for everyone among the people of content claims; no userid can be this. */
export const everybody = '*';
