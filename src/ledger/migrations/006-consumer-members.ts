import type { Migration } from './migration.ts';

/** Under which name Kafka knew the process that had the ledger last. */
export const consumerMembers: Migration = {
  version: 6,
  compatible: 1,
  statements: [
    `CREATE TABLE consumer_members (consumer_group TEXT NOT NULL PRIMARY KEY, member_id TEXT NOT NULL)`,
  ],
};
