import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { collector } from './collect-garbage.ts';

/**
 * Where V8 puts new objects: two semi-spaces of 0.5 or 1 MB at first. Left alone they double whenever enough of what is
 * in them has stayed alive, up to 2 × 32 MB: a burst of events takes 100 MB more than it needs. Kept small they cost a
 * quarter more processor time under load. So a busy process gets room of one size, at once; V8 takes it back when the
 * process has been quiet for some seconds.
 *
 * V8 takes a limit only on its command line, but reads the factor of growth at every step.
 */
export function manageNewSpace(): void {
  setGrowth(1);
  // Several threads cost more processor time than they save of a pause that is short anyway.
  setFlagsFromString('--no-parallel-scavenge');
  const latest: number[] = [];
  let notBefore = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (isMinor(entry)) latest.push(entry.startTime);
    latest.splice(0, latest.length - busy.collections);
    const [first = 0] = latest;
    const now = performance.now();
    const isBusy = latest.length === busy.collections && now - first < busy.withinMs;
    if (!isBusy || now < notBefore || possibleGrowth() === 1) return;
    enlarge();
    notBefore = performance.now() + restMs;
  });
  observer.observe({ entryTypes: ['gc'] });
}

/** Twice 12 MB: twice 32 would save a tenth of all processor time under load, but a full backlog or a replay would take more memory than they may. */
const wantedBytes = 24 * 1_048_576;
/** So many collections of new objects tell a small room that is too small. */
const busy = { collections: 8, withinMs: 1_000 };
/** Enlarging collects as well, which must not look like a busy process, were the room still too small afterwards. */
const restMs = 5_000;

/** V8 grows at the end of a collection, when as much as the room holds has survived since it last grew. */
function enlarge(): void {
  const collect = collector();
  for (let round = 0; round < 16 && possibleGrowth() > 1; round += 1) {
    setGrowth(possibleGrowth());
    const survivors = Array.from({ length: 20_000 }, (_none, index) => ({ index }));
    collect({ type: 'minor' });
    survivors.length = 0;
  }
  setGrowth(1);
}

/**
 * The factor by which the room can grow, 1 when it is large enough. V8 knows whole factors alone, and when it takes
 * room back it leaves any size: more than half of what is wanted is enough, for twice as much would be too much.
 */
function possibleGrowth(): number {
  const bytes = newSpaceBytes();
  return bytes === 0 ? 1 : Math.max(1, Math.floor(wantedBytes / bytes));
}

function isMinor(entry: PerformanceEntry): boolean {
  const { detail } = entry as PerformanceEntry & { readonly detail?: { readonly kind?: number } };
  return detail?.kind === constants.NODE_PERFORMANCE_GC_MINOR;
}

function setGrowth(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function newSpaceBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0;
}
