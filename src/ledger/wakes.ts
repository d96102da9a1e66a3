import type { WakeKind } from './ledger.ts';

/** Who wants to know that there is work. Each listener is called in a turn of its own, never inside a commit. */
export class Wakes {
  readonly #listeners = new Map<WakeKind, Set<() => void>>();

  on(kind: WakeKind, listener: () => void): () => void {
    // A listener given twice is two listeners: each gets its own way out.
    const own = (): void => {
      listener();
    };
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners);
    listeners.add(own);
    return () => {
      listeners.delete(own);
    };
  }

  fire(kinds: Iterable<WakeKind>): void {
    for (const kind of kinds) {
      for (const listener of this.#listeners.get(kind) ?? []) queueMicrotask(listener);
    }
  }
}

export const allWakes: readonly WakeKind[] = ['delivery', 'tracking', 'outbox', 'digests'];
