import type { GroupConfig } from '../config/config.ts';

/** A group with its groups resolved: everybody whom the name stands for. */
export interface ResolvedGroup {
  readonly mobiles: readonly string[];
  readonly userids: readonly string[];
  readonly deptIds: readonly number[];
}

/** References and cycles have been checked before; a cycle would only lose what it repeats. */
export function resolveGroups(groups: ReadonlyMap<string, GroupConfig>): ReadonlyMap<string, ResolvedGroup> {
  const resolved = new Map<string, ResolvedGroup>();
  for (const name of groups.keys()) {
    const reached = new Set([name]);
    // Sets grow while they are walked, so this reaches groups of groups too.
    for (const member of reached) for (const inner of groups.get(member)?.groups ?? []) reached.add(inner);
    const members = [...reached].flatMap((member) => groups.get(member) ?? []);
    resolved.set(name, {
      mobiles: members.flatMap((group) => group.mobiles),
      userids: members.flatMap((group) => group.userids),
      deptIds: members.flatMap((group) => group.deptIds),
    });
  }
  return resolved;
}
