/**
 * Finds the userids of mobiles and uploads media before a notification can be cut into calls, and uploads media anew
 * for a call whose media ids DingTalk refused. It makes no send.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Random } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { nextDingtalkMonth } from '../base/dingtalk-day.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Mobile } from '../base/sensitive.ts';
import type { DingTalkClient } from '../dingtalk/client-types.ts';
import type { MediaType } from '../dingtalk/limits.ts';
import { isFree } from '../dingtalk/outcomes.ts';
import type { Ledger, LedgerTx, MediaEntry, MobileEntry } from '../ledger/ledger.ts';
import { defer, suppress } from '../ledger/lifecycle/admit.ts';
import { rejected } from '../ledger/lifecycle/answers.ts';
import { markPersons, unresolvedMobiles } from '../ledger/lifecycle/persons.ts';
import { deadLettersFor, saveCallSteps, saveSteps } from '../ledger/lifecycle/save.ts';
import { tellFinal, withDeadLetter, type Step } from '../ledger/lifecycle/tell.ts';
import type { Call } from '../model/call.ts';
import type { Notification } from '../model/notification.ts';
import type { Priority } from '../model/plan.ts';
import { uploadsIn } from './media.ts';
import { monthOf, overLimit } from './reserve.ts';
import { Trials } from './trials.ts';

export interface PreparerOptions {
  readonly app: string;
  readonly client: DingTalkClient;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where relative paths of files in messages begin. */
  readonly mediaFolder: string;
  /** After the first failure of a lookup or upload; later ones wait longer. */
  readonly retryMs: number;
  readonly random: Random;
  /** The month's calls, which uploads use up as well; null = not limited by us. */
  readonly callsPerMonth: () => number | null;
}

export interface Preparer {
  prepare(notifications: readonly Notification[]): Promise<void>;
  /** For calls that name files. */
  prepareCalls(calls: readonly Call[]): Promise<void>;
  /** A file's content hash, once `prepare` has read it. */
  hashOf(path: string): string | undefined;
  /** Files may have changed: they are read again before the next message that names them. */
  forgetFiles(): void;
}

const longestRetryMs = 5 * 60_000;

export function createPreparer(options: PreparerOptions): Preparer {
  const { app, client, ledger, clock, logger } = options;
  /** By priority and number. */
  const lookups = new Map<string, Promise<MobileEntry | Later>>();
  /** One upload at a time per content, however many messages wait for it. */
  const uploads = new Map<string, Promise<UploadFault | null>>();
  const hashes = new Map<string, string>();
  const trials = new Trials({ firstMs: options.retryMs, maxMs: longestRetryMs }, options.random);

  /**
   * One lookup at a time per number, however many notifications wait for it. Of high priority there may be another one:
   * it must not wait for the turn of the first, and DingTalk does not charge for lookups.
   */
  const lookup = (mobile: Mobile, priority: Priority): Promise<MobileEntry | Later> => {
    const key = `${priority} ${mobile.reveal()}`;
    let running = lookups.get(`high ${mobile.reveal()}`) ?? lookups.get(key);
    if (running === undefined) {
      running = ask(mobile, priority).finally(() => lookups.delete(key));
      lookups.set(key, running);
    }
    return running;
  };

  const ask = async (mobile: Mobile, priority: Priority): Promise<MobileEntry | Later> => {
    const number = mobile.reveal();
    const answer = await client.lookupMobile(mobile, { priority });
    const entry = { app, mobile: number, at: clock.now() };
    const isFinal = answer.kind !== 'failed' || ['recipient', 'message'].includes(answer.error.class);
    if (isFinal) {
      trials.ended(number);
      return { ...entry, userid: answer.kind === 'found' ? answer.userid : null };
    }
    const { error } = answer;
    const waitMs = trials.failed(number, error);
    const fields = { app, code: error.code, error: error.message };
    if (waitMs !== null) {
      logger.warn({ ...fields, retryInMs: waitMs }, 'mobile lookup failed');
      return { waitMs };
    }
    logger.error(fields, 'mobile lookup given up; the number counts as one that nobody has');
    return { ...entry, userid: null };
  };

  const upload = async (named: string, type: MediaType, priority: Priority): Promise<UploadFault | null> => {
    const path = resolve(options.mediaFolder, named);
    let contentHash: string;
    try {
      contentHash = await hashFile(path);
    } catch (thrown) {
      return { kind: 'invalid', message: `cannot read the file to upload: ${messageOf(thrown)}` };
    }
    hashes.set(named, contentHash);
    let running = uploads.get(contentHash);
    if (running === undefined) {
      running = uploadContent(path, contentHash, type, priority).finally(() => uploads.delete(contentHash));
      uploads.set(contentHash, running);
    }
    return running;
  };

  const uploadContent = async (
    path: string,
    contentHash: string,
    type: MediaType,
    priority: Priority,
  ): Promise<UploadFault | null> => {
    const [known] = await ledger.read((tx) => tx.media(app, [contentHash]));
    if (known !== undefined) return null;
    const month = monthOf({ app }, clock.now());
    if (!(await ledger.write((tx) => tx.count(month, 1, options.callsPerMonth()))))
      return { kind: 'monthly_budget', message: 'the calls of this month are used up' };
    const answer = await client.uploadMedia({ type, source: { kind: 'path', path } }, { priority });
    if (answer.kind !== 'ok') {
      const { error } = answer;
      if (isFree(error)) await ledger.write((tx) => tx.count(month, -1, null));
      const waitMs = error.class === 'message' ? null : trials.failed(contentHash, error);
      if (waitMs === null) return { kind: 'invalid', message: error.message };
      logger.warn({ app, code: error.code, error: error.message, retryInMs: waitMs }, 'upload failed');
      return { kind: 'later', message: error.message, waitMs };
    }
    trials.ended(contentHash);
    const entry: MediaEntry = { app, contentHash, mediaId: answer.value.mediaId, at: clock.now() };
    await ledger.write((tx) => tx.saveMedia([entry]));
    return null;
  };

  const uploadAll = async (body: string, priority: Priority): Promise<Uploads> => {
    const type = mediaTypeOf(body);
    const all = await Promise.all(uploadsIn(body).map((path) => upload(path, type, priority)));
    const faults = all.filter((each) => each !== null);
    const later = faults.filter((each) => each.kind === 'later');
    return { later, fatal: faults.find((each) => each.kind !== 'later') };
  };

  const prepareCall = async (call: Call): Promise<void> => {
    const { later, fatal } = await uploadAll(call.body, call.priority);
    await ledger.write(async (tx) => {
      const [current] = await tx.lockCalls([call.id]);
      if (current?.state !== 'ready') return;
      const now = clock.now();
      if (fatal === undefined) {
        await tx.saveCalls([{ ...current, nextAt: now + longest(later) }]);
        return;
      }
      const carried = await tx.lockNotifications(current.members.map((member) => member.notificationId));
      const members = new Map(carried.map((each) => [each.id, each]));
      if (fatal.kind === 'monthly_budget') {
        const step = overLimit(current, members, fatal.kind, nextDingtalkMonth(now), now);
        await saveCallSteps(tx, [step]);
        return;
      }
      const error = { code: 'message_invalid', message: fatal.message, class: 'message' };
      await saveCallSteps(tx, [rejected(current, members, error, now)]);
    });
  };

  const prepareOne = async (notification: Notification): Promise<void> => {
    const { priority } = notification.policies;
    const mobiles = unresolvedMobiles(notification);
    const found = await Promise.all(mobiles.map((mobile) => lookup(mobile, priority)));
    const { later, fatal } = await uploadAll(notification.message?.body ?? '', priority);
    const missing = found.filter((each): each is Later => 'waitMs' in each);
    await ledger.write(async (tx) => {
      await tx.saveMobiles(found.filter((each): each is MobileEntry => !('waitMs' in each)));
      if (fatal !== undefined) {
        const [current] = await tx.lockNotifications([notification.id]);
        if (current?.state !== 'waiting') return;
        const now = clock.now();
        const beyond = fatal.kind === 'monthly_budget';
        const step = beyond
          ? beyondBudget(current, now)
          : await withoutMedia(tx, current, fatal.message, now);
        await saveSteps(tx, [step]);
        return;
      }
      // The lease ends now, or after a pause when something could not be had.
      await tx.leaseNotifications([notification.id], clock.now() + longest([...later, ...missing]));
    });
  };

  return {
    async prepare(notifications) {
      await Promise.all(notifications.map(prepareOne));
    },
    async prepareCalls(calls) {
      await Promise.all(calls.map(prepareCall));
    },
    hashOf: (path) => hashes.get(path),
    forgetFiles: () => {
      hashes.clear();
    },
  };
}

/** It could not be had, and is tried again after so many ms. */
interface Later {
  readonly waitMs: number;
}

/** What has to wait for several things waits for the last of them. */
function longest(waits: readonly Later[]): number {
  return Math.max(0, ...waits.map(({ waitMs }) => waitMs));
}

interface Uploads {
  readonly later: readonly Later[];
  /** A fault that trying again will not mend. */
  readonly fatal: FatalFault | undefined;
}

interface FatalFault {
  readonly kind: 'invalid' | 'monthly_budget';
  readonly message: string;
}

type UploadFault = FatalFault | ({ readonly kind: 'later'; readonly message: string } & Later);

/** No call of the month is left for its file: the same as when none is left for the message itself. */
function beyondBudget(notification: Notification, now: number): Step {
  return notification.policies.overLimit === 'defer'
    ? defer(notification, 'limit', nextDingtalkMonth(now), now)
    : suppress(notification, 'monthly_budget', null, now);
}

/** A message whose file cannot be uploaded ends here, and can be tried again once the file is there. */
async function withoutMedia(
  tx: LedgerTx,
  notification: Notification,
  message: string,
  now: number,
): Promise<Step> {
  const reason = 'message_invalid';
  const told = markPersons(notification, () => true, { status: 'failed', reason });
  const error = { code: reason, message, class: 'message' };
  const step = tellFinal(told, { status: 'failed', reason, error }, now);
  const fault = { stage: 'deliver', reason, message, exceptionClass: 'dingbus.MediaError' } as const;
  return (await deadLettersFor(tx, step.notification, fault)).reduce(withDeadLetter, step);
}

async function hashFile(path: string): Promise<string> {
  const info = await stat(path);
  if (!info.isFile()) throw new Error('it is not a file');
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Canonical bodies begin with their type. */
function mediaTypeOf(body: string): MediaType {
  const [, msgtype] = /^\{"msgtype":"(voice|file)"/.exec(body) ?? [];
  return msgtype === 'voice' || msgtype === 'file' ? msgtype : 'image';
}
