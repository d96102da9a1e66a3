/**
 * The long parts of rows that seldom change, decoded, so that taking and saving a notification again and again
 * need not read and parse its plan each time. Bounded by the length of the texts it came from; the revision beside
 * the row tells when another instance has written a new one.
 *
 * Two generations: new entries go to the young one; when it has half of the room, it becomes the old one and what was
 * old is dropped. That keeps what is in use at next to no cost for each entry.
 */
export class PartCache<Part> {
  readonly #maxSize: number;
  #young = new Map<number, Entry<Part>>();
  #old = new Map<number, Entry<Part>>();
  #youngSize = 0;

  /** `maxSize`: characters of encoded text; in memory a part takes about three times as many bytes. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get(pk: number, revision: number): Part | undefined {
    const entry = this.#young.get(pk) ?? this.#old.get(pk);
    return entry?.revision === revision ? entry.part : undefined;
  }

  set(pk: number, revision: number, part: Part, size: number): void {
    this.#young.set(pk, { revision, part });
    this.#youngSize += size;
    if (this.#youngSize <= this.#maxSize / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngSize = 0;
  }

  /** SQLite gives the keys of removed rows to new ones, so a removed row may not be remembered. */
  delete(pk: number): void {
    this.#young.delete(pk);
    this.#old.delete(pk);
  }
}

interface Entry<Part> {
  readonly revision: number;
  readonly part: Part;
}
