import type { Assigner } from 'kafkajs';
import { type Cluster, groupHooks, type GroupHooks } from './group-hooks.ts';
import { kafkajs } from './kafkajs.ts';
import type { TopicPartition } from './source-types.ts';

/**
 * Shares the partitions among the members of the group, each partition only to members that subscribed to its topic.
 * The library's own assigner takes the leader's topics for everybody's: while instances with an older and a newer
 * configuration run side by side, it gives partitions to members that drop them, and nobody reads them.
 */
export function createAssigner(cluster: Cluster, hooks: GroupHooks): Assigner {
  const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
  const noData = Buffer.alloc(0);
  const assigner: Assigner = {
    name: 'dingbus',
    version: 0,
    protocol: ({ topics }) => ({
      name: 'dingbus',
      metadata: MemberMetadata.encode({ version: 0, topics, userData: noData }),
    }),
    async assign({ members }) {
      const topicsOf = new Map<string, ReadonlySet<string>>();
      for (const { memberId, memberMetadata } of members) {
        topicsOf.set(memberId, new Set(MemberMetadata.decode(memberMetadata)?.topics));
      }
      const topics = [...new Set([...topicsOf.values()].flatMap((ofMember) => [...ofMember]))].sort();
      // The leader may not read all of them itself.
      await cluster.addMultipleTargetTopics(topics);
      const partitions = topics.flatMap((topic) => {
        const numbers = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
        return numbers.sort((one, other) => one - other).map((partition) => ({ topic, partition }));
      });
      return [...share(topicsOf, partitions)].map(([memberId, assigned]) => {
        const assignment: Record<string, number[]> = {};
        for (const { topic, partition } of assigned) (assignment[topic] ??= []).push(partition);
        return {
          memberId,
          memberAssignment: MemberAssignment.encode({ version: 0, assignment, userData: noData }),
        };
      });
    },
  };
  return Object.assign(assigner, { [groupHooks]: hooks });
}

/** Gives each partition to the member with the fewest so far of those that want it; the same for the same input. */
export function share(
  topicsOf: ReadonlyMap<string, ReadonlySet<string>>,
  partitions: readonly TopicPartition[],
): Map<string, TopicPartition[]> {
  const shares = new Map<string, TopicPartition[]>([...topicsOf.keys()].sort().map((member) => [member, []]));
  for (const partition of partitions) {
    let least: TopicPartition[] | null = null;
    for (const [member, assigned] of shares) {
      if (topicsOf.get(member)?.has(partition.topic) !== true) continue;
      if (least === null || assigned.length < least.length) least = assigned;
    }
    least?.push(partition);
  }
  return shares;
}
