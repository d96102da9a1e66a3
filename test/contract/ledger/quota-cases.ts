import { expect, it } from 'vitest';
import type { ContentClaim, CounterKey, Ledger } from '../../../src/ledger/ledger.ts';
import { noon } from '../../fakes/builders.ts';

export function claim(userid: string, contentHash: string, notificationId: string): ContentClaim {
  return { app: 'default', day: '2026-03-02', userid, contentHash, notificationId };
}

const granted = { granted: true };
const overLimit = { granted: false, reason: 'user_daily_limit' };

export function quotaCases(open: () => Promise<Ledger>): void {
  it('grants each content once a person and day, and names the notification that has it', async () => {
    const ledger = await open();
    const first = await ledger.write((tx) =>
      tx.claimContents([claim('u1', 'a', 'n1'), claim('u1', 'a', 'n2'), claim('u2', 'a', 'n2')], 500),
    );
    const same = { granted: false, reason: 'same_content_today', related: 'n1' };
    expect(first).toEqual([granted, same, granted]);
    const second = await ledger.write((tx) =>
      tx.claimContents(
        [
          claim('u1', 'a', 'n3'),
          claim('u1', 'a', 'n1'),
          { ...claim('u1', 'a', 'n3'), day: '2026-03-03' },
          { ...claim('u1', 'a', 'n3'), app: 'other' },
        ],
        500,
      ),
    );
    expect(second).toEqual([same, granted, granted, granted]);
  });

  it('never grants a person more than the limit, within one list or over many', async () => {
    const ledger = await open();
    const list = ['a', 'b', 'c', 'd'].map((content) => claim('u1', content, content));
    expect(await ledger.write((tx) => tx.claimContents(list, 3))).toEqual([
      granted,
      granted,
      granted,
      overLimit,
    ]);
    expect(await ledger.write((tx) => tx.claimContents([claim('u1', 'e', 'e')], 3))).toEqual([overLimit]);
    expect(await ledger.write((tx) => tx.claimContents([claim('u2', 'e', 'e')], 3))).toEqual([granted]);
  });

  it('gives a place back to the one who held it', async () => {
    const ledger = await open();
    const mine = claim('u1', 'a', 'n1');
    await ledger.write((tx) => tx.claimContents([mine], 1));
    await ledger.write((tx) => tx.releaseContents([{ ...mine, notificationId: 'n2' }]));
    expect(await ledger.write((tx) => tx.claimContents([claim('u1', 'b', 'n2')], 1))).toEqual([overLimit]);
    await ledger.write((tx) => tx.releaseContents([mine, claim('u9', 'z', 'n9')]));
    expect(await ledger.write((tx) => tx.claimContents([claim('u1', 'a', 'n2')], 1))).toEqual([granted]);
  });

  it('takes thousands of claims in one list', async () => {
    const ledger = await open();
    const list = Array.from({ length: 5000 }, (_none, index) => claim(`u${index % 2500}`, `c${index}`, 'n'));
    const verdicts = await ledger.write((tx) => tx.claimContents(list, 1));
    expect(verdicts.filter((verdict) => verdict.granted)).toHaveLength(2500);
    await ledger.write((tx) => tx.releaseContents(list));
    const again = await ledger.write((tx) => tx.claimContents(list, 2));
    expect(again.every((verdict) => verdict.granted)).toBe(true);
  });

  it('counts up to a limit and not beyond it', async () => {
    const ledger = await open();
    const key: CounterKey = { app: 'default', scope: 'broadcasts', period: '2026-03-02' };
    const count = (amount: number, limit: number | null) =>
      ledger.write((tx) => tx.count(key, amount, limit));
    expect(await ledger.read((tx) => tx.counter(key))).toBe(0);
    expect(await count(4, 3)).toBe(false);
    expect(await count(2, 3)).toBe(true);
    expect(await count(2, 3)).toBe(false);
    expect(await count(1, 3)).toBe(true);
    expect(await count(-1, 3)).toBe(true);
    expect(await ledger.read((tx) => tx.counter(key))).toBe(2);
    expect(await count(100, null)).toBe(true);
    expect(await count(-500, null)).toBe(true);
    expect(await ledger.read((tx) => tx.counter(key))).toBe(0);
    expect(await ledger.read((tx) => tx.counter({ ...key, scope: 'calls' }))).toBe(0);
  });

  it('keeps looked-up mobiles and uploaded media until they are forgotten', async () => {
    const ledger = await open();
    const found = { app: 'default', mobile: '13800001201', userid: 'u1', at: noon };
    const nobody = { app: 'default', mobile: '13800001202', userid: null, at: noon };
    const logo = { app: 'default', contentHash: 'h', mediaId: '@1', at: noon };
    await ledger.write(async (tx) => {
      await tx.saveMobiles([{ ...found, userid: 'old' }, nobody, found]);
      await tx.saveMedia([logo]);
    });
    const mobiles = () =>
      ledger.read((tx) => tx.mobiles('default', ['13800001201', '13800001202', '13800001203']));
    expect(await mobiles()).toEqual(expect.arrayContaining([found, nobody]));
    expect(await mobiles()).toHaveLength(2);
    expect(await ledger.read((tx) => tx.mobiles('other', ['13800001201']))).toEqual([]);
    expect(await ledger.read((tx) => tx.media('default', ['h', 'i']))).toEqual([logo]);
    await ledger.write(async (tx) => {
      await tx.forgetUserids('default', ['u1']);
      await tx.forgetMedia('default', '@1');
    });
    expect(await mobiles()).toEqual([nobody]);
    expect(await ledger.read((tx) => tx.media('default', ['h']))).toEqual([]);
  });

  it('lets a hold end when its time is over', async () => {
    const ledger = await open();
    const over = { subject: 'default', reason: 'paused', detail: null, since: noon - 9, until: noon };
    await ledger.write((tx) => tx.setHold(over));
    expect(await ledger.read((tx) => tx.holds())).toEqual([]);
    await ledger.write((tx) => tx.setHold({ ...over, until: noon + 1 }));
    expect(await ledger.read((tx) => tx.holds())).toHaveLength(1);
  });

  it('keeps holds until they are cleared', async () => {
    const ledger = await open();
    const hold = { subject: 'default', reason: 'ip_ban', detail: 'wait', since: noon, until: noon + 9 };
    const all = { subject: '*', reason: 'paused', detail: null, since: noon, until: null };
    await ledger.write(async (tx) => {
      await tx.setHold({ ...hold, reason: 'secret' });
      await tx.setHold(hold);
      await tx.setHold(all);
    });
    expect(await ledger.read((tx) => tx.holds())).toEqual([all, hold]);
    await ledger.write((tx) => tx.clearHold('*'));
    expect(await ledger.read((tx) => tx.holds())).toEqual([hold]);
  });
}
