import { dingtalkMonth, nextDingtalkMonth } from '../base/dingtalk-day.ts';
import { spans } from '../dingtalk/limits.ts';
import type { Refusal } from './answer.ts';
import type { SimulatorLimits } from './limits.ts';
import type { Operation } from './operations.ts';
import { windowOf, type SlidingWindow } from './sliding-window.ts';

/** Calls a second, calls a month, calls of an address: what the gateway counts before it looks at a request. */
export class Throttle {
  readonly #perApi = new Map<string, SlidingWindow>();
  readonly #perAddress = new Map<string, SlidingWindow>();
  readonly #bannedUntil = new Map<string, number>();
  #month = { name: '', calls: 0 };
  /** When the month has to be looked at again, ms. */
  #monthEnds = 0;

  /** Counts a call of an address; how long it is banned from now on, or null. Milliseconds. */
  bannedFor(address: string, now: number, limits: SimulatorLimits): number | null {
    if (limits.callsPerIp === null) return null;
    const until = this.#bannedUntil.get(address) ?? 0;
    if (until > now) return until - now;
    if (windowOf(this.#perAddress, address).take(now, spans.callsPerIpWindow.value, limits.callsPerIp))
      return null;
    this.#bannedUntil.set(address, now + limits.ipBanMs);
    return limits.ipBanMs;
  }

  /** Refuses the 21st call of an app to an API within a second, and metered calls beyond the month's quota. */
  admit(appKey: string, operation: Operation, now: number, limits: SimulatorLimits): Refusal | null {
    if (limits.callsPerSecond !== null) {
      const window = windowOf(this.#perApi, `${appKey}|${operation.name}`);
      if (!window.take(now, spans.callsPerSecondWindow.value, limits.callsPerSecond)) {
        return tooFast(`more than ${limits.callsPerSecond} calls to ${operation.name} within a second`);
      }
    }
    return operation.metered ? this.#countMonth(now, limits) : null;
  }

  callsThisMonth(now: number): number {
    return this.#month.name === dingtalkMonth(now) ? this.#month.calls : 0;
  }

  clear(): void {
    this.#perApi.clear();
    this.#perAddress.clear();
    this.#bannedUntil.clear();
    this.#month = { name: '', calls: 0 };
    this.#monthEnds = 0;
  }

  save(): { readonly month: { name: string; calls: number }; readonly banned: readonly [string, number][] } {
    return { month: this.#month, banned: [...this.#bannedUntil] };
  }

  load(saved: ReturnType<Throttle['save']>): void {
    this.clear();
    this.#month = { ...saved.month };
    for (const [address, until] of saved.banned) this.#bannedUntil.set(address, until);
  }

  #countMonth(now: number, limits: SimulatorLimits): Refusal | null {
    if (now >= this.#monthEnds) {
      const name = dingtalkMonth(now);
      if (this.#month.name !== name) this.#month = { name, calls: 0 };
      this.#monthEnds = nextDingtalkMonth(now);
    }
    if (limits.callsPerMonth !== null && this.#month.calls >= limits.callsPerMonth) return monthUsedUp();
    this.#month.calls++;
    return null;
  }
}

export function tooFast(detail: string): Refusal {
  return {
    code: 90018,
    message: '应用调用该接口的QPS超限',
    layer: 'gateway',
    breach: 'limit',
    detail,
    v1: {
      status: 403,
      code: 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi',
      message: '应用调用该接口的QPS超限',
    },
  };
}

function monthUsedUp(): Refusal {
  const message = '组织本月API调用量已达上限';
  return {
    code: 90020,
    message,
    layer: 'gateway',
    breach: 'limit',
    detail: 'the monthly number of calls is used up',
    v1: { status: 403, code: 'Forbidden.AccessDenied.ApiCountLimitForOrg', message },
  };
}
