import { afterEach, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Loop } from '../../../src/base/loop.ts';
import type { Ledger, OutboxItem } from '../../../src/ledger/ledger.ts';
import { createPublisher } from '../../../src/results/publisher.ts';
import { aRecord, noon } from '../../fakes/builders.ts';
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

async function unpublished(ledger: Ledger): Promise<number> {
  return ledger.read((tx) => tx.unpublishedCount());
}

it('publishes around a record that Kafka refuses, and offers it again when its topic may have been mended', async () => {
  const ledger = await store.open();
  await ledger.write((tx) => tx.appendOutbox(['first', 'huge', 'last'].map(deadLetter)));
  let largest = 'huge';
  const arrived: string[] = [];
  publisher = createPublisher({
    ledger,
    clock,
    logger: silentLogger,
    encode: (row) => {
      const id = row.kind === 'dead_letter' ? row.deadLetter.id : row.result.resultId;
      return Promise.resolve({ topic: 'dead', key: Buffer.from(id), value: null, headers: [] });
    },
    publish: (records) => {
      const ids = records.map(({ key }) => String(key));
      const refused = ids.flatMap((id, index) =>
        id === largest ? [{ index, topic: 'dead', reason: 'too_large', bytes: 2_000_000 }] : [],
      );
      arrived.push(...ids.filter((id) => id !== largest));
      return Promise.resolve(refused);
    },
  });
  publisher.start();
  await expect.poll(() => arrived).toEqual(['first', 'last']);
  await expect.poll(() => unpublished(ledger)).toBe(0);

  largest = 'none';
  await clock.advance(5 * 60_000);
  await expect.poll(() => arrived).toEqual(['first', 'last', 'huge']);
  await expect.poll(() => unpublished(ledger)).toBe(0);
});
