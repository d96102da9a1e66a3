import type { Migration } from './migration.ts';

/** Who changed what, when: kept with everything else, so that a change and its trace share one fate. */
export const audit: Migration = {
  version: 2,
  compatible: 1,
  statements: [
    `CREATE TABLE audit (
      pk {key}, id TEXT NOT NULL UNIQUE, at {int} NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
      targets TEXT NOT NULL, note TEXT, outcome TEXT NOT NULL, message TEXT)`,
  ],
};
