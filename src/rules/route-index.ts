/** What is looked up by topic and type: routes and signals. */
export interface Indexed {
  readonly on: readonly string[];
  /** Null = every type. */
  readonly type: readonly string[] | null;
}

interface TopicEntry<T> {
  /** Those that take every type. */
  readonly any: readonly T[];
  /** By type, those that take every type included; in order. */
  readonly byType: ReadonlyMap<string, readonly T[]>;
}

const none: readonly never[] = [];

/** Finds the candidates for an event, so that the cost of a record grows with them and not with all routes. */
export class RouteIndex<T> {
  readonly #topics = new Map<string, TopicEntry<T>>();

  constructor(entries: readonly T[], keysOf: (entry: T) => Indexed) {
    const byTopic = new Map<string, T[]>();
    for (const entry of entries) {
      for (const topic of new Set(keysOf(entry).on)) {
        const known = byTopic.get(topic);
        if (known === undefined) byTopic.set(topic, [entry]);
        else known.push(entry);
      }
    }
    for (const [topic, found] of byTopic) {
      const types = new Set(found.flatMap((entry) => keysOf(entry).type ?? []));
      const byType = new Map<string, readonly T[]>();
      for (const type of types) {
        byType.set(
          type,
          found.filter((entry) => keysOf(entry).type?.includes(type) ?? true),
        );
      }
      this.#topics.set(topic, { any: found.filter((entry) => keysOf(entry).type === null), byType });
    }
  }

  /** In the order in which they were given. */
  find(topic: string, type: string | null): readonly T[] {
    const entry = this.#topics.get(topic);
    if (entry === undefined) return none;
    return (type === null ? undefined : entry.byType.get(type)) ?? entry.any;
  }

  /** Whether anything could apply; `undefined` = the type is not known yet. */
  has(topic: string, type: string | null | undefined): boolean {
    const entry = this.#topics.get(topic);
    if (entry === undefined) return false;
    return type === undefined || entry.any.length > 0 || (type !== null && entry.byType.has(type));
  }
}
