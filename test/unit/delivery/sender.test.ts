/** The delivery and tracking loops against the simulator over HTTP, on a real ledger, in real time. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Secret } from '../../../src/base/sensitive.ts';
import { createRecovery } from '../../../src/delivery/recovery.ts';
import { createSender, type Sender } from '../../../src/delivery/sender.ts';
import { createDingTalkClient, type DingTalkClientOptions } from '../../../src/dingtalk/client.ts';
import type { DingTalkClient } from '../../../src/dingtalk/client-types.ts';
import { LedgerUnavailableError } from '../../../src/ledger/errors.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { newNotification } from '../../../src/ledger/lifecycle/admit.ts';
import { markSending } from '../../../src/ledger/lifecycle/answers.ts';
import { planDeliveries } from '../../../src/ledger/lifecycle/deliveries.ts';
import { saveSteps } from '../../../src/ledger/lifecycle/save.ts';
import { signalled } from '../../../src/ledger/lifecycle/signals.ts';
import type { Result } from '../../../src/model/result.ts';
import { defaultDirectory } from '../../../src/simulator/default-directory.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { createPreparer } from '../../../src/delivery/prepare.ts';
import { createTracker, type Tracker } from '../../../src/tracking/tracker.ts';
import { dingtalkDay, dingtalkMonth } from '../../../src/base/dingtalk-day.ts';
import { aPlanned, anEvent, anOrigin, mobile, only, partSizes } from '../../fakes/builders.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

let simulator: Simulator;
let temp: TempLedger;
let ledger: Ledger;
let client: DingTalkClient;
let sender: Sender;
let tracker: Tracker;

const app = only(defaultDirectory.apps.slice(0, 1));

beforeEach(async () => {
  const behaviour = { startsAfterMs: 0, finishesAfterMs: 50, readAfterMs: [60_000, 61_000] as const };
  simulator = await startSimulator({ generate: 200, behaviour });
  temp = new TempLedger(systemClock);
  ledger = await temp.open();
  client = openClient();
  makeLoops();
});

function openClient(options: Partial<DingTalkClientOptions> = {}): DingTalkClient {
  return createDingTalkClient({
    baseUrl: simulator.url,
    app: { name: 'default', appKey: app.appKey, appSecret: new Secret(app.appSecret), agentId: app.agentId },
    clock: systemClock,
    timeoutMs: 1_000,
    ...options,
  });
}

/** Over the ledger and the client as they are now. */
function makeLoops({
  checks = [100, 200, 400, 1_000],
  firstCheckMs = 100,
  callsPerMonth = null as number | null,
} = {}): void {
  const parts = { app: 'default', client, ledger, clock: systemClock, random: () => 0, logger: silentLogger };
  const quotas = { perUserPerDay: 500, broadcastsPerDay: 3, callsPerMonth };
  sender = createSender({
    ...parts,
    mediaFolder: temp.folder,
    settings: () => ({ quotas, departmentSize: () => 10, companySize: 40, firstCheckMs, running: true }),
  });
  tracker = createTracker({ ...parts, settings: () => ({ checks, callsPerMonth: null }) });
}

afterEach(async () => {
  await Promise.all([sender.stop(), tracker.stop()]);
  await client.close();
  // A repeat after an unknown outcome, and a person in two parts, are meant to meet the filter for equal content.
  const meant = (detail: string): boolean => detail.includes('143106');
  const violations = simulator.control
    .violations()
    .filter((each) => each.kind !== 'limit' || !meant(each.detail));
  await simulator.stop();
  await temp.dispose();
  // Whatever the test was about: nothing that we sent may break the documentation.
  expect(violations).toEqual([]);
});

function start(): void {
  sender.start();
  tracker.start();
}

async function plan(id: string, overrides: Parameters<typeof aPlanned>[0] = {}): Promise<string> {
  const planned = aPlanned({
    text: id,
    ...overrides,
    audience: overrides.audience ?? { userids: ['zhangsan'] },
  });
  const notification = newNotification(planned, anOrigin(anEvent(id)), systemClock.now());
  await ledger.write(async (tx) => {
    await tx.insertEvents([{ identity: id, record: anOrigin().record, receivedAt: systemClock.now() }]);
    await tx.insertNotifications([{ notification, identity: id }]);
  });
  return notification.id;
}

async function results(): Promise<Result[]> {
  const rows = await ledger.write((tx) => tx.takeOutbox(1000));
  return rows.flatMap((row) => (row.kind === 'result' ? [row.result] : []));
}

async function finals(count: number): Promise<Result[]> {
  await expect
    .poll(async () => (await results()).filter((each) => each.final).length, {
      timeout: 15_000,
      interval: 50,
    })
    .toBe(count);
  return (await results()).filter((each) => each.final);
}

const inboxOf = (userid: string): number => simulator.control.inbox(userid).length;

describe('more than may be under way at once', () => {
  /** As many as the transport and the ledger let go out together, and some. */
  const count = 300;

  async function withLimits(limits: { readonly callsPerSecond: number }): Promise<void> {
    await client.close();
    simulator.control.setLimits('off');
    simulator.control.addFault({ name: 'slow', operation: 'send', ms: 50 });
    client = openClient({ timeoutMs: 5_000, limits: { ...limits, recipientsPerMinute: 0 } });
    makeLoops({ firstCheckMs: 60_000 });
    for (let index = 0; index < count; index += 1)
      await plan(`e-${index}`, { audience: { userids: [`load${index % 150}`] } });
  }

  const sent = () => simulator.control.calls('send').length;

  it('is told until it has caught up', async () => {
    await withLimits({ callsPerSecond: 0 });
    expect(sender.pressed()).toBe(false);
    sender.start();
    await expect.poll(() => sender.pressed(), { interval: 5, timeout: 5_000 }).toBe(true);
    await expect.poll(sent, { timeout: 10_000 }).toBe(count);
    await expect.poll(() => sender.pressed()).toBe(false);
  }, 30_000);

  it('is not told where the limits keep it back', async () => {
    await withLimits({ callsPerSecond: 200 });
    let pressed = 0;
    sender.start();
    while (sent() < count) {
      if (sender.pressed()) pressed += 1;
      await delay(5);
    }
    expect(pressed).toBe(0);
  }, 30_000);
});

describe('a notification', () => {
  it('to mobiles is looked up, sent and proven delivered, person by person', async () => {
    start();
    await plan('e-1', { audience: { mobiles: [mobile('13800001101'), mobile('13800001999')] } });
    const final = only(await finals(1));
    expect(final).toMatchObject({ status: 'partial', counts: { unread: 1, unresolved: 1 } });
    expect((await results()).map((each) => each.status)).toEqual(['accepted', 'partial']);
    expect(inboxOf('zhangsan')).toBe(1);
  });

  it('to a department and one of its people reaches everyone once and ends delivered', async () => {
    start();
    await plan('e-1', { audience: { userids: ['jinxing'], deptIds: [4417030] } });
    const final = only(await finals(1));
    expect(final.status).toBe('delivered');
    expect(final.recipients.map((each) => each.userid).sort()).toEqual([
      'jiangnan',
      'jinxing',
      'taoran',
      'weijie',
    ]);
    expect(inboxOf('jinxing')).toBe(1);
  });

  it('to departments of more than 100 people ends unverified after one question for the result', async () => {
    start();
    await plan('e-1', { audience: { userids: [], deptIds: [900_000, 900_001, 900_002] } });
    expect(only(await finals(1))).toMatchObject({ status: 'unverified', audience: { kind: 'departments' } });
    expect(simulator.control.calls('result')).toHaveLength(1);
    expect(inboxOf('load149')).toBe(1);
  });

  it('to everyone ends unverified, because DingTalk tells no more', async () => {
    start();
    await plan('e-1', { audience: { everyone: true } });
    expect(only(await finals(1))).toMatchObject({
      status: 'unverified',
      audience: { kind: 'everyone' },
      recipients: [],
    });
  });

  it('to a person who has left ends failed', async () => {
    start();
    await plan('e-1', { audience: { userids: ['dingli'] } });
    expect(only(await finals(1))).toMatchObject({ status: 'failed', reason: 'invalid_recipients' });
  });
});

describe('high priority', () => {
  it('goes before the lookups of others, also where it needs a number that they wait for', async () => {
    const numbers = Array.from({ length: 60 }, (_, index) => `139${10_000_000 + index}`);
    await plan('normal', { audience: { mobiles: numbers.map(mobile) } });
    sender.start();
    const lookups = (): number => simulator.control.calls('getbymobile').length;
    await expect.poll(lookups).toBeGreaterThan(0);
    const audience = {
      userids: ['zhangsan'],
      mobiles: [mobile('13900000000'), ...numbers.slice(-1).map(mobile)],
    };
    await plan('high', { audience, policies: { priority: 'high' } });
    await expect.poll(() => inboxOf('zhangsan'), { interval: 10, timeout: 10_000 }).toBe(1);
    expect(lookups()).toBeLessThan(numbers.length);
  }, 20_000);
});

describe('faults', () => {
  it('an answer that is lost is repeated the same day, absorbed by DingTalk, and counts as delivered', async () => {
    simulator.control.addFault({ name: 'answer-lost', operation: 'send', count: 1 });
    start();
    await plan('e-1');
    const final = only(await finals(1));
    expect(final).toMatchObject({
      status: 'delivered',
      recipients: [{ status: 'arrived', reason: 'inferred' }],
    });
    expect((await results()).map((each) => each.status)).toEqual(['unknown', 'accepted', 'delivered']);
    expect(inboxOf('zhangsan')).toBe(1);
  }, 20_000);

  it('an expired token is renewed once and the call repeated', async () => {
    start();
    await plan('e-1');
    await finals(1);
    simulator.control.expireTokens();
    await plan('e-2');
    expect((await finals(2)).map((each) => each.status)).toEqual(['delivered', 'delivered']);
  });

  it('system busy is tried again and delivered', async () => {
    simulator.control.addFault({ name: 'system-busy', operation: 'send', count: 1 });
    start();
    await plan('e-1');
    expect(only(await finals(1)).status).toBe('delivered');
    expect(inboxOf('zhangsan')).toBe(1);
  });

  it('a lookup that DingTalk goes on refusing keeps nobody else from the message', async () => {
    simulator.control.addFault({ name: 'answer-code', operation: 'lookup', code: '40199' });
    const preparer = createPreparer({
      ...{ app: 'default', client, ledger, clock: systemClock, logger: silentLogger, random: () => 0 },
      ...{ mediaFolder: temp.folder, retryMs: 1, callsPerMonth: () => null },
    });
    const id = await plan('e-1', { audience: { userids: ['zhangsan'], mobiles: [mobile('13800001201')] } });
    const tries = async (): Promise<number> => {
      await preparer.prepare(await ledger.read((tx) => tx.notifications([id])));
      return (await ledger.read((tx) => tx.mobiles('default', ['13800001201']))).length;
    };
    for (let attempt = 1; attempt < 8; attempt += 1) expect(await tries()).toBe(0);
    expect(await tries()).toBe(1);
    start();
    const { recipients } = only(await finals(1));
    expect(recipients.map(({ userid, status }) => `${userid ?? 'nobody'} ${status}`)).toEqual([
      'zhangsan unread',
      'nobody unresolved',
    ]);
  });

  it('a missing permission holds the app, keeps its work, and goes on when released', async () => {
    simulator.control.addFault({ name: 'not-whitelisted' });
    start();
    await plan('e-1');
    await expect.poll(() => client.state().held).toBe(true);
    expect((await results()).filter((each) => each.final)).toEqual([]);
    simulator.control.clearFaults();
    client.release();
    sender.wake();
    expect(await ledger.read((tx) => tx.pendingCount())).toBe(1);
  });

  it('a token that cannot be had uses up no calls of the month', async () => {
    client = openClient({ random: () => 0 });
    makeLoops({ callsPerMonth: 1 });
    simulator.control.addFault({ name: 'system-busy', operation: 'gettoken', count: 2 });
    start();
    await plan('e-1');
    expect(only(await finals(1)).status).toBe('delivered');
    expect(simulator.control.calls('gettoken')).toHaveLength(3);
  });

  it('a web page in place of the first token stops the app for the time of a ban, and not for ever', async () => {
    client = openClient({ banHoldMs: 200 });
    makeLoops();
    simulator.control.addFault({ name: 'ip-banned', operation: 'gettoken', html: true, ms: 100, count: 1 });
    start();
    await plan('e-1');
    await expect.poll(() => client.state().held, { interval: 10 }).toBe(true);
    expect(only(await finals(1)).status).toBe('delivered');
    expect(client.state().held).toBe(false);
  });
});

describe('a ledger that is away for a moment', () => {
  it('takes no place under the limits along, however many calls were to start', async () => {
    const real = ledger;
    let failures = 0;
    /** The disk is full when the first intents are to be made durable. */
    ledger = {
      ...real,
      write: (work) =>
        real.write(async (tx) => {
          const value = await work(tx);
          failures += 1;
          if (failures === 1) throw new LedgerUnavailableError('the disk is full');
          return value;
        }),
    };
    makeLoops();
    ledger = real;
    for (let index = 0; index < 25; index += 1)
      await plan(`e-${index}`, { audience: { userids: [`load${index}`] } });
    sender.start();
    await expect.poll(() => simulator.control.calls('send').length, { timeout: 10_000 }).toBe(25);
  }, 20_000);
});

describe('a media id that DingTalk no longer takes', () => {
  const picture = (): string => {
    const path = join(temp.folder, 'logo.png');
    writeFileSync(path, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
    return path;
  };
  const withPicture = (path: string) => {
    const body = JSON.stringify({ msgtype: 'image', image: { media_id: { upload: path } } });
    return { message: { msgtype: 'image' as const, body, bytes: Buffer.byteLength(body), statusBar: false } };
  };
  const uploads = (): number => simulator.control.calls('media').length;

  it('is forgotten, the file is uploaded again, and everyone gets the message once', async () => {
    const message = withPicture(picture());
    start();
    await plan('e-1', message);
    expect(only(await finals(1)).status).toBe('delivered');
    simulator.control.addFault({ name: 'media-expired' });
    await plan('e-2', { ...message, audience: { userids: ['lisi', 'wangwu'] } });
    expect((await finals(2)).map((each) => each.status)).toEqual(['delivered', 'delivered']);
    expect([inboxOf('zhangsan'), inboxOf('lisi'), inboxOf('wangwu')]).toEqual([1, 1, 1]);
    expect(uploads()).toBe(2);
    await plan('e-3', { ...message, audience: { userids: ['zhaoliu'] } });
    expect((await finals(3)).map((each) => each.status)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(uploads()).toBe(2);
  });

  it('costs a call of the month, as a send does: without one nothing is uploaded', async () => {
    makeLoops({ callsPerMonth: 2 });
    const message = withPicture(picture());
    writeFileSync(join(temp.folder, 'other.png'), Buffer.from('89504e470d0a1a0a0000000d49484453', 'hex'));
    sender.start();
    await plan('e-1', { ...message, policies: { track: 'accepted' } });
    expect(only(await finals(1)).status).toBe('accepted');
    await plan('e-2', { ...withPicture('other.png'), policies: { overLimit: 'defer' } });
    await plan('e-3', { ...withPicture('other.png'), policies: { overLimit: 'dead_letter' } });
    expect((await finals(2))[1]).toMatchObject({ status: 'suppressed', reason: 'monthly_budget' });
    await expect.poll(async () => (await results()).map(({ status }) => status)).toContain('deferred');
    expect(uploads()).toBe(1);
    const month = { app: 'default', scope: 'calls', period: dingtalkMonth(systemClock.now()) } as const;
    expect(await ledger.read((tx) => tx.counter(month))).toBe(2);
  });

  it('is not uploaded anew without a call of the month', async () => {
    makeLoops({ callsPerMonth: 3 });
    const message = { ...withPicture(picture()), policies: { track: 'accepted' } } as const;
    sender.start();
    await plan('e-1', message);
    await finals(1);
    simulator.control.addFault({ name: 'media-expired' });
    await plan('e-2', { ...message, audience: { userids: ['lisi'] } });
    expect((await finals(2))[1]).toMatchObject({ status: 'suppressed', reason: 'monthly_budget' });
    expect(uploads()).toBe(1);
  });

  it('ends the notification as refused when new ids are refused, too', async () => {
    const refusal = { name: 'answer-code', operation: 'send', code: '40007' } as const;
    simulator.control.addFault(refusal);
    start();
    picture();
    await plan('e-1', withPicture('logo.png'));
    expect(only(await finals(1))).toMatchObject({ status: 'failed', reason: 'rejected' });
    expect(simulator.control.calls('send')).toHaveLength(3);
    expect(uploads()).toBe(3);
  });

  it('belongs to a content: a file that has changed is uploaded anew after a reload', async () => {
    const path = picture();
    const message = withPicture(path);
    start();
    await plan('e-1', message);
    await finals(1);
    writeFileSync(path, Buffer.from('89504e470d0a1a0a0000000d494844520001', 'hex'));
    sender.reconfigured();
    await plan('e-2', { ...message, audience: { userids: ['lisi'] } });
    await plan('e-3', { ...message, audience: { userids: ['wangwu'] } });
    await finals(3);
    expect(simulator.control.calls('media')).toHaveLength(2);
  });

  it('ends a digest whose file is gone with a dead letter for each of its members', async () => {
    const members: string[] = [];
    // Nothing is sent for this app here.
    for (const id of ['e-1', 'e-2', 'e-3']) members.push(await plan(id, { app: 'another' }));
    const now = systemClock.now();
    const planned = aPlanned({ audience: { userids: ['zhangsan'] }, ...withPicture('gone.png') });
    const notification = { ...newNotification(planned, anOrigin(anEvent('digest')), now), digestSize: 3 };
    const { id, route } = notification;
    const window = { id, route, key: 'k', app: 'default', openedAt: now, closesAt: now + 1, count: 0 };
    await ledger.write(async (tx) => {
      for (const member of members) await tx.joinDigest(window, anEvent(member), member);
      await tx.takeClosedDigests(now + 1, 1);
      await tx.insertNotifications([{ notification, identity: 'e-1' }]);
    });
    start();
    expect(only(await finals(1))).toMatchObject({ status: 'failed', reason: 'message_invalid' });
    const rows = await ledger.write((tx) => tx.takeOutbox(10));
    const letters = rows.flatMap((row) => (row.kind === 'dead_letter' ? [row.deadLetter] : []));
    expect(letters).toMatchObject(members.map(() => ({ reason: 'message_invalid', notificationId: id })));
    expect(new Set(letters.map((letter) => letter.id)).size).toBe(3);
  });

  it('ends the notification when the file is gone by then', async () => {
    const path = picture();
    const message = withPicture(path);
    start();
    await plan('e-1', message);
    await finals(1);
    rmSync(path);
    simulator.control.addFault({ name: 'media-expired' });
    await plan('e-2', { ...message, audience: { userids: ['lisi'] } });
    expect((await finals(2)).map((each) => each.status).sort()).toEqual(['delivered', 'failed']);
  });
});

describe('a recall', () => {
  const recall = { kind: 'recall', statusValue: null, statusBg: null } as const;
  const asked = (operation: string): number => simulator.control.calls(operation).length;

  /** As intake writes it. */
  async function takeBack(id: string): Promise<void> {
    await ledger.write(async (tx) => {
      const [notification] = await tx.lockNotifications([id]);
      if (notification === undefined) throw new Error(`the ledger has no ${id}`);
      const changed = signalled(notification, await tx.lockCallsOf([id]), recall, systemClock.now());
      await tx.saveCalls(changed.calls);
      await saveSteps(tx, [changed.step]);
    });
  }

  const ofEnd = async (): Promise<string[]> =>
    (await results()).filter((each) => each.final || each.amendment).map((each) => each.status);

  it.each([
    ['result', { userids: ['zhangsan'] }, 'delivered'],
    ['progress', { everyone: true }, 'unverified'],
  ])('that comes while the %s is asked for is carried out and told', async (operation, audience, end) => {
    simulator.control.addFault({ name: 'slow', operation, ms: 400 });
    start();
    const id = await plan('e-1', { audience });
    await expect.poll(() => asked(operation), { interval: 5 }).toBe(1);
    await takeBack(id);
    await expect.poll(ofEnd, { timeout: 5_000 }).toEqual([end, 'recalled']);
    expect(asked('recall')).toBe(1);
  });

  it('that was carried out is told although another instance closed the call meanwhile', async () => {
    simulator.control.addFault({ name: 'slow', operation: 'recall', ms: 400 });
    start();
    const id = await plan('e-1');
    await finals(1);
    await takeBack(id);
    await expect.poll(() => asked('recall'), { interval: 5 }).toBe(1);
    await ledger.write(async (tx) => {
      const calls = await tx.lockCallsOf([id]);
      await tx.saveCalls(calls.map((call) => ({ ...call, state: 'closed' })));
    });
    await expect.poll(ofEnd, { timeout: 5_000 }).toEqual(['delivered', 'recalled']);
  });
});

describe('a question', () => {
  const counted = (): Promise<number> =>
    ledger.read((tx) =>
      tx.counter({ app: 'default', scope: 'calls', period: dingtalkMonth(systemClock.now()) }),
    );

  it('that a limit refuses, or that never leaves, uses up nothing of the month', async () => {
    sender.start();
    await plan('e-1');
    await expect.poll(counted).toBe(1);
    await expect.poll(async () => (await results()).length).toBe(1);
    simulator.control.addFault({ name: 'rate-limited', operation: 'result', count: 1 });
    tracker.start();
    await finals(1);
    expect(await counted()).toBe(2);
  });
});

describe('a freeze', () => {
  it('between intent and call, longer than the lease: the call is not made on the old claim', async () => {
    let claim = { unbroken: true };
    const shared: Ledger = {
      ...ledger,
      tenure: () => {
        const mine = claim;
        return { unbroken: () => mine.unbroken };
      },
    };
    await sender.stop();
    sender = createSender({
      app: 'default',
      client,
      ledger: shared,
      clock: systemClock,
      random: () => 0,
      logger: silentLogger,
      mediaFolder: temp.folder,
      settings: () => ({
        quotas: { perUserPerDay: 500, broadcastsPerDay: 3, callsPerMonth: null },
        departmentSize: () => 10,
        companySize: 40,
        firstCheckMs: 100,
        running: true,
      }),
    });
    // The intent is durable, and the call waits for its token: that is when the process stands still.
    simulator.control.addFault({ name: 'slow', operation: 'gettoken', ms: 500, count: 1 });
    start();
    await plan('e-1', { audience: { everyone: true } });
    await expect.poll(() => simulator.control.calls('gettoken').length, { interval: 10 }).toBe(1);
    claim.unbroken = false;
    await expect.poll(async () => (await ledger.read((tx) => tx.nextDue('default'))) !== null).toBe(true);
    expect(simulator.control.calls('send')).toEqual([]);
    // A broadcast that was provably not sent is no riddle for a person: it goes out once the claim is good again.
    claim = { unbroken: true };
    sender.wake();
    expect(only(await finals(1)).status).toBe('unverified');
    expect(simulator.control.calls('send')).toHaveLength(1);
  }, 20_000);
});

describe('a crash', () => {
  it('between intent and answer is unknown: people are sent to again, and get one message', async () => {
    const id = await plan('e-1');
    const [notification] = await ledger.read((tx) => tx.notifications([id]));
    if (notification === undefined) throw new Error('planned above');
    const now = systemClock.now();
    const parts = planDeliveries(notification, notification.message?.body ?? '', partSizes, now);
    await ledger.write(async (tx) => {
      await tx.saveNotifications([parts.notification]);
      await tx.insertCalls(parts.calls.map((call) => markSending(call, dingtalkDay(now), now)));
    });
    // The process dies after DingTalk took the call and before the answer was written down.
    await client.send({
      audience: { kind: 'users', userids: ['zhangsan'] },
      body: only(parts.calls).body,
      people: null,
    });
    await temp.close();
    ledger = await temp.open();
    makeLoops({ checks: [100, 200, 400] });
    const recovery = createRecovery({ ledger, clock: systemClock, random: () => 0, logger: silentLogger });
    start();
    recovery.start();
    const final = only(await finals(1));
    await recovery.stop();
    expect(final).toMatchObject({
      status: 'delivered',
      recipients: [{ status: 'arrived', reason: 'inferred' }],
    });
    expect(inboxOf('zhangsan')).toBe(1);
  }, 20_000);
});
