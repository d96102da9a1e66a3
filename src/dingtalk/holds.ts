import type { Clock } from '../base/clock.ts';
import type { Operation } from './codes.ts';

/**
 * Why calls are stopped. `configuration`: key, permission, whitelist or agent id are wrong; `ban`: our address is
 * barred; `monthly_quota`: the calls of the month are used up; `throttled`: DingTalk asked for a pause.
 */
export type HoldReason = 'configuration' | 'ban' | 'monthly_quota' | 'throttled';

export interface Hold {
  /** What is stopped: the whole app, every app behind our address, or one API of the app. */
  readonly scope: 'app' | 'address' | Operation;
  readonly reason: HoldReason;
  /** The code that brought it, and DingTalk's text, masked. */
  readonly code: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** When one call may try again; null = only when a person says so. */
  readonly until: number | null;
}

/** What health shows of an app. */
export interface AppState {
  /** True while calls are stopped for a reason that outlasts a short pause. */
  readonly held: boolean;
  readonly holds: readonly Hold[];
}

/** A pause up to this long is waited out in the queue; a longer one is told to the caller. Milliseconds. */
export const longestPauseMs = 10_000;

/** How long the one call that tries whether a hold is over keeps the others waiting, at most. Milliseconds. */
const probeMs = 60_000;

export type Gate =
  | { readonly kind: 'open' }
  /** A hold has run out; one call may go and see. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'closed'; readonly hold: Hold; readonly until: number | null };

const open: Gate = { kind: 'open' };

/** One stop of calls with its half-open state: when its time is over, one call tries and the others still wait. */
interface Stop {
  readonly hold: Hold;
  probingUntil: number | null;
}

/** Stops of one app, or of everything behind our address. Several may be in force; each ends on its own. */
export class Holds {
  readonly #clock: Clock;
  readonly #stops = new Map<string, Stop>();
  /** What has changed here and has not been told to others who share these stops. */
  readonly #added = new Set<string>();
  readonly #ended = new Set<string>();
  #changed: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `listener` when a stop begins or ends here. */
  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  entries(): readonly (readonly [string, Hold])[] {
    return [...this.#stops].map(([key, { hold }]) => [key, hold]);
  }

  untold(): { readonly added: readonly string[]; readonly ended: readonly string[] } {
    return { added: [...this.#added], ended: [...this.#ended] };
  }

  told(added: readonly string[], ended: readonly string[]): void {
    for (const key of added) this.#added.delete(key);
    for (const key of ended) this.#ended.delete(key);
  }

  /** Takes over a stop that somebody else has met. */
  adopt(key: string, hold: Hold): void {
    this.#stops.set(key, { hold, probingUntil: null });
  }

  /** Somebody else has found that a stop is over. */
  drop(key: string): void {
    this.#stops.delete(key);
  }

  add(hold: Omit<Hold, 'since'>): Hold {
    const key = `${hold.scope} ${hold.reason}`;
    const before = this.#stops.get(key)?.hold;
    // A pause that is asked for again is a new pause, and never a shorter one; a fault that comes again is the same fault.
    const lasting = before !== undefined && hold.reason !== 'throttled';
    const full: Hold = {
      ...hold,
      since: lasting ? before.since : this.#clock.now(),
      until: before !== undefined && !lasting && later(before.until, hold.until) ? before.until : hold.until,
    };
    this.#stops.set(key, { hold: full, probingUntil: null });
    this.#added.add(key);
    this.#ended.delete(key);
    this.#changed();
    return full;
  }

  /**
   * Whether a call of this API may go now. A token belongs to whatever call needs it: its own call is never the one that
   * tries, because it proves nothing about the others, and never waits for that one, which may be waiting for the token.
   */
  gate(api: Operation): Gate {
    const now = this.#clock.now();
    const mayProbe = api !== 'token';
    let probe = false;
    let closed: Extract<Gate, { kind: 'closed' }> | null = null;
    for (const [key, stop] of this.#stops) {
      const { hold } = stop;
      if (hold.scope !== 'app' && hold.scope !== 'address' && hold.scope !== api) continue;
      const until = (mayProbe ? stop.probingUntil : null) ?? hold.until;
      if (until !== null && until <= now) {
        // A pause is simply over; what a person may have to mend is tried with one call first.
        if (hold.reason === 'throttled') this.#stops.delete(key);
        else probe = mayProbe;
        continue;
      }
      if (closed === null || later(until, closed.until)) {
        closed = { kind: 'closed', hold, until };
      }
    }
    return closed ?? (probe ? { kind: 'probe' } : open);
  }

  /** A call goes to see whether the holds that have run out are over: the others wait for it. */
  beginProbe(): void {
    const now = this.#clock.now();
    for (const stop of this.#stops.values()) {
      const until = stop.probingUntil ?? stop.hold.until;
      if (until !== null && until <= now) stop.probingUntil = now + probeMs;
    }
  }

  /** The call that was to see was not made after all, or told nothing: the next one may go. */
  endProbe(): void {
    const now = this.#clock.now();
    for (const stop of this.#stops.values()) if (stop.probingUntil !== null) stop.probingUntil = now;
  }

  /** A call that went to see succeeded: everything that was being tried is over. Gives what ended. */
  succeeded(): readonly Hold[] {
    const ended: Hold[] = [];
    for (const [key, stop] of this.#stops) {
      if (stop.probingUntil === null) continue;
      this.#end(key);
      ended.push(stop.hold);
    }
    return ended;
  }

  /** A person says that the causes are mended. Gives what ended. */
  release(): readonly Hold[] {
    const ended = [...this.#stops.values()].map(({ hold }) => hold);
    for (const key of this.#stops.keys()) this.#end(key);
    return ended;
  }

  #end(key: string): void {
    this.#stops.delete(key);
    this.#added.delete(key);
    this.#ended.add(key);
    this.#changed();
  }

  list(): readonly Hold[] {
    const now = this.#clock.now();
    return [...this.#stops.values()]
      .map(({ hold }) => hold)
      .filter(({ reason, until }) => reason !== 'throttled' || until === null || until > now);
  }
}

/** The state that health shows: pauses that the queue waits out are not held. */
export function appState(holds: readonly Hold[], now: number): AppState {
  const lasting = holds.filter(
    ({ reason, until, since }) =>
      reason !== 'throttled' || until === null || (until > now && until - since > longestPauseMs),
  );
  return { held: lasting.length > 0, holds };
}

function later(one: number | null, other: number | null): boolean {
  return one === null || (other !== null && one > other);
}
