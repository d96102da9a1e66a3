import type { Migration } from './migration.ts';

/** Small documents that several instances change in turn, each by comparing the version: parts of rate limits. */
export const sharedDocuments: Migration = {
  version: 4,
  compatible: 1,
  statements: [
    `CREATE TABLE shared_documents (name TEXT NOT NULL PRIMARY KEY, version {int} NOT NULL, body TEXT NOT NULL)`,
  ],
};
