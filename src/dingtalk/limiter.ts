/**
 * Decides when a call may be made: calls a second for each API of an app, recipients a minute, calls of our address,
 * pauses that DingTalk asked for, holds. It schedules and never drops; what it cannot schedule (the app is held for
 * longer than a short pause) it turns away with the reason. It must never let more calls out than the limits allow,
 * however late or early they arrive at DingTalk.
 */
import type { Clock } from '../base/clock.ts';
import type { AddressLimits } from './address-limits.ts';
import { AppWindows } from './app-windows.ts';
import type { ClientObserver, WaitReason } from './client-events.ts';
import type { Operation } from './codes.ts';
import { longestPauseMs, type Gate, type Hold, type Holds } from './holds.ts';
import { wholeLimits, type PermitSource } from './permits.ts';
import { RunningSlot, type CallLimiter, type RecentCall, type Slot } from './slot.ts';
import { RoundTrips } from './window.ts';

export type Acquired =
  | { readonly kind: 'slot'; readonly slot: RunningSlot }
  | { readonly kind: 'held'; readonly hold: Hold; readonly until: number | null }
  | { readonly kind: 'aborted' };

export interface AcquireOptions {
  readonly recipients: number;
  readonly priority: 'high' | 'normal';
  readonly signal: AbortSignal | null;
}

export interface LimiterOptions {
  readonly clock: Clock;
  /** Of one API; 0 or Infinity = not limited, the limits of our address do not hold either then. */
  readonly callsPerSecond: number;
  readonly recipientsPerMinute: number;
  readonly holds: Holds;
  readonly address: AddressLimits;
  /** Where this process is not the only one that calls for the app; alone when absent. */
  readonly permits?: PermitSource;
  readonly observe: ClientObserver;
}

interface Waiter {
  readonly options: AcquireOptions;
  readonly since: number;
  reason: WaitReason;
  readonly settle: (acquired: Acquired) => void;
}

interface Api {
  readonly roundTrips: RoundTrips;
  readonly high: Waiter[];
  readonly normal: Waiter[];
  cancelTimer: (() => void) | null;
}

export class Limiter implements CallLimiter {
  readonly #options: LimiterOptions;
  readonly #clock: Clock;
  readonly #windows: AppWindows;
  readonly #apis = new Map<Operation, Api>();
  readonly #roomListeners = new Set<() => void>();

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#windows = new AppWindows({
      ...options,
      permits: options.permits ?? wholeLimits,
      grown: () => {
        this.lookAgain();
      },
    });
  }

  get callsPerSecond(): number {
    return this.#options.callsPerSecond === 0 ? Infinity : this.#options.callsPerSecond;
  }

  available(api: Operation): number {
    const { high, normal } = this.#api(api);
    const gate = this.#gate(api);
    if (gate.kind === 'closed' || high.length + normal.length > 0) return 0;
    const free = this.#windows.free(api);
    return gate.kind === 'probe' ? Math.min(1, free) : free;
  }

  tryReserve(api: Operation, recipients: number): Slot | null {
    if (this.available(api) < 1 || this.#windows.blockedBy(api, recipients) !== null) {
      this.ask(api, recipients);
      return null;
    }
    return this.#grant(api, recipients);
  }

  ask(api: Operation, recipients: number): void {
    this.#windows.ask(api, recipients);
  }

  onRoom(listener: () => void): () => void {
    const own = (): void => {
      listener();
    };
    this.#roomListeners.add(own);
    return () => this.#roomListeners.delete(own);
  }

  waitMs(api: Operation, recipients: number): number | null {
    const gate = this.#gate(api);
    if (gate.kind === 'closed') return gate.until === null ? null : gate.until - this.#clock.now();
    const blocked = this.#windows.blockedBy(api, recipients);
    return blocked === null ? 0 : blocked.inMs;
  }

  seed(recent: readonly RecentCall[]): void {
    const now = this.#clock.now();
    for (const { api, at, recipients } of recent) this.#windows.countPast(api, recipients, now - at);
  }

  /** Waits for a place; high priority before normal, first come first served within. */
  acquire(api: Operation, options: AcquireOptions): Promise<Acquired> {
    return new Promise((resolve) => {
      const { signal } = options;
      if (signal?.aborted) {
        resolve({ kind: 'aborted' });
        return;
      }
      const queue = this.#api(api)[options.priority];
      const abort = (): void => {
        queue.splice(queue.indexOf(waiter), 1);
        waiter.settle({ kind: 'aborted' });
        this.#pump(api);
      };
      const waiter: Waiter = {
        options,
        since: this.#clock.now(),
        reason: 'turn',
        settle: (acquired) => {
          signal?.removeEventListener('abort', abort);
          resolve(acquired);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      queue.push(waiter);
      this.#pump(api);
    });
  }

  /** Holds have changed: those who wait are served or turned away. */
  refresh(): void {
    for (const api of this.#apis.keys()) this.#pump(api);
  }

  /** DingTalk counted more calls than we did: what was learnt about the way there is wrong. */
  distrust(api: Operation): void {
    this.#api(api).roundTrips.forget();
  }

  /** Nothing is granted any more; those who wait are told that they were given up. */
  close(): void {
    for (const [, api] of this.#apis) {
      api.cancelTimer?.();
      for (const waiter of [...api.high.splice(0), ...api.normal.splice(0)])
        waiter.settle({ kind: 'aborted' });
    }
  }

  /** The tighter of what holds for the app and for our address. */
  #gate(api: Operation): Gate {
    const own = this.#options.holds.gate(api);
    const address = this.#options.address.holds.gate(api);
    if (own.kind === 'closed') return own;
    return address.kind === 'open' ? own : address;
  }

  /** What we share with others has changed: those who wait are served or turned away, and others may start. */
  lookAgain(): void {
    this.refresh();
    for (const listener of this.#roomListeners) listener();
  }

  #grant(name: Operation, recipients: number): RunningSlot {
    const api = this.#api(name);
    const probe = this.#gate(name).kind === 'probe';
    if (probe) {
      this.#options.holds.beginProbe();
      this.#options.address.holds.beginProbe();
    }
    const taken = this.#windows.take(name, recipients);
    return new RunningSlot(name, recipients, probe, this.#clock, {
      end: (begun, peopleCounted) => {
        const now = this.#clock.monotonic();
        api.roundTrips.add(this.#clock.idle() - begun.idle, now);
        taken.end(Math.max(begun.at, now - api.roundTrips.smallest), peopleCounted);
        this.refresh();
      },
      mayStart: () => taken.covered(),
      giveBack: () => {
        taken.giveBack();
        if (probe) {
          this.#options.holds.endProbe();
          this.#options.address.holds.endProbe();
        }
        this.refresh();
      },
    });
  }

  /** Serves those who wait, as far as it goes, and sets the timer for the next. */
  #pump(name: Operation): void {
    const api = this.#api(name);
    api.cancelTimer?.();
    api.cancelTimer = null;
    for (;;) {
      const queue = api.high.length > 0 ? api.high : api.normal;
      const waiter = queue[0];
      if (waiter === undefined) return;
      const now = this.#clock.now();
      const gate = this.#gate(name);
      if (gate.kind === 'closed') {
        const pause = gate.until !== null && gate.hold.reason === 'throttled' ? gate.until - now : Infinity;
        if (gate.until !== null && pause <= longestPauseMs) {
          waiter.reason = 'pause';
          this.#wakeIn(name, api, gate.until - now);
          return;
        }
        queue.shift();
        waiter.settle({ kind: 'held', hold: gate.hold, until: gate.until });
        continue;
      }
      const blocked = this.#windows.blockedBy(name, waiter.options.recipients);
      if (blocked !== null) {
        this.ask(name, waiter.options.recipients);
        waiter.reason = blocked.reason;
        // Without a time it is a call under way that must end first, and its end comes back here.
        if (blocked.inMs !== null) this.#wakeIn(name, api, blocked.inMs);
        return;
      }
      queue.shift();
      waiter.settle({ kind: 'slot', slot: this.#grant(name, waiter.options.recipients) });
      const waited = now - waiter.since;
      if (waited > 0)
        this.#options.observe({ kind: 'wait', operation: name, ms: waited, reason: waiter.reason });
    }
  }

  #wakeIn(name: Operation, api: Api, ms: number): void {
    api.cancelTimer = this.#clock.schedule(ms, () => {
      api.cancelTimer = null;
      this.#pump(name);
    });
  }

  #api(name: Operation): Api {
    const known = this.#apis.get(name);
    if (known !== undefined) return known;
    const api: Api = {
      roundTrips: new RoundTrips(),
      high: [],
      normal: [],
      cancelTimer: null,
    };
    this.#apis.set(name, api);
    return api;
  }
}
