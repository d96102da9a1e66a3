import type { Call } from '../../model/call.ts';

/** What seldom changes once a call is in the ledger (only when it is joined with others, or loses people). */
export type CallContent = Pick<
  Call,
  'app' | 'kind' | 'members' | 'deptIds' | 'body' | 'contentHash' | 'priority' | 'mergeable' | 'people'
>;

type Columns = 'id' | 'state' | 'nextAt' | 'taskId';

export type CallProgress = Omit<Call, keyof CallContent | Columns>;

export function contentOf(call: Call): CallContent {
  return {
    app: call.app,
    kind: call.kind,
    members: call.members,
    deptIds: call.deptIds,
    body: call.body,
    contentHash: call.contentHash,
    priority: call.priority,
    mergeable: call.mergeable,
    people: call.people,
  };
}

/** Objects are never changed, so equal content is made of the very same parts. */
export function sameContent(call: Call, content: CallContent): boolean {
  return (
    call.members === content.members &&
    call.deptIds === content.deptIds &&
    call.body === content.body &&
    call.contentHash === content.contentHash &&
    call.people === content.people &&
    call.mergeable === content.mergeable &&
    call.priority === content.priority &&
    call.kind === content.kind &&
    call.app === content.app
  );
}

export function encodeContent(content: CallContent): string {
  return JSON.stringify(content);
}

export function decodeContent(text: string): CallContent {
  return JSON.parse(text) as CallContent;
}

/** Member by member, because leaving members out of a copy is many times slower; the type keeps the list complete. */
export function encodeCallProgress(call: Call): string {
  const progress: CallProgress = {
    attempts: call.attempts,
    refusals: call.refusals,
    busyRounds: call.busyRounds,
    unknownRounds: call.unknownRounds,
    crashes: call.crashes,
    day: call.day,
    claimedDay: call.claimedDay,
    acceptedAt: call.acceptedAt,
    checks: call.checks,
    progressDone: call.progressDone,
  };
  return JSON.stringify(progress);
}

export function decodeCallProgress(text: string): CallProgress {
  return JSON.parse(text) as CallProgress;
}
