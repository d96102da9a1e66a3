import type { Migration } from './migration.ts';

/** A topic that was deleted and created anew has the name of the old one, but another id. */
export const topicIds: Migration = {
  version: 5,
  compatible: 1,
  statements: ['ALTER TABLE positions ADD COLUMN topic_id TEXT'],
};
