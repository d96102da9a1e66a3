import { afterEach, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Loop } from '../../../src/base/loop.ts';
import { defer, suppress } from '../../../src/ledger/lifecycle/admit.ts';
import type { Ledger, OutboxItem, OutboxRow } from '../../../src/ledger/ledger.ts';
import { createPublisher, type OutgoingRecord, type PublisherPorts } from '../../../src/results/publisher.ts';
import { aNotification, aRecord, noon } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { TempLedger } from '../../fakes/temp-ledger.ts';

const clock = new FakeClock(noon);
const store = new TempLedger(clock);
let publisher: Loop | undefined;

afterEach(async () => {
  await publisher?.stop();
  await store.dispose();
});

function deadLetter(id: string): OutboxItem {
  const deadLetter = {
    id,
    record: aRecord(),
    stage: 'decode',
    reason: 'undecodable',
    message: 'no JSON',
    exceptionClass: 'dingbus.DecodeError',
    route: null,
    notificationId: null,
  } as const;
  return { kind: 'dead_letter', deadLetter };
}

/** A record that tells nothing but the id of what it stands for. */
function encode(row: OutboxRow): Promise<OutgoingRecord> {
  const id = row.kind === 'dead_letter' ? row.deadLetter.id : row.result.resultId;
  return Promise.resolve({ topic: 'dead', key: Buffer.from(id), value: null, headers: [] });
}

function start(ledger: Ledger, publish: PublisherPorts['publish']): void {
  publisher = createPublisher({ ledger, clock, logger: silentLogger, encode, publish });
  publisher.start();
}

async function unpublished(ledger: Ledger): Promise<number> {
  return ledger.read((tx) => tx.unpublishedCount());
}

it('publishes around a record that Kafka refuses, and offers it again when its topic may have been mended', async () => {
  const ledger = await store.open();
  await ledger.write((tx) => tx.appendOutbox(['first', 'huge', 'last'].map(deadLetter)));
  let largest = 'huge';
  const arrived: string[] = [];
  start(ledger, (records) => {
    const ids = records.map(({ key }) => String(key));
    const refused = ids.flatMap((id, index) =>
      id === largest ? [{ index, topic: 'dead', reason: 'too_large', bytes: 2_000_000 }] : [],
    );
    arrived.push(...ids.filter((id) => id !== largest));
    return Promise.resolve(refused);
  });
  await expect.poll(() => arrived).toEqual(['first', 'last']);
  await expect.poll(() => unpublished(ledger)).toBe(0);

  largest = 'none';
  await clock.advance(5 * 60_000);
  await expect.poll(() => arrived).toEqual(['first', 'last', 'huge']);
  await expect.poll(() => unpublished(ledger)).toBe(0);
});

it('ends with the last result of a notification although Kafka refused an earlier one of the same request', async () => {
  const ledger = await store.open();
  const first = defer(aNotification(), 'quiet_hours', noon + 1, noon);
  const second = suppress(first.notification, 'expired', null, noon + 1);
  await ledger.write(async (tx) => {
    await tx.insertEvents([{ identity: 'e', record: aRecord(), receivedAt: noon }]);
    await tx.insertNotifications([{ notification: second.notification, identity: 'e' }]);
    await tx.appendOutbox([...first.outbox, ...second.outbox, deadLetter('other')]);
  });
  let refuses = true;
  const arrived: string[] = [];
  start(ledger, (records) => {
    arrived.push(...records.slice(refuses ? 1 : 0).map(({ key }) => String(key)));
    return Promise.resolve(refuses ? [{ index: 0, topic: 'r', reason: 'too_large', bytes: 2_000_000 }] : []);
  });
  const [early, late] = [`${second.notification.id}-1`, `${second.notification.id}-2`];
  await expect.poll(() => arrived).toEqual([late, 'other']);

  refuses = false;
  await clock.advance(5 * 60_000);
  await expect.poll(() => arrived).toEqual([late, 'other', early, late]);
  await expect.poll(() => unpublished(ledger)).toBe(0);
});

it('leaves a shared outbox to another instance for as long as that takes to look, when it cannot publish', async () => {
  const alone = await store.open();
  await alone.write((tx) => tx.appendOutbox([deadLetter('one')]));
  const given: number[] = [];
  const notAsked = () => Promise.reject(new Error('the publisher asks for no documents'));
  const ledger: Ledger = {
    ...alone,
    documents: { read: notAsked, replace: notAsked },
    write: (work) =>
      alone.write((tx) =>
        work({
          ...tx,
          markPublished: (ids, at) => {
            if (ids.length === 0) given.push(clock.now() - noon);
            return tx.markPublished(ids, at);
          },
        }),
      ),
  };
  const tried: number[] = [];
  start(ledger, () => {
    tried.push(clock.now() - noon);
    return Promise.reject(new Error('Kafka is away'));
  });
  await expect.poll(() => given).toHaveLength(1);
  await clock.advance(9_000);
  expect(tried).toHaveLength(1);
  await clock.advance(6_000);
  await expect.poll(() => tried).toHaveLength(2);
});
