import { Recent } from './recent.ts';

/**
 * The long parts of rows that seldom change, decoded, so that taking and saving a notification again and again
 * need not read and parse its plan each time. Bounded by the length of the texts it came from; the revision beside
 * the row tells when another instance has written a new one.
 */
export class PartCache<Part> {
  readonly #entries: Recent<number, Entry<Part>>;

  /** `maxSize`: characters of encoded text; in memory a part takes about three times as many bytes. */
  constructor(maxSize: number) {
    this.#entries = new Recent(maxSize);
  }

  get(pk: number, revision: number): Part | undefined {
    const entry = this.#entries.get(pk);
    return entry?.revision === revision ? entry.part : undefined;
  }

  set(pk: number, revision: number, part: Part, size: number): void {
    this.#entries.set(pk, { revision, part }, size);
  }

  /** SQLite gives the keys of removed rows to new ones, so a removed row may not be remembered. */
  delete(pk: number): void {
    this.#entries.delete(pk);
  }

  clear(): void {
    this.#entries.clear();
  }
}

interface Entry<Part> {
  readonly revision: number;
  readonly part: Part;
}
