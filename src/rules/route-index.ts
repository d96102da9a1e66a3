import { fits } from '../base/name-pattern.ts';

/** What is looked up by topic and type: routes and signals. */
export interface Indexed {
  /** Names of topics, or patterns over them. */
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

/** Topics come from the broker, and from whoever asks for an explanation: more than this many are not remembered. */
const maxTopics = 1_000;

/** Finds the candidates for an event, so that the cost of a record grows with them and not with all routes. */
export class RouteIndex<T> {
  readonly #entries: readonly T[];
  readonly #keysOf: (entry: T) => Indexed;
  readonly #topics = new Map<string, TopicEntry<T>>();

  constructor(entries: readonly T[], keysOf: (entry: T) => Indexed) {
    this.#entries = entries;
    this.#keysOf = keysOf;
  }

  /** In the order in which they were given. */
  find(topic: string, type: string | null): readonly T[] {
    const { any, byType } = this.#of(topic);
    return (type === null ? undefined : byType.get(type)) ?? any;
  }

  /** Whether anything could apply; `undefined` = the type is not known yet. */
  has(topic: string, type: string | null | undefined): boolean {
    const { any, byType } = this.#of(topic);
    if (any.length > 0) return true;
    return type === undefined ? byType.size > 0 : type !== null && byType.has(type);
  }

  #of(topic: string): TopicEntry<T> {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    if (this.#topics.size >= maxTopics) this.#topics.clear();
    const entry = this.#entryOf(topic);
    this.#topics.set(topic, entry);
    return entry;
  }

  #entryOf(topic: string): TopicEntry<T> {
    const found = this.#entries
      .map((entry) => ({ entry, ...this.#keysOf(entry) }))
      .filter(({ on }) => on.some((names) => fits(names, topic)));
    const byType = new Map<string, readonly T[]>();
    for (const wanted of new Set(found.flatMap(({ type }) => type ?? []))) {
      const takers = found.filter(({ type }) => type?.includes(wanted) ?? true);
      byType.set(
        wanted,
        takers.map(({ entry }) => entry),
      );
    }
    return { any: found.filter(({ type }) => type === null).map(({ entry }) => entry), byType };
  }
}
