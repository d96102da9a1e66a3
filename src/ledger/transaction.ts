/** The ledger's transaction: every method is one of the queries over the scope of this transaction. */
import { auditTrail, recordAudit } from './queries/audit.ts';
import type { LedgerReader, LedgerTx } from './ledger.ts';
import {
  callsById,
  callsOf,
  recentIntents,
  recentSends,
  takeChecks,
  takeOrphanedCalls,
  takeReadyCalls,
} from './queries/call-takes.ts';
import { insertCalls, saveCalls } from './queries/calls.ts';
import { consumerMember, saveConsumerMember } from './queries/consumer-members.ts';
import { closeDigest, digestMembers, joinDigest, nextDigest, takeClosedDigests } from './queries/digests.ts';
import { nextCheck, nextDue, pendingByApp, pendingCount, takeDue, takeSameContent } from './queries/due.ts';
import { eventContents, eventRecord, eventTimes, insertEvents } from './queries/events.ts';
import { clearHold, holds, setHold } from './queries/holds.ts';
import { forgetMedia, forgetUserids, media, mobiles, saveMedia, saveMobiles } from './queries/lookups.ts';
import {
  correlated,
  insertNotifications,
  leaseNotifications,
  notificationsById,
  saveNotifications,
} from './queries/notifications.ts';
import {
  appendOutbox,
  markPublished,
  postponeOutbox,
  takeOutbox,
  unpublishedCount,
} from './queries/outbox.ts';
import { claimDedupe, claimThrottle, releasePolicyClaims } from './queries/policies.ts';
import {
  advancePosition,
  noteTopicId,
  positions,
  recordCommits,
  resetPosition,
} from './queries/positions.ts';
import { claimContents, count, counter, releaseContents } from './queries/quotas.ts';
import { bringForward } from './queries/clock.ts';
import { claimRedrive, recordRedrive, redrives } from './queries/redrives.ts';
import { purge } from './queries/retention.ts';
import { rememberSignals, signalsFor } from './queries/signals.ts';
import { deadLetters, heldCalls, history } from './queries/view-history.ts';
import { listNotifications } from './queries/view-notifications.ts';
import { backlog, instances, overview, quotaUse } from './queries/view-overview.ts';
import type { Scope } from './scope.ts';
import type { LedgerViews } from './views.ts';

export function readerOf(scope: Scope): LedgerReader {
  return {
    positions: (group) => positions(scope, group),
    consumerMember: (group) => consumerMember(scope, group),
    notifications: (ids) => notificationsById(scope, ids, false),
    calls: (ids) => callsById(scope, ids, false),
    callsOf: (ids) => callsOf(scope, ids, false),
    eventRecord: (id) => eventRecord(scope, id),
    digestMembers: (id) => digestMembers(scope, id),
    mobiles: (app, list) => mobiles(scope, app, list),
    media: (app, hashes) => media(scope, app, hashes),
    counter: (key) => counter(scope, key),
    holds: () => holds(scope),
    auditTrail: (cursor, limit) => auditTrail(scope, cursor, limit),
    pendingCount: () => pendingCount(scope),
    pendingByApp: () => pendingByApp(scope),
    nextDue: (app, exceptRoutes) => nextDue(scope, app, exceptRoutes),
    nextCheck: (app) => nextCheck(scope, app),
    nextDigest: () => nextDigest(scope),
    unpublishedCount: () => unpublishedCount(scope),
    recentIntents: (app, since) => recentIntents(scope, app, since),
    recentSends: (app, since) => recentSends(scope, app, since),
  };
}

export function transactionOf(scope: Scope): LedgerTx {
  return {
    ...readerOf(scope),
    insertEvents: (events) => insertEvents(scope, events),
    eventContents: (identities) => eventContents(scope, identities),
    eventTimes: (identities) => eventTimes(scope, identities),
    insertNotifications: (entries) => insertNotifications(scope, entries),
    advancePosition: (...position) => advancePosition(scope, ...position),
    noteTopicId: (...note) => noteTopicId(scope, ...note),
    resetPosition: (...position) => resetPosition(scope, ...position),
    saveConsumerMember: (group, id) => saveConsumerMember(scope, group, id),
    recordCommits: (group, commits) => recordCommits(scope, group, commits),
    claimDedupe: (claim, now) => claimDedupe(scope, claim, now),
    claimThrottle: (claim, now) => claimThrottle(scope, claim, now),
    releasePolicyClaims: (ids) => releasePolicyClaims(scope, ids),
    joinDigest: (fresh, member, memberId) => joinDigest(scope, fresh, member, memberId),
    takeClosedDigests: (now, limit) => takeClosedDigests(scope, now, limit),
    closeDigest: (id, at) => closeDigest(scope, id, at),
    rememberSignals: (signals) => rememberSignals(scope, signals),
    signalsFor: (route, correlation, since) => signalsFor(scope, route, correlation, since),
    correlated: (route, correlation, since) => correlated(scope, route, correlation, since),
    takeDue: (query) => takeDue(scope, query),
    takeSameContent: (query) => takeSameContent(scope, query),
    leaseNotifications: (ids, until) => leaseNotifications(scope, ids, until),
    lockNotifications: (ids) => notificationsById(scope, ids, true),
    saveNotifications: (list) => saveNotifications(scope, list),
    insertCalls: (calls) => insertCalls(scope, calls),
    saveCalls: (calls) => saveCalls(scope, calls),
    lockCalls: (ids) => callsById(scope, ids, true),
    lockCallsOf: (ids) => callsOf(scope, ids, true),
    takeReadyCalls: (query) => takeReadyCalls(scope, query),
    takeOrphanedCalls: (limit) => takeOrphanedCalls(scope, limit),
    takeChecks: (query) => takeChecks(scope, query),
    claimContents: (claims, limit) => claimContents(scope, claims, limit),
    releaseContents: (claims) => releaseContents(scope, claims),
    count: (key, amount, limit) => count(scope, key, amount, limit),
    saveMobiles: (entries) => saveMobiles(scope, entries),
    forgetUserids: (app, userids) => forgetUserids(scope, app, userids),
    saveMedia: (entries) => saveMedia(scope, entries),
    forgetMedia: (app, mediaId) => forgetMedia(scope, app, mediaId),
    setHold: (hold) => setHold(scope, hold),
    clearHold: (subject) => clearHold(scope, subject),
    recordAudit: (row) => recordAudit(scope, row),
    claimRedrive: (deadLetterId) => claimRedrive(scope, deadLetterId),
    recordRedrive: (deadLetterId, ids) => recordRedrive(scope, deadLetterId, ids),
    appendOutbox: (items) => appendOutbox(scope, items),
    takeOutbox: (limit) => takeOutbox(scope, limit),
    markPublished: (ids, at) => markPublished(scope, ids, at),
    postponeOutbox: (ids, retryAt) => postponeOutbox(scope, ids, retryAt),
    purge: (before, limit) => purge(scope, before, limit),
    bringForward: (from, to) => bringForward(scope, from, to),
  };
}

export function viewsOf(scope: Scope): LedgerViews {
  return {
    backlog: () => backlog(scope),
    overview: (endedSince) => overview(scope, endedSince),
    quotaUse: (app, day, topPeople) => quotaUse(scope, app, day, topPeople),
    notifications: (filter, page) => listNotifications(scope, filter, page),
    history: (id) => history(scope, id),
    heldCalls: (limit) => heldCalls(scope, limit),
    deadLetters: (page) => deadLetters(scope, page),
    redrives: (ids) => redrives(scope, ids),
    instances: () => instances(scope),
  };
}
