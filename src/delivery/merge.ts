import type { Call } from '../model/call.ts';

/**
 * Joins calls with byte-identical messages of one app into as few as possible, each with at most `maxUserids`
 * people; the others stay as they are. Order of first appearance is kept. A person named twice is kept in both
 * memberships: DingTalk gives one message, and both notifications learn of it.
 */
export function mergeCalls(
  calls: readonly Call[],
  maxUserids: number,
): { merged: readonly Call[]; absorbed: readonly Call[] } {
  const merged: Call[] = [];
  const absorbed: Call[] = [];
  const open = new Map<string, number>();
  for (const call of calls) {
    const key = mergeKey(call);
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
      };
      absorbed.push({ ...call, state: 'closed', members: [] });
    }
  }
  return { merged, absorbed };
}

/** Only first attempts of user calls are joined: a repeat must be byte-identical in its recipients, too. */
function mergeKey(call: Call): string | null {
  if (!call.mergeable || call.attempts > 0 || call.kind !== 'users') return null;
  return `${call.app}\n${call.priority}\n${call.contentHash}`;
}
