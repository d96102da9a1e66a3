/**
 * A process of its own for the tests that kill one: opens the store and either holds it (`hold`) or writes without end
 * (`write`), saying on standard output what was acknowledged: one line a notification, only after its commit.
 */
import { writeSync } from 'node:fs';
import { systemClock } from '../../../src/base/clock.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { openLedger } from '../../../src/ledger/open.ts';
import { aNotification } from '../../fakes/builders.ts';
import { insert } from './samples.ts';

const [store = '', mode = '', name = ''] = process.argv.slice(2);

function say(line: string): void {
  // Synchronous: what was said before the kill has been said.
  writeSync(1, `${line}\n`);
}

async function main(): Promise<void> {
  const ledger = await openLedger({
    store,
    instance: name,
    description: `child ${name}`,
    clock: systemClock,
    logger: silentLogger,
    leaseMs: null,
    readOnly: false,
  });
  say('open');
  if (mode !== 'write') return;
  const writers = Array.from({ length: 4 }, async (_none, writer) => {
    for (let round = 0; ; round++) {
      const list = Array.from({ length: 1 + (round % 7) }, (_each, index) =>
        aNotification({ text: 'x'.repeat(500) }, `${name}-${writer}-${round}-${index}`),
      );
      await ledger.write((tx) => insert(tx, list));
      for (const { id } of list) say(id);
    }
  });
  await Promise.all(writers);
}

// Held open until it is killed.
setInterval(() => undefined, 60_000);
main().catch((thrown: unknown) => {
  say(`error ${messageOf(thrown)}`);
  process.exit(1);
});
