import { afterEach, describe, expect, it } from 'vitest';
import { earlierCalls } from '../../../src/app/earlier-calls.ts';
import { Holds } from '../../../src/dingtalk/holds.ts';
import { createAddressLimits } from '../../../src/dingtalk/address-limits.ts';
import { Limiter } from '../../../src/dingtalk/limiter.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { noon } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';
import { withCall } from '../../contract/ledger/samples.ts';

const clock = new FakeClock(noon);
const store = new TempLedger(clock);

afterEach(() => store.dispose());

async function limiterAfter(ledger: Ledger): Promise<Limiter> {
  const limiter = new Limiter({
    clock,
    callsPerSecond: 3,
    recipientsPerMinute: 1_000,
    holds: new Holds(clock),
    address: createAddressLimits(new Holds(clock), clock),
    observe: () => undefined,
  });
  limiter.seed(await earlierCalls(ledger, 'default', limiter.callsPerSecond, clock.now()));
  return limiter;
}

describe('calls of an earlier life', () => {
  it('count as just made when their intents are a few seconds old, because they may have arrived late', async () => {
    const ledger = await store.open();
    await withCall(ledger, { state: 'sending', attempts: 1, day: '2026-03-02', nextAt: clock.now() });
    await clock.advance(4_000);
    const limiter = await limiterAfter(ledger);
    expect(limiter.available('send')).toBe(2);
    expect(limiter.available('result')).toBe(0);
    // Everything else waits for a token, which is asked for once in a life.
    expect(limiter.available('token')).toBe(3);
    await clock.advance(1_200);
    expect(limiter.available('send')).toBe(3);
    expect(limiter.available('result')).toBe(3);
  });

  it('count from when DingTalk was known to have accepted them, where that is written down', async () => {
    const ledger = await store.open();
    const { call } = await withCall(ledger, {
      state: 'sending',
      attempts: 1,
      day: '2026-03-02',
      nextAt: noon,
    });
    await withCall(ledger, { state: 'sending', attempts: 1, day: '2026-03-02', nextAt: noon }, 'e-2');
    await clock.advance(600);
    await ledger.write((tx) => tx.saveCalls([{ ...call, state: 'closed', acceptedAt: clock.now() }]));
    await clock.advance(700);
    const limiter = await limiterAfter(ledger);
    // One second and its margin count from the acceptance, or from now for the other.
    expect(limiter.available('send')).toBe(1);
    await clock.advance(500);
    expect(limiter.available('send')).toBe(2);
    await clock.advance(700);
    expect(limiter.available('send')).toBe(3);
  });

  it('are none in a new ledger: nothing waits', async () => {
    const limiter = await limiterAfter(await store.open());
    expect(limiter.available('send')).toBe(3);
    expect(limiter.available('lookup')).toBe(3);
  });
});
