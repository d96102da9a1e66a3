import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from './clock.ts';

/**
 * Makes V8 collect what is garbage now. Loading the program leaves some 50 MB of room for new objects that a quiet
 * service would keep for hours: V8 gives memory back only some seconds after a full collection, and little garbage means
 * no collection. The pause is that of any full collection, about 1 ms for each MB that lives.
 */
export function collectGarbage(): void {
  collector()();
}

/**
 * V8 doubles the room for new objects (two semi-spaces) whenever enough of them have stayed alive, up to 2 × 16 MB, and keeps
 * it for good: a burst of events then takes 100 MB more than it needs. `main.ts` keeps the room as small as it is at the start, 2 × 1 MB,
 * which is too small for work; this makes it so many megabytes, once. Larger ones make nothing faster here.
 */
export function settleNewSpace(): void {
  setFlagsFromString(`--semi-space-growth-factor=${semiSpaceMegabytes}`);
  // What has been loaded has stayed alive, so this collection is followed by the one growth.
  collector()({ type: 'minor' });
  setFlagsFromString('--semi-space-growth-factor=1');
}

const semiSpaceMegabytes = 8;

/** The only way to the collector that needs no flag on the command line. */
function collector(): (options?: { type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return collect;
}

/** Gives a function that has the garbage collected after so many ms; when it is asked again meanwhile, once for all. */
export function garbageCollection(clock: Clock, afterMs: number): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    clock.schedule(afterMs, () => {
      asked = false;
      collectGarbage();
    });
  };
}
