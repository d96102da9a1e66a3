import type { Holds } from './holds.ts';
import type { SharedDocument, SharedHold } from './shared-document.ts';

/** Differences below this are the way to the store, not a new pause. Milliseconds. */
const sameMs = 250;

/**
 * Brings our stops and those in the document together: new ones of ours go into it, those of others come to us, and
 * what has ended for one has ended for all. `offset`: our clock minus the store's. Gives the document's stops, whether
 * any of ours came or went, and what is to be called once they are stored.
 */
export function exchangeHolds(
  holds: Holds,
  document: SharedDocument,
  now: number,
  offset: number,
): { readonly holds: SharedDocument['holds']; readonly changed: boolean; readonly stored: () => void } {
  let changed = false;
  const { added, ended } = holds.untold();
  const shared: Record<string, SharedHold> = {};
  for (const [key, hold] of Object.entries(document.holds)) {
    const over = hold.reason === 'throttled' && hold.until !== null && hold.until <= now;
    if (!over && !ended.includes(key)) shared[key] = hold;
  }
  const known = new Map(holds.entries());
  for (const [key, hold] of known) {
    const theirs = shared[key];
    const ours: SharedHold = { ...hold, since: hold.since - offset, until: shifted(hold.until, -offset) };
    if (added.includes(key)) shared[key] = theirs === undefined ? ours : laterOf(theirs, ours);
    else if (theirs === undefined) {
      holds.drop(key);
      changed = true;
    } else if (isLater(theirs.until, ours.until)) holds.adopt(key, local(theirs, offset));
  }
  for (const [key, hold] of Object.entries(shared)) {
    if (known.has(key)) continue;
    holds.adopt(key, local(hold, offset));
    changed = true;
  }
  return {
    holds: shared,
    changed,
    stored: () => {
      holds.told(added, ended);
    },
  };
}

function local(hold: SharedHold, offset: number): SharedHold {
  return { ...hold, since: hold.since + offset, until: shifted(hold.until, offset) };
}

function shifted(at: number | null, by: number): number | null {
  return at === null ? null : at + by;
}

function isLater(one: number | null, other: number | null): boolean {
  if (one === null || other === null) return one === null && other !== null;
  return one - other > sameMs;
}

function laterOf(one: SharedHold, other: SharedHold): SharedHold {
  return isLater(one.until, other.until) ? one : other;
}
