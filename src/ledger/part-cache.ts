/**
 * The long parts of rows that seldom change, decoded, so that taking and saving a notification again and again
 * need not read and parse its plan each time. Bounded by the length of the texts it came from; the revision beside
 * the row tells when another instance has written a new one.
 */
export class PartCache<Part> {
  readonly #entries = new Map<
    number,
    { readonly revision: number; readonly part: Part; readonly size: number }
  >();
  readonly #maxSize: number;
  #size = 0;

  /** `maxSize`: characters of encoded text; in memory a part takes about three times as many bytes. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get(pk: number, revision: number): Part | undefined {
    const entry = this.#entries.get(pk);
    return entry?.revision === revision ? entry.part : undefined;
  }

  /** SQLite gives the keys of removed rows to new ones, so a removed row may not be remembered. */
  delete(pk: number): void {
    this.#size -= this.#entries.get(pk)?.size ?? 0;
    this.#entries.delete(pk);
  }

  set(pk: number, revision: number, part: Part, size: number): void {
    this.delete(pk);
    this.#entries.set(pk, { revision, part, size });
    this.#size += size;
    // The oldest go first: work moves on, and what was made long ago is rarely touched again.
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= this.#maxSize) break;
      this.#entries.delete(oldest);
      this.#size -= entry.size;
    }
  }
}
