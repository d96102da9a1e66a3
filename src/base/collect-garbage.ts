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

/** The only way to the collector that needs no flag on the command line. */
export function collector(): (options?: { readonly type: 'minor' }) => void {
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
