import { createAddressLimits } from '../../src/dingtalk/address-limits.ts';
import type { Clock } from '../../src/base/clock.ts';
import { Holds } from '../../src/dingtalk/holds.ts';
import { Limiter } from '../../src/dingtalk/limiter.ts';
import type { SharedStore } from '../../src/dingtalk/shared-document.ts';
import { SharedPermits } from '../../src/dingtalk/shared-permits.ts';
import { FakeClock } from './fake-clock.ts';

/** A process' own view of time: its clock may be wrong, and while it is frozen nothing of it runs. */
export class HostClock implements Clock {
  readonly #base: FakeClock;
  readonly #skewMs: number;
  #frozen = false;
  /** It runs and reaches DingTalk, but not the store. */
  cutOff = false;
  #late: (() => void)[] = [];

  constructor(base: FakeClock, skewMs: number) {
    this.#base = base;
    this.#skewMs = skewMs;
  }

  now(): number {
    return this.#base.now() + this.#skewMs;
  }

  monotonic(): number {
    return this.#base.monotonic() + 7_000_000;
  }

  idle(): number {
    return this.#base.idle();
  }

  schedule(delayMs: number, task: () => void): () => void {
    let cancelled = false;
    const cancel = this.#base.schedule(delayMs, () => {
      const run = (): void => {
        if (!cancelled) task();
      };
      if (this.#frozen) this.#late.push(run);
      else run();
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Resolves when the process may go on. */
  delivered(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.schedule(delayMs, resolve));
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const run of this.#late.splice(0)) run();
  }
}

/** The document in memory, on a server with the right time. */
export class MemoryStore {
  readonly #clock: FakeClock;
  readonly #documents = new Map<string, { text: string; version: number }>();
  away = false;
  writes = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  text(name: string): string {
    return this.#documents.get(name)?.text ?? '{}';
  }

  /** The store as a process reaches it, some milliseconds away. */
  seenBy(host: HostClock): SharedStore {
    return {
      read: async (name) => {
        await host.delivered(1);
        this.#refuse(host);
        const known = this.#documents.get(name);
        const answer = { text: known?.text ?? null, version: known?.version ?? 0, now: this.#clock.now() };
        await host.delivered(1);
        return answer;
      },
      replace: async (name, text, version) => {
        await host.delivered(1);
        this.#refuse(host);
        const done = (this.#documents.get(name)?.version ?? 0) === version;
        if (done) this.#documents.set(name, { text, version: version + 1 });
        this.writes += 1;
        await host.delivered(1);
        return done;
      },
    };
  }

  #refuse(host: HostClock): void {
    if (this.away || host.cutOff) throw new Error('the store is away');
  }
}

export interface Instance {
  readonly clock: HostClock;
  readonly limiter: Limiter;
  readonly holds: Holds;
  readonly permits: SharedPermits;
  /** Calls without pause, so many at once, until told to stop. */
  saturate(workers: number, people?: number): void;
  /** Ends as by SIGKILL: nothing of it runs any more. */
  kill(): void;
  stopCalling(): void;
}

export interface FleetLimits {
  readonly callsPerSecond?: number;
  readonly recipientsPerMinute?: number;
}

/** Several processes that call for one app, and a server that notes when their calls arrive. */
export class Fleet {
  readonly clock = new FakeClock();
  readonly store = new MemoryStore(this.clock);
  /** When calls arrived, by whom, for how many people. */
  readonly arrivals: { readonly at: number; readonly by: number; readonly people: number }[] = [];
  #count = 0;
  #seed = 7;

  start(skewMs = 0, limits: FleetLimits = {}): Instance {
    const by = this.#count++;
    const clock = new HostClock(this.clock, skewMs);
    const holds = new Holds(clock);
    let look = (): void => undefined;
    const permits = new SharedPermits({
      store: this.store.seenBy(clock),
      name: 'app',
      owner: `instance-${by}`,
      holds,
      clock,
      random: () => this.random(),
      onHolds: () => {
        look();
      },
      onTrouble: () => undefined,
    });
    const limiter = new Limiter({
      clock,
      holds,
      permits,
      callsPerSecond: limits.callsPerSecond ?? 20,
      recipientsPerMinute: limits.recipientsPerMinute ?? 5_000,
      address: createAddressLimits(new Holds(clock), clock, 0),
      observe: () => undefined,
    });
    look = () => {
      limiter.lookAgain();
    };
    let calling = true;
    return {
      clock,
      limiter,
      holds,
      permits,
      saturate: (workers, people = 0) => {
        const work = async (): Promise<void> => {
          while (calling) if (!(await this.call({ clock, limiter }, by, people))) await clock.delivered(50);
        };
        for (let worker = 0; worker < workers; worker++) void work();
      },
      kill: () => {
        clock.freeze();
      },
      stopCalling: () => {
        calling = false;
      },
    };
  }

  /** One call; resolves with whether it was made. */
  async call(
    { clock, limiter }: Pick<Instance, 'clock' | 'limiter'>,
    by: number,
    people: number,
  ): Promise<boolean> {
    const acquired = await limiter.acquire('send', { recipients: people, priority: 'normal', signal: null });
    if (acquired.kind !== 'slot') return false;
    const { slot } = acquired;
    // A new connection, a token to wait for: time passes between the place and the first byte.
    await clock.delivered(Math.floor(this.random() * 3));
    if (!slot.mayStart()) {
      slot.end(false);
      return false;
    }
    slot.begin();
    // What is on its way arrives, whatever becomes of the process.
    await new Promise<void>((resolve) =>
      this.clock.schedule(2 + Math.floor(this.random() * 10), () => {
        this.arrivals.push({ at: this.clock.now(), by, people });
        resolve();
      }),
    );
    await clock.delivered(2 + Math.floor(this.random() * 10));
    slot.end(true);
    return true;
  }

  /** The most that arrived in any window of so many ms. */
  most(windowMs: number, weigh: (arrival: { readonly people: number }) => number = () => 1): number {
    let most = 0;
    let sum = 0;
    let first = 0;
    for (const arrival of this.arrivals) {
      sum += weigh(arrival);
      while (arrival.at - (this.arrivals[first]?.at ?? 0) >= windowMs) {
        const left = this.arrivals[first];
        if (left !== undefined) sum -= weigh(left);
        first++;
      }
      most = Math.max(most, sum);
    }
    return most;
  }

  between(from: number, to: number): number {
    return this.arrivals.filter(({ at }) => at >= from && at < to).length;
  }

  random(): number {
    this.#seed = (this.#seed * 16_807) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  }
}
