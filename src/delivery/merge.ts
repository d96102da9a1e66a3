import type { Call } from '../model/call.ts';

/**
 * Joins calls with byte-identical messages of one app into as few as possible, each with at most `maxUserids`
 * people; the others stay as they are. Order of first appearance is kept. A person named twice is kept in both
 * memberships: DingTalk gives one message, and both notifications learn of it.
 */
export function mergeCalls(
  calls: readonly Call[],
  maxUserids: number,
  /** Calls whose groups differ are not joined. */
  groupOf: (call: Call) => string,
): { merged: readonly Call[]; absorbed: readonly Call[] } {
  const merged: Call[] = [];
  const absorbed: Call[] = [];
  const open = new Map<string, number>();
  for (const call of calls) {
    const content = mergeKey(call);
    const key = content === null ? null : `${content}\n${groupOf(call)}`;
    const at = key === null ? undefined : open.get(key);
    const host = at === undefined ? undefined : merged[at];
    if (key === null) {
      merged.push(call);
    } else if (at === undefined || host === undefined || host.people + call.people > maxUserids) {
      open.set(key, merged.length);
      merged.push(call);
    } else {
      merged[at] = {
        ...host,
        members: [...host.members, ...call.members],
        people: host.people + call.people,
        // Whoever has a place already gets the same one again.
        claimedDay: host.claimedDay === call.claimedDay ? host.claimedDay : null,
      };
      absorbed.push({ ...call, state: 'closed', members: [] });
    }
  }
  return { merged, absorbed };
}

/** Only first attempts of user calls are joined: a repeat must be byte-identical in its recipients, too. */
function mergeKey(call: Call): string | null {
  if (!call.mergeable || call.attempts > 0 || call.unknownRounds > 0 || call.kind !== 'users') return null;
  return `${call.app}\n${call.priority}\n${call.contentHash}`;
}
