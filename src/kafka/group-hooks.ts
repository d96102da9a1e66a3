/**
 * Steps in where the library gives no say: before a member joins its group again (handlers must finish and commit
 * first, or two members work on one partition), after it has joined (positions must be set before the first fetch),
 * when nothing may be fetched (it would sleep), and when an offset is out of range (it would commit −1 or −2 for us).
 *
 * A consumer gets its hooks through one of its partition assigners, the only object of ours that the library hands
 * to its consumer group.
 */
export interface GroupHooks {
  /** Awaited before joining, first and later times; must end within the rebalance timeout. */
  beforeJoin(group: ConsumerGroup): Promise<void>;
  /** Called after joining, before the next fetch. */
  afterJoin(group: ConsumerGroup): Promise<void>;
  /** Resolves when there is something to fetch, or after a while without. */
  beforeFetch(group: ConsumerGroup): Promise<void>;
  onOutOfRange(
    group: ConsumerGroup,
    where: { readonly topic: string; readonly partition: number },
  ): Promise<void>;
}

export const groupHooks = Symbol('dingbus.groupHooks');

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** What this room uses of the library's `ConsumerGroup`. */
export interface ConsumerGroup {
  readonly groupId: string;
  readonly generationId: number;
  /** The broker's name for this member; null before it joined and after it left. */
  memberId: string | null;
  readonly assigners: readonly { readonly [groupHooks]?: GroupHooks }[];
  readonly cluster: Cluster;
  readonly coordinator: Coordinator;
  readonly offsetManager: OffsetManager;
  maxBytesPerPartition: number;
  /** How long the broker may wait for records before it answers a fetch with none, ms. */
  maxWaitTime: number;
  assigned(): readonly TopicPartitions[];
  pause(what: readonly TopicPartitions[]): void;
  resume(what: readonly TopicPartitions[]): void;
  seek(to: { topic: string; partition: number; offset: string }): void;
  heartbeat(options: { interval: number }): Promise<void>;
  leave(): Promise<void>;
  joinAndSync: (this: ConsumerGroup) => Promise<void>;
  fetch: (this: ConsumerGroup, nodeId: string) => Promise<readonly unknown[]>;
  recoverFromOffsetOutOfRange: (
    this: ConsumerGroup,
    error: { readonly topic: string; readonly partition: number },
  ) => Promise<void>;
}

export interface OffsetOf {
  readonly partition: number;
  readonly offset: string;
  readonly metadata?: string | null;
}

/** The library's `Cluster`: metadata, offsets, and brokers to talk to. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  metadata(about?: {
    topics?: readonly string[];
  }): Promise<{ readonly topicMetadata: readonly { readonly topic: string }[] }>;
  findTopicPartitionMetadata(
    topic: string,
  ): readonly { readonly partitionId: number; readonly leader: number }[];
  findBroker(where: { nodeId: number }): Promise<Broker>;
  removeBroker(where: { host: string; port: number }): void;
  /** For requests that the library does not know. */
  readonly brokerPool: { findConnectedBroker(): Promise<RawBroker> };
  findGroupCoordinator(of: { groupId: string }): Promise<Coordinator>;
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
      readonly fromBeginning?: boolean;
      readonly fromTimestamp?: number;
    }[],
  ): Promise<readonly { readonly topic: string; readonly partitions: readonly OffsetOf[] }[]>;
}

/** A broker as the library connects to it, below the requests that it knows. */
export interface RawBroker {
  /** The newest version of each request that the broker understands. */
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null;
  readonly connectionPool: {
    send<T>(exchange: {
      readonly request: {
        readonly apiKey: number;
        readonly apiVersion: number;
        readonly apiName: string;
        encode(): Promise<unknown>;
      };
      readonly response: { decode(raw: Buffer): Promise<T>; parse(decoded: T): Promise<T> };
    }): Promise<T>;
  };
}

export interface Broker {
  fetch(request: {
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly fetchOffset: string;
        readonly maxBytes: number;
      }[];
    }[];
  }): Promise<{
    readonly responses: readonly { readonly topicName: string; readonly partitions: readonly unknown[] }[];
  }>;
}

export interface Coordinator {
  offsetFetch(request: {
    readonly groupId: string;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
    }[];
  }): Promise<{
    readonly responses: readonly { readonly topic: string; readonly partitions: readonly OffsetOf[] }[];
  }>;
}

/** Bound to one generation of the group: what it commits carries that generation, and the broker refuses an old one. */
export interface OffsetManager {
  commitOffsets(what: {
    readonly topics: readonly { readonly topic: string; readonly partitions: readonly OffsetOf[] }[];
  }): Promise<void>;
}

export interface ConsumerGroupClass {
  readonly prototype: ConsumerGroup;
}

export function installGroupHooks(group: ConsumerGroupClass): void {
  const { joinAndSync, fetch, recoverFromOffsetOutOfRange } = group.prototype;
  const joining = new WeakMap<ConsumerGroup, Promise<void>>();

  group.prototype.joinAndSync = function (this: ConsumerGroup): Promise<void> {
    const hooks = hooksOf(this);
    if (hooks === null) return joinAndSync.call(this);
    // Fetch loops of several brokers may ask at once; the library would then join twice at the same time.
    const underWay = joining.get(this);
    if (underWay !== undefined) return underWay;
    const join = async (): Promise<void> => {
      await hooks.beforeJoin(this);
      await joinAndSync.call(this);
      await hooks.afterJoin(this);
    };
    const promise = join().finally(() => joining.delete(this));
    joining.set(this, promise);
    return promise;
  };

  group.prototype.fetch = async function (this: ConsumerGroup, nodeId: string): Promise<readonly unknown[]> {
    const hooks = hooksOf(this);
    if (hooks !== null) await hooks.beforeFetch(this);
    return fetch.call(this, nodeId);
  };

  group.prototype.recoverFromOffsetOutOfRange = async function (this: ConsumerGroup, error): Promise<void> {
    const hooks = hooksOf(this);
    if (hooks === null) return recoverFromOffsetOutOfRange.call(this, error);
    return hooks.onOutOfRange(this, error);
  };
}

function hooksOf(group: ConsumerGroup): GroupHooks | null {
  for (const assigner of group.assigners) {
    const hooks = assigner[groupHooks];
    if (hooks !== undefined) return hooks;
  }
  return null;
}
