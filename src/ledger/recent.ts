/**
 * What was used of late, bounded by a size that whoever puts something in tells. Two generations: new entries go to
 * the young one; when it has half of the room, it becomes the old one and what was old is dropped. That keeps what is
 * in use at next to no cost for each entry.
 */
export class Recent<Key, Value> {
  readonly #maxSize: number;
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();
  #youngSize = 0;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get(key: Key): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: Key, value: Value, size: number): void {
    this.#young.set(key, value);
    this.#youngSize += size;
    if (this.#youngSize <= this.#maxSize / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngSize = 0;
  }

  delete(key: Key): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngSize = 0;
  }
}
