import type { Migration } from './migration.ts';

/** Kafka may refuse a record for good (too large for the topic): it waits by itself, and nothing else waits for it. */
export const refused: Migration = {
  version: 3,
  compatible: 1,
  statements: [
    `ALTER TABLE outbox ADD COLUMN retry_at {int}`,
    `CREATE INDEX outbox_refused ON outbox (notification_pk) WHERE published_at IS NULL AND retry_at IS NOT NULL`,
  ],
};
