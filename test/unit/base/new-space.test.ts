import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** What a process of its own prints, as its room for new objects is a matter of the whole process. */
function run(script: string): unknown {
  const base = new URL('../../../src/base/', import.meta.url).href;
  const prelude = `
    import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
    import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
    import { PerformanceObserver } from 'node:perf_hooks';
    import { collector } from '${base}collect-garbage.ts';
    import { manageNewSpace } from '${base}new-space.ts';
    const mebibytes = () => {
      const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
      return Math.ceil(space.space_size / 1_048_576);
    };
    /** Work in turns, with much that stays alive for some of them. */
    const work = async () => {
      let kept = [];
      for (let turn = 0; turn < 300; turn += 1) {
        for (let index = 0; index < 5_000; index += 1) kept.push([index]);
        if (kept.length > 200_000) kept = kept.slice(100_000);
        await nextTurn();
      }
    };
    /** V8 does not grow the room while it takes the process for a slow one; then it is asked again some seconds later. */
    const workUntilLarge = async () => {
      const until = Date.now() + 30_000;
      await work();
      do await work(); while (mebibytes() <= 12 && Date.now() < until);
    };`;
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', prelude + script], {
    encoding: 'utf8',
  });
  return JSON.parse(said);
}

const small = expect.toSatisfy((size: number) => size <= 2);
/** Twice 12 MB; V8 counts pages that it is about to move as well. */
const large = expect.toSatisfy((size: number) => size >= 24 && size < 32);
const moreThanHalf = expect.toSatisfy((size: number) => size > 12 && size < 32);

it('gives new objects of a busy process one room of a fixed size', () => {
  const sizes = run(`
    manageNewSpace();
    const quiet = mebibytes();
    await workUntilLarge();
    const busy = mebibytes();
    await workUntilLarge();
    console.log(JSON.stringify({ quiet, busy, later: mebibytes() }));`);
  expect(sizes).toEqual({ quiet: small, busy: large, later: large });
});

it('gives it anew when V8 has taken it back from a quiet process', () => {
  const sizes = run(`
    manageNewSpace();
    await workUntilLarge();
    const busy = mebibytes();
    const until = Date.now() + 40_000;
    // V8 looks at a quiet process from time to time, and only while there is some garbage.
    while (mebibytes() > 2 && Date.now() < until) await delay(50, Array.from({ length: 200 }, () => ({})));
    const quiet = mebibytes();
    await workUntilLarge();
    console.log(JSON.stringify({ busy, quiet, again: mebibytes() }));`);
  expect(sizes).toEqual({ busy: large, quiet: small, again: large });
});

/** V8 leaves any size when it takes room back, and knows whole factors of growth alone. */
it.each([3, 5, 7, 11])(
  'makes do with a room that started at 2 × %i MB, and lets a quiet process rest',
  (megabytes) => {
    const { size, collections } = run(`
    setFlagsFromString('--semi-space-growth-factor=${megabytes}');
    while (mebibytes() < ${2 * megabytes}) {
      const survivors = Array.from({ length: 60_000 }, (_none, index) => ({ index }));
      collector()({ type: 'minor' });
      survivors.length = 0;
    }
    manageNewSpace();
    await workUntilLarge();
    const busy = mebibytes();
    let collections = 0;
    new PerformanceObserver((list) => { collections += list.getEntries().length; }).observe({ entryTypes: ['gc'] });
    await delay(200);
    collections = 0;
    await delay(1_000);
    console.log(JSON.stringify({ size: busy, collections }));
    process.exit();`) as { readonly size: number; readonly collections: number };
    expect(size).toEqual(moreThanHalf);
    // Attempts without end collected hundreds of times a second.
    expect(collections).toBeLessThan(50);
  },
);
