/**
 * How far a partition is done without a gap. Ranges of offsets may be completed in any order; only what is complete
 * from the start on may be committed, because a committed offset vouches for everything before it.
 */
export class Watermark {
  #position: bigint;
  /** Completed ranges beyond the position: first offset → offset after the last. */
  readonly #ahead = new Map<bigint, bigint>();

  /** `start`: the first offset that is not done yet. */
  constructor(start: bigint) {
    this.#position = start;
  }

  /** The offset to commit: everything before it is done, it itself is not. */
  get position(): bigint {
    return this.#position;
  }

  /** Marks `from` ≤ offset < `to` as done and says whether the position moved. */
  complete(from: bigint, to: bigint): boolean {
    const before = this.#position;
    if (to <= before) return false;
    if (from > before) {
      this.#ahead.set(from, max(to, this.#ahead.get(from) ?? to));
      return false;
    }
    this.#position = to;
    this.#absorb();
    return true;
  }

  /** Takes in the ranges that the position has reached, until none is left that touches it. */
  #absorb(): void {
    for (let moved = true; moved;) {
      moved = false;
      for (const [from, to] of this.#ahead) {
        if (from > this.#position) continue;
        this.#ahead.delete(from);
        if (to > this.#position) this.#position = to;
        moved = true;
      }
    }
  }
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
