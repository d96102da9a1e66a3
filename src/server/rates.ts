import type { Clock } from '../base/clock.ts';
import type { ResultStatus } from '../model/result.ts';
import type { RateSample } from './ports.ts';

/** Length of one interval, in seconds, and how many are kept: the last ten minutes. */
const intervalSeconds = 10;
const keptIntervals = 60;

interface Bucket {
  readonly at: number;
  consumed: number;
  notifications: number;
  readonly finals: Partial<Record<ResultStatus, number>>;
}

/** Counts of the last minutes in memory, so that the overview can draw rates without asking Prometheus. */
export class RecentRates {
  readonly #clock: Clock;
  #buckets: Bucket[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  consumed(records: number): void {
    this.#bucket().consumed += records;
  }

  notifications(count: number): void {
    this.#bucket().notifications += count;
  }

  final(status: ResultStatus): void {
    const { finals } = this.#bucket();
    finals[status] = (finals[status] ?? 0) + 1;
  }

  /** Oldest first and without gaps: intervals in which nothing happened count 0. */
  samples(): readonly RateSample[] {
    const length = intervalSeconds * 1000;
    const last = this.#start();
    const byStart = new Map(this.#buckets.map((bucket) => [bucket.at, bucket]));
    return Array.from({ length: keptIntervals }, (_, index) => {
      const at = last - (keptIntervals - 1 - index) * length;
      const bucket = byStart.get(at);
      return {
        at,
        seconds: intervalSeconds,
        consumed: bucket?.consumed ?? 0,
        notifications: bucket?.notifications ?? 0,
        finals: bucket?.finals ?? {},
      };
    });
  }

  #start(): number {
    const length = intervalSeconds * 1000;
    return Math.floor(this.#clock.now() / length) * length;
  }

  #bucket(): Bucket {
    const at = this.#start();
    const newest = this.#buckets.at(-1);
    if (newest?.at === at) return newest;
    const fresh: Bucket = { at, consumed: 0, notifications: 0, finals: {} };
    const oldest = at - keptIntervals * intervalSeconds * 1000;
    this.#buckets = [...this.#buckets.filter((bucket) => bucket.at > oldest && bucket.at < at), fresh];
    return fresh;
  }
}
