import { Timestamp } from '../../model/values.ts';

/**
 * Event data comes from strangers. One walk over it bounds its depth and size, so that nothing that follows (deep
 * comparison, recursion) can be driven too far, and replaces the few kinds of values that CEL does not know.
 */
export type ViewResult =
  { readonly ok: true; readonly view: unknown } | { readonly ok: false; readonly message: string };

const maxDepth = 64;
const maxValues = 50_000;

export function celView(data: unknown): ViewResult {
  const walker = new Walker();
  const view = walker.walk(data, 0);
  return walker.problem === null ? { ok: true, view } : { ok: false, message: walker.problem };
}

class Walker {
  problem: string | null = null;
  #values = 0;

  /** Gives the value itself where nothing in it has to change: most events are not copied. */
  walk(value: unknown, depth: number): unknown {
    this.#values += 1;
    if (this.#values > maxValues) this.problem ??= `the event holds more than ${maxValues} values`;
    if (this.problem !== null) return null;
    if (typeof value !== 'object' || value === null) return value === undefined ? null : value;
    if (depth > maxDepth) this.problem ??= `the event is nested more than ${maxDepth} levels deep`;
    if (this.problem !== null) return null;
    if (Array.isArray(value)) return this.#list(value, depth);
    // CEL counts in milliseconds.
    if (value instanceof Timestamp) return new Date(value.getTime());
    if (Buffer.isBuffer(value)) return new Uint8Array(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === null || prototype === Object.prototype) return this.#mapping(value, depth);
    if (value instanceof Date || value instanceof Uint8Array) return value;
    // Avro records come as instances of generated classes; their own fields are all there is to see.
    return isPlainRecord(value) ? this.#mapping({ ...value }, depth) : value;
  }

  #list(list: readonly unknown[], depth: number): unknown {
    let copy: unknown[] | null = null;
    for (const [index, item] of list.entries()) {
      if (this.problem !== null) return null;
      const view = this.walk(item, depth + 1);
      if (view !== item) {
        copy ??= [...list];
        copy[index] = view;
      }
    }
    return copy ?? list;
  }

  #mapping(mapping: object, depth: number): unknown {
    let copy: Record<string, unknown> | null = null;
    for (const [key, item] of Object.entries(mapping)) {
      const view = this.walk(item, depth + 1);
      if (this.problem !== null) return null;
      if (view === item) continue;
      copy ??= Object.assign(Object.create(null) as Record<string, unknown>, mapping);
      copy[key] = view;
    }
    const view = copy ?? mapping;
    // The library asks a value's constructor for its type; a field of that name must not answer in its place.
    return Object.hasOwn(mapping, 'constructor') ? new Map(Object.entries(view)) : view;
  }
}

function isPlainRecord(value: object): boolean {
  return !('unscaled' in value) && !('toJSON' in value);
}
