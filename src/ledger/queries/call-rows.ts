import { decodeCallProgress, decodeContent, type CallContent } from '../codec/call.ts';
import type { Call, CallState } from '../../model/call.ts';
import type { Scope } from '../scope.ts';

/** What every query that gives calls selects, of `calls c`. */
export const callColumns = 'c.pk, c.id, c.state, c.next_at, c.task_id, c.content_rev, c.progress';

export interface CallRow {
  readonly pk: number;
  readonly id: string;
  readonly state: CallState;
  readonly next_at: number;
  readonly task_id: string | null;
  readonly content_rev: number;
  readonly progress: string;
}

/** Of these, those that are at hand; they count as read in this transaction. */
export function currentCalls(scope: Scope, ids: readonly string[]): readonly Call[] {
  return ids.flatMap((id) => {
    const current = scope.current?.calls.get(id);
    if (current === undefined) return [];
    const { pk, revision, part, row } = current;
    scope.contents.set(id, { pk, revision, part, size: 0 });
    return [row];
  });
}

/** Rows → calls, in the same order; contents that are not at hand are read in one go. */
export async function loadCalls(scope: Scope, rows: readonly CallRow[]): Promise<readonly Call[]> {
  const missing: number[] = [];
  for (const row of rows) {
    if (knownContent(scope, row) !== undefined) continue;
    const cached = scope.context.contents.get(row.pk, row.content_rev);
    if (cached === undefined) missing.push(row.pk);
    else scope.contents.set(row.id, { pk: row.pk, revision: row.content_rev, part: cached, size: 0 });
  }
  const texts = new Map<number, string>();
  if (missing.length > 0) {
    const contents = await scope.session.all<{ pk: number; content: string }>(
      'SELECT pk, content FROM call_contents WHERE pk IN ints(?1)',
      [missing],
    );
    for (const { pk, content } of contents) texts.set(pk, content);
  }
  const calls: Call[] = [];
  for (const row of rows) {
    const content = knownContent(scope, row) ?? decoded(scope, row, texts.get(row.pk));
    if (content === null) continue;
    calls.push({
      id: row.id,
      ...content,
      state: row.state,
      nextAt: row.next_at,
      taskId: row.task_id,
      ...decodeCallProgress(row.progress),
    });
  }
  return calls;
}

function knownContent(scope: Scope, row: CallRow): CallContent | undefined {
  const known = scope.contents.get(row.id);
  return known?.revision === row.content_rev ? known.part : undefined;
}

function decoded(scope: Scope, row: CallRow, content: string | undefined): CallContent | null {
  if (content === undefined) return null;
  const part = decodeContent(content);
  scope.contents.set(row.id, { pk: row.pk, revision: row.content_rev, part, size: content.length });
  return part;
}
