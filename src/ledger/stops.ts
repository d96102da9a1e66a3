import type { Hold } from './entries.ts';

/** The subject of a hold that stops all sending. */
export const everything = '*';

const routePrefix = 'route:';

/** The subject of a hold that stops the sending of one route. */
export function routeSubject(route: string): string {
  return `${routePrefix}${route}`;
}

/** The route that a subject names; null when it names an app or everything. */
export function routeOf(subject: string): string | null {
  return subject.startsWith(routePrefix) ? subject.slice(routePrefix.length) : null;
}

/** What of an app's sending a person has stopped. */
export interface Stops {
  readonly all: boolean;
  readonly routes: readonly string[];
  /** When the first of them ends by itself; null = none does. */
  readonly until: number | null;
}

/** The holds in force as the sender of one app obeys them. */
export function stopsOf(app: string, holds: readonly Hold[]): Stops {
  const mine = holds.filter(
    ({ subject }) => [everything, app].includes(subject) || routeOf(subject) !== null,
  );
  const ends = mine.flatMap(({ until }) => (until === null ? [] : [until]));
  return {
    all: mine.some(({ subject }) => routeOf(subject) === null),
    routes: mine.flatMap(({ subject }) => routeOf(subject) ?? []),
    until: ends.length === 0 ? null : Math.min(...ends),
  };
}
