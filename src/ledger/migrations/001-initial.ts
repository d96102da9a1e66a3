import type { Migration } from './migration.ts';

/**
 * The first tables. Rows that change often are short and apart from the long text that never changes; integer keys
 * keep the trees small; every list that a loop asks for has a partial index that holds only what it still has to do.
 */
export const initial: Migration = {
  version: 1,
  compatible: 1,
  statements: [
    `CREATE TABLE positions (
      consumer_group TEXT NOT NULL, topic TEXT NOT NULL, partition {int} NOT NULL,
      next {int} NOT NULL, committed {int},
      PRIMARY KEY (consumer_group, topic, partition)) {compact}`,

    // One row a matched event: its identity for as long as it is kept, and the record for later dead letters.
    `CREATE TABLE events (
      pk {key}, identity TEXT NOT NULL UNIQUE, received_at {int} NOT NULL,
      topic TEXT NOT NULL, partition {int} NOT NULL, record_offset {int} NOT NULL, record_time {int} NOT NULL,
      record_key {blob}, record_value {blob}, headers TEXT)`,

    // `progress` is what changes; `notification_plans.plan` what was fixed when the notification was made.
    `CREATE TABLE notifications (
      pk {key}, id TEXT NOT NULL UNIQUE, event_pk {int}, event_id TEXT NOT NULL, route TEXT NOT NULL, app TEXT NOT NULL,
      priority {int} NOT NULL, mergeable {int} NOT NULL, content_key {int}, correlation TEXT,
      received_at {int} NOT NULL, state TEXT NOT NULL, due_at {int} NOT NULL, owner TEXT, lease_until {int} NOT NULL,
      final_status TEXT, ended_at {int}, plan_rev {int} NOT NULL, progress TEXT NOT NULL)`,
    `CREATE INDEX notifications_due ON notifications (app, priority, due_at{tie}) WHERE state = 'waiting'`,
    `CREATE INDEX notifications_content ON notifications (content_key) WHERE state = 'waiting' AND mergeable = 1`,
    `CREATE INDEX notifications_active ON notifications (app) WHERE state = 'active'`,
    `CREATE INDEX notifications_ended ON notifications (ended_at, final_status) WHERE state = 'final'`,
    `CREATE INDEX notifications_leased ON notifications (app, lease_until) WHERE owner IS NOT NULL`,
    `CREATE INDEX notifications_event ON notifications (event_pk)`,
    `CREATE INDEX notifications_correlation ON notifications (route, correlation, received_at)
      WHERE correlation IS NOT NULL`,
    `CREATE TABLE notification_plans (pk {int} NOT NULL PRIMARY KEY, plan TEXT NOT NULL)`,

    `CREATE TABLE calls (
      pk {key}, id TEXT NOT NULL UNIQUE, app TEXT NOT NULL, priority {int} NOT NULL, state TEXT NOT NULL,
      next_at {int} NOT NULL, owner TEXT, lease_until {int} NOT NULL, task_id TEXT,
      content_rev {int} NOT NULL, progress TEXT NOT NULL)`,
    `CREATE INDEX calls_ready ON calls (app, priority, next_at{tie}) WHERE state = 'ready'`,
    `CREATE INDEX calls_accepted ON calls (app, next_at{tie}) WHERE state = 'accepted'`,
    `CREATE INDEX calls_owned ON calls (app, lease_until) WHERE owner IS NOT NULL`,
    `CREATE INDEX calls_held ON calls (app) WHERE state = 'held'`,
    `CREATE TABLE call_contents (pk {int} NOT NULL PRIMARY KEY, content TEXT NOT NULL)`,
    `CREATE TABLE call_members (
      notification_pk {int} NOT NULL, call_pk {int} NOT NULL, PRIMARY KEY (notification_pk, call_pk)) {compact}`,
    `CREATE INDEX call_members_call ON call_members (call_pk)`,

    // Every durable intent to call, for the limits of calls a second and people a minute.
    `CREATE TABLE intents (pk {key}, app TEXT NOT NULL, at {int} NOT NULL, people {int} NOT NULL)`,
    `CREATE INDEX intents_at ON intents (app, at)`,

    `CREATE TABLE content_claims (
      day TEXT NOT NULL, app TEXT NOT NULL, userid TEXT NOT NULL, content_hash TEXT NOT NULL,
      notification_id TEXT NOT NULL, PRIMARY KEY (day, app, userid, content_hash)) {compact}`,
    `CREATE TABLE counters (
      app TEXT NOT NULL, scope TEXT NOT NULL, period TEXT NOT NULL, used {int} NOT NULL,
      PRIMARY KEY (app, scope, period)) {compact}`,

    `CREATE TABLE dedupe_claims (
      route TEXT NOT NULL, key TEXT NOT NULL, notification_id TEXT NOT NULL, until {int} NOT NULL,
      PRIMARY KEY (route, key)) {compact}`,
    `CREATE INDEX dedupe_claims_notification ON dedupe_claims (notification_id)`,
    `CREATE INDEX dedupe_claims_until ON dedupe_claims (until)`,
    `CREATE TABLE throttle_claims (
      pk {key}, route TEXT NOT NULL, key TEXT NOT NULL, notification_id TEXT NOT NULL,
      at {int} NOT NULL, until {int} NOT NULL)`,
    `CREATE INDEX throttle_claims_key ON throttle_claims (route, key, at)`,
    `CREATE INDEX throttle_claims_notification ON throttle_claims (notification_id)`,
    `CREATE INDEX throttle_claims_until ON throttle_claims (until)`,

    `CREATE TABLE digest_windows (
      pk {key}, id TEXT NOT NULL UNIQUE, route TEXT NOT NULL, key_index TEXT NOT NULL, key TEXT NOT NULL,
      app TEXT NOT NULL, opened_at {int} NOT NULL, closes_at {int} NOT NULL, count {int} NOT NULL, state TEXT NOT NULL)`,
    `CREATE UNIQUE INDEX digest_windows_open ON digest_windows (route, key_index) WHERE state = 'open'`,
    `CREATE INDEX digest_windows_due ON digest_windows (closes_at) WHERE state <> 'taken'`,
    `CREATE INDEX digest_windows_taken ON digest_windows (closes_at) WHERE state = 'taken'`,
    `CREATE TABLE digest_members (
      pk {key}, window_pk {int} NOT NULL, member_id TEXT NOT NULL, event TEXT NOT NULL)`,
    `CREATE UNIQUE INDEX digest_members_window ON digest_members (window_pk, member_id)`,

    `CREATE TABLE signals (
      pk {key}, kind TEXT NOT NULL, route TEXT NOT NULL, correlation TEXT NOT NULL,
      status_value TEXT, status_bg TEXT, at {int} NOT NULL)`,
    `CREATE INDEX signals_correlation ON signals (route, correlation, at)`,
    `CREATE INDEX signals_at ON signals (at)`,

    `CREATE TABLE mobiles (
      app TEXT NOT NULL, mobile TEXT NOT NULL, userid TEXT, at {int} NOT NULL, PRIMARY KEY (app, mobile)) {compact}`,
    `CREATE INDEX mobiles_userid ON mobiles (app, userid)`,
    `CREATE INDEX mobiles_at ON mobiles (at)`,
    `CREATE TABLE media (
      app TEXT NOT NULL, content_hash TEXT NOT NULL, media_id TEXT NOT NULL, at {int} NOT NULL,
      PRIMARY KEY (app, content_hash)) {compact}`,
    `CREATE TABLE holds (
      subject TEXT NOT NULL PRIMARY KEY, reason TEXT NOT NULL, detail TEXT, since {int} NOT NULL, until {int})`,

    // What is published stays until its notification goes: it is the history that people look at.
    `CREATE TABLE outbox (
      pk {key}, notification_pk {int}, kind TEXT NOT NULL, item TEXT NOT NULL,
      created_at {int} NOT NULL, published_at {int})`,
    `CREATE INDEX outbox_unpublished ON outbox (pk) WHERE published_at IS NULL`,
    `CREATE INDEX outbox_notification ON outbox (notification_pk)`,
    `CREATE INDEX outbox_dead_letters ON outbox (pk) WHERE kind = 'dead_letter'`,

    `CREATE TABLE instances (
      id TEXT NOT NULL PRIMARY KEY, heartbeat_at {int} NOT NULL, started_at {int} NOT NULL, description TEXT NOT NULL)`,
    `CREATE TABLE leases (name TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, until {int} NOT NULL)`,
  ],
};
