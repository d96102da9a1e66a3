import type { Clock } from '../base/clock.ts';
import type { Operation } from './codes.ts';

/** A place under the limits for one call. Exactly one of a call or `giveBack` ends it. */
export interface Slot {
  readonly api: Operation;
  /** People that this call may reach; they count for the limit of recipients a minute. */
  readonly recipients: number;
  /** The call will not be made: the place is free again at once. */
  giveBack(): void;
}

/** What a loop that persists before it calls needs of the limiter. */
export interface CallLimiter {
  /** Calls of one API that may be made in a second; Infinity = not limited. */
  readonly callsPerSecond: number;
  /** How many calls of this API may start right now; 0 while the app is held, Infinity without a limit. */
  available(api: Operation): number;
  /** Takes a place now, or gives null when none is free. Calls that wait go first. */
  tryReserve(api: Operation, recipients: number): Slot | null;
  /**
   * Milliseconds until `tryReserve` may succeed; 0 = now, null = not known (held until a person says so, or every
   * place is taken by a call under way).
   */
  waitMs(api: Operation, recipients: number): number | null;
  /** Says that a call waits though no place was asked for: whoever shares limits with others gets a part of them. */
  ask(api: Operation, recipients: number): void;
  /** Calls `listener` when there may be more places than a look at the clock tells. Gives a way to end that. */
  onRoom(listener: () => void): () => void;
  /** Counts what was called before this limiter existed, so that a restart passes no limit. */
  seed(recent: readonly RecentCall[]): void;
}

export interface RecentCall {
  readonly api: Operation;
  /** When it was made, milliseconds since the epoch. */
  readonly at: number;
  readonly recipients: number;
}

/** When a call began, by the two clocks of this thread that nobody sets: `Clock.monotonic` and `Clock.idle`. */
export interface Begun {
  readonly at: number;
  readonly idle: number;
}

/** What the end of a slot does to the limits it was taken from. */
export interface SlotEnds {
  /** The call has ended, having begun then; `peopleCounted` is false when DingTalk proved that it told nobody. */
  end(begun: Begun, peopleCounted: boolean): void;
  giveBack(): void;
  /** False when the places of this slot are no longer ours: they were shared with others and are too old. */
  mayStart(): boolean;
}

/** A slot as the client uses it up. */
export class RunningSlot implements Slot {
  readonly api: Operation;
  readonly recipients: number;
  /** True when this call is the one that tries whether a hold is over. */
  readonly probe: boolean;
  readonly #clock: Clock;
  readonly #ends: SlotEnds;
  #begun: Begun | null = null;
  #ended = false;

  constructor(api: Operation, recipients: number, probe: boolean, clock: Clock, ends: SlotEnds) {
    this.api = api;
    this.recipients = recipients;
    this.probe = probe;
    this.#clock = clock;
    this.#ends = ends;
  }

  begin(): void {
    this.#begun = this.#now();
  }

  /** To be asked immediately before the call is made. */
  mayStart(): boolean {
    return this.#ends.mayStart();
  }

  end(peopleCounted: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ends.end(this.#begun ?? this.#now(), peopleCounted);
  }

  giveBack(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ends.giveBack();
  }

  #now(): Begun {
    return { at: this.#clock.monotonic(), idle: this.#clock.idle() };
  }
}
