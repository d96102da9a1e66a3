import type { Event } from '../../model/event.ts';
import type { PlannedNotification } from '../../model/plan.ts';

/** A digest that is being collected. */
export interface OpenDigest {
  /** Equal on both sides of a comparison when the same members began it. */
  readonly id: string;
  readonly route: string;
  readonly key: string;
  readonly closesAt: number;
  readonly members: readonly Event[];
}

interface Collected extends OpenDigest {
  readonly members: Event[];
}

/** Members of all windows together: their events are held in memory until the window closes. */
const mostMembers = 20_000;

/** The windows of digests, over the time of the events. */
export class DigestWindows {
  /** Windows that were closed early because too many events were held. */
  forgotten = 0;
  readonly #open = new Map<string, Collected>();
  #members = 0;
  #nextCloseAt = Number.POSITIVE_INFINITY;

  /** Takes a member in; gives what closes because of it. */
  join(planned: PlannedNotification, nowMs: number): readonly OpenDigest[] {
    const { digest } = planned.policies;
    if (digest === null || planned.digestItem === null) return [];
    const name = JSON.stringify([planned.route, digest.key]);
    const window = this.#open.get(name) ?? {
      id: `${name}@${nowMs}`,
      route: planned.route,
      key: digest.key,
      closesAt: nowMs + digest.windowMs,
      members: [],
    };
    this.#open.set(name, window);
    window.members.push(planned.digestItem);
    this.#members += 1;
    this.#nextCloseAt = Math.min(this.#nextCloseAt, window.closesAt);
    if (window.members.length >= digest.max) return [this.#close(name, { ...window, closesAt: nowMs })];
    if (this.#members <= mostMembers) return [];
    const [oldest] = this.#open;
    if (oldest === undefined) return [];
    this.forgotten += 1;
    return [this.#close(oldest[0], oldest[1])];
  }

  /** What has closed by now, in the order of closing. */
  due(nowMs: number): readonly OpenDigest[] {
    if (nowMs < this.#nextCloseAt) return [];
    const due = [...this.#open].filter(([, { closesAt }]) => closesAt <= nowMs);
    due.sort(([, a], [, b]) => a.closesAt - b.closesAt);
    for (const [name, window] of due) this.#close(name, window);
    const rest = [...this.#open.values()].map(({ closesAt }) => closesAt);
    this.#nextCloseAt = rest.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
    return due.map(([, window]) => window);
  }

  isOpen(id: string): boolean {
    return this.#open.get(id.slice(0, id.lastIndexOf('@')))?.id === id;
  }

  #close(name: string, window: Collected): OpenDigest {
    this.#open.delete(name);
    this.#members -= window.members.length;
    return window;
  }
}
