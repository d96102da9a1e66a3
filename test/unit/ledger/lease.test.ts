import { describe, expect, it } from 'vitest';
import { Lease } from '../../../src/ledger/lease.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

const leaseMs = 15_000;
const beat = (): Promise<void> => Promise.resolve();

describe('the claim of an instance to its work', () => {
  it('lasts as long as heartbeats come in time', async () => {
    const clock = new FakeClock();
    const lease = new Lease(clock, leaseMs);
    await lease.renew(beat);
    const tenure = lease.tenure();
    for (let round = 0; round < 20; round++) {
      await clock.advance(3_000);
      await lease.renew(beat);
      expect(tenure.unbroken()).toBe(true);
    }
  });

  it('is over before others may take the instance for dead, and no later heartbeat brings it back', async () => {
    const clock = new FakeClock();
    const lease = new Lease(clock, leaseMs);
    await lease.renew(beat);
    const tenure = lease.tenure();
    await clock.advance(leaseMs - 3_000);
    expect(tenure.unbroken()).toBe(false);
    await lease.renew(beat);
    expect(tenure.unbroken()).toBe(false);
    expect(lease.tenure().unbroken()).toBe(true);
  });

  it('is over when nobody looked while it was lost: frozen, and renewed before anything else ran', async () => {
    const clock = new FakeClock();
    const lease = new Lease(clock, leaseMs);
    await lease.renew(beat);
    const tenure = lease.tenure();
    await clock.advance(60_000);
    await lease.renew(beat);
    expect(tenure.unbroken()).toBe(false);
  });

  it('counts from the beginning of a heartbeat, however late its answer comes', async () => {
    const clock = new FakeClock();
    const lease = new Lease(clock, leaseMs);
    await lease.renew(beat);
    const tenure = lease.tenure();
    await lease.renew(() => clock.advance(leaseMs));
    expect(tenure.unbroken()).toBe(false);
    expect(lease.tenure().unbroken()).toBe(false);
  });

  it('is not lengthened by a clock that is set back', async () => {
    const clock = new FakeClock();
    const lease = new Lease(clock, leaseMs);
    await lease.renew(beat);
    const tenure = lease.tenure();
    clock.set(clock.now() - 3_600_000);
    expect(tenure.unbroken()).toBe(true);
    await clock.advance(leaseMs);
    expect(tenure.unbroken()).toBe(false);
  });

  it('begins with the first heartbeat', () => {
    expect(new Lease(new FakeClock(), leaseMs).tenure().unbroken()).toBe(false);
  });
});
