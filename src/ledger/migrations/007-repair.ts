import type { Migration } from './migration.ts';

/** Which call an intent was for, so that its outcome tells when it arrived; and what dead letters were redriven as. */
export const repair: Migration = {
  version: 7,
  compatible: 1,
  statements: [
    'ALTER TABLE intents ADD COLUMN call_pk {int}',
    `CREATE TABLE redrives (
      dead_letter_id TEXT NOT NULL, notification_id TEXT NOT NULL, at {int} NOT NULL,
      PRIMARY KEY (dead_letter_id, notification_id)) {compact}`,
    'CREATE INDEX redrives_at ON redrives (at)',
  ],
};
