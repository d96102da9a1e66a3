/**
 * What an app uses of DingTalk's rates: calls a second of each API, recipients a minute, calls of our address. Times
 * are those of the monotonic clock, so that nobody who sets the time makes a window shorter.
 */
import type { Clock } from '../base/clock.ts';
import type { AddressLimits } from './address-limits.ts';
import type { WaitReason } from './client-events.ts';
import type { Operation } from './codes.ts';
import { spans } from './limits.ts';
import { openWindow, type PartWindow, type PermitSource } from './permits.ts';

export interface AppWindowsOptions {
  readonly clock: Clock;
  /** Of one API; 0 or Infinity = not limited, the limits of our address do not hold either then. */
  readonly callsPerSecond: number;
  readonly recipientsPerMinute: number;
  readonly address: AddressLimits;
  readonly permits: PermitSource;
  /** A larger part of some limit is ours. */
  readonly grown: () => void;
}

/** What one call has taken. Exactly one of `end` and `giveBack` ends it. */
export interface Taken {
  /** False when more is in use than is ours: the call must not begin. */
  covered(): boolean;
  /** `countedBy`: DingTalk has counted the call by then; `peopleCounted` is false when it proved that it told nobody. */
  end(countedBy: number, peopleCounted: boolean): void;
  giveBack(): void;
}

/**
 * Added to every window: clocks are read in whole milliseconds and timers fire up to one early. At 10 ms the limit of
 * 20 calls a second is still used to 99 %.
 */
const marginMs = 10;
/** Recipients are counted by DingTalk while it works on the task, some time after its answer. */
const recipientMarginMs = 1000;

export class AppWindows {
  readonly #options: AppWindowsOptions;
  readonly #clock: Clock;
  readonly #recipients: PartWindow;
  readonly #calls = new Map<Operation, PartWindow>();

  constructor(options: AppWindowsOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#recipients = this.#open(
      'recipients',
      options.recipientsPerMinute,
      spans.recipientsPerMinuteWindow.value,
    );
    options.address.onGrown(options.grown);
  }

  /** How many calls of an API may start now. */
  free(api: Operation): number {
    const now = this.#clock.monotonic();
    return Math.min(...this.#windowsOf(api, 0).map(([{ window }]) => window.free(now)));
  }

  /** What keeps a call from being made now, and when that ends, in ms; null when nothing does, or nobody knows when. */
  blockedBy(
    api: Operation,
    recipients: number,
  ): { readonly reason: WaitReason; readonly inMs: number | null } | null {
    const now = this.#clock.monotonic();
    for (const [limited, units] of this.#windowsOf(api, recipients)) {
      if (limited.window.free(now) >= units) continue;
      const reason = limited === this.#recipients ? 'recipients_per_minute' : 'calls_per_second';
      const at = limited.window.freeAt(units, now);
      return { reason, inMs: at === null ? null : at - now };
    }
    return null;
  }

  /** A call waits: where limits are shared, a larger part is asked for. */
  ask(api: Operation, recipients: number): void {
    const now = this.#clock.monotonic();
    for (const [{ window, part }, units] of this.#windowsOf(api, recipients)) {
      if (window.free(now) < units) part.wish(units);
    }
  }

  take(api: Operation, recipients: number): Taken {
    const windows = this.#windowsOf(api, recipients);
    for (const [{ window, part }, units] of windows) {
      window.take(units);
      // Whoever has used up a part may be able to use a larger one.
      if (window.free(this.#clock.monotonic()) < 1) part.wish(1);
    }
    return {
      covered: () => {
        const now = this.#clock.monotonic();
        return windows.every(([{ window }]) => window.covered(now));
      },
      end: (countedBy, peopleCounted) => {
        const now = this.#clock.monotonic();
        for (const [limited, units] of windows) {
          const { window } = limited;
          if (limited !== this.#recipients) {
            const address = limited === this.#options.address.calls;
            const span = address ? spans.callsPerIpWindow : spans.callsPerSecondWindow;
            window.release(units, (address ? now : countedBy) + span.value + marginMs);
          } else if (peopleCounted) {
            window.release(units, now + spans.recipientsPerMinuteWindow.value + recipientMarginMs);
          } else window.giveBack(units);
        }
      },
      giveBack: () => {
        for (const [{ window }, units] of windows) window.giveBack(units);
      },
    };
  }

  /** Counts a call that was made so many ms ago. */
  countPast(api: Operation, recipients: number, agoMs: number): void {
    const at = this.#clock.monotonic() - agoMs;
    const { window } = this.#callsOf(api);
    window.take(1);
    window.release(1, at + spans.callsPerSecondWindow.value + marginMs);
    this.#recipients.window.take(recipients);
    this.#recipients.window.release(
      recipients,
      at + spans.recipientsPerMinuteWindow.value + recipientMarginMs,
    );
  }

  /** The windows in which a call takes units, and how many. */
  #windowsOf(api: Operation, recipients: number): readonly (readonly [PartWindow, number])[] {
    const calls = this.#callsOf(api);
    const people = this.#recipients.window.bounded(recipients);
    return [
      [calls, 1],
      ...(calls.window.limit === Infinity ? [] : [[this.#options.address.calls, 1] as const]),
      ...(people === 0 ? [] : [[this.#recipients, people] as const]),
    ];
  }

  #callsOf(api: Operation): PartWindow {
    const known = this.#calls.get(api);
    if (known !== undefined) return known;
    const calls = this.#open(api, this.#options.callsPerSecond, spans.callsPerSecondWindow.value);
    this.#calls.set(api, calls);
    return calls;
  }

  #open(name: string, whole: number, windowMs: number): PartWindow {
    const { permits, grown } = this.#options;
    return openWindow(permits, this.#clock, { name, whole, windowMs, grown });
  }
}
