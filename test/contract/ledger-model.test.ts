/**
 * Random histories: events, answers of every kind, wishes, repairs, crashes and turned clocks, through the real loops over
 * the real ledger. Whatever happens, each notification ends in exactly one final result that is true, no limit is
 * passed, nobody gets anything twice, and nothing is stuck once the world heals. A failing history is printed in its
 * shortest form with the seed to run it again (DINGBUS_TEST_SEED); DINGBUS_TEST_SCALE makes for more of them.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { noon } from '../fakes/builders.ts';
import { steps } from './model/steps.ts';
import { ModelWorld } from './model/world.ts';
import { postgresKind, sqliteInMemoryKind } from './ledger/stores.ts';

const scale = Number(process.env['DINGBUS_TEST_SCALE'] ?? 1);
const seed = Number(process.env['DINGBUS_TEST_SEED'] ?? 20_260_302);

describe.each([
  { kind: sqliteInMemoryKind, runs: 120, maxCommands: 40 },
  { kind: postgresKind(), runs: 4, maxCommands: 25 },
])('any history on $kind.name', ({ kind, runs, maxCommands }) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());

  it(
    'ends each notification once and truly, passes no limit, and leaves nothing stuck',
    async () => {
      const property = fc.asyncProperty(steps(maxCommands), async (commands) => {
        const store = await kind.create();
        const world = await ModelWorld.create(store, noon);
        try {
          await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
          await world.drain();
          world.checkEnd(await world.unpublished());
        } finally {
          await world.close();
          await store.dispose();
        }
      });
      await fc.assert(property, { seed, numRuns: Math.ceil(runs * scale) });
    },
    60_000 * Math.max(1, scale),
  );
});
