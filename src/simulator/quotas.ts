import { dingtalkDay, nextDingtalkDay } from '../base/dingtalk-day.ts';
import { spans } from '../dingtalk/limits.ts';
import { apiRefusal, type Refusal } from './answer.ts';
import type { SimulatorLimits } from './limits.ts';
import { windowOf, type SlidingWindow } from './sliding-window.ts';

interface PersonToday {
  messages: number;
  /** How often each content came today, by its hash. */
  readonly contents: Map<string, number>;
}

/** Why somebody does not get a message although the send succeeded: code and limit, as getsendresult names them. */
export interface Left {
  readonly code: string;
  readonly count: number;
}

interface SavedQuotas {
  readonly day: string;
  readonly people: readonly (readonly [string, number, readonly (readonly [string, number])[]])[];
  readonly broadcasts: readonly (readonly [string, number])[];
}

/**
 * The quotas of sending: those of a day (Asia/Shanghai), per app and person, and those of a minute. All but the
 * broadcast cap are silent: the send succeeds, and only getsendresult tells who was left out (K769).
 */
export class Quotas {
  #day = '';
  /** When the day has to be looked at again, ms. */
  #dayEnds = 0;
  readonly #people = new Map<string, PersonToday>();
  readonly #broadcasts = new Map<string, number>();
  readonly #broadcastMinutes = new Map<string, SlidingWindow>();
  readonly #minutes = new Map<string, SlidingWindow>();

  /** Counts a broadcast, or refuses it. */
  broadcast(appKey: string, now: number, limits: SimulatorLimits): Refusal | null {
    this.#turnDay(now);
    const sent = this.#broadcasts.get(appKey) ?? 0;
    if (limits.broadcastsPerDay !== null && sent >= limits.broadcastsPerDay) {
      const detail = `more than ${limits.broadcastsPerDay} broadcasts a day`;
      return apiRefusal(41045, '超过发送全员消息的次数上限', 'limit', detail);
    }
    if (limits.broadcastsPerMinute !== null) {
      const minute = windowOf(this.#broadcastMinutes, appKey);
      if (!minute.take(now, spans.recipientsPerMinuteWindow.value, limits.broadcastsPerMinute)) {
        const detail = `more than ${limits.broadcastsPerMinute} broadcasts a minute`;
        return apiRefusal(41046, '超过发送全员消息的每分钟次数上限', 'limit', detail);
      }
    }
    this.#broadcasts.set(appKey, sent + 1);
    return null;
  }

  /** Whether these limits need the content of a message to be known by its hash. */
  static needsContent(limits: SimulatorLimits): boolean {
    return limits.sameContentPerUserPerDay !== null;
  }

  /**
   * Counts one message to one person, or tells why it does not arrive. What does not arrive uses up nothing. Repeated
   * content is looked at first, then the day, then the minute. Broadcasts do not count in the minute.
   */
  admit(
    appKey: string,
    userid: string,
    content: string,
    broadcast: boolean,
    now: number,
    limits: SimulatorLimits,
  ): Left | null {
    const perDay = limits.messagesPerUserPerDay;
    const same = limits.sameContentPerUserPerDay;
    const perMinute = broadcast ? null : limits.recipientsPerMinute;
    const person = perDay === null && same === null ? null : this.#person(appKey, userid, now);
    if (person !== null) {
      if (same !== null && (person.contents.get(content) ?? 0) >= same)
        return { code: '143106', count: same };
      if (perDay !== null && person.messages >= perDay) return { code: '143105', count: perDay };
    }
    if (perMinute !== null) {
      const minute = windowOf(this.#minutes, appKey);
      const admitted = minute.take(now, spans.recipientsPerMinuteWindow.value, perMinute);
      if (!admitted) return { code: '143103', count: perMinute };
    }
    if (person !== null) {
      person.messages++;
      if (same !== null) person.contents.set(content, (person.contents.get(content) ?? 0) + 1);
    }
    return null;
  }

  clear(): void {
    this.#day = '';
    this.#dayEnds = 0;
    this.#people.clear();
    this.#broadcasts.clear();
    this.#broadcastMinutes.clear();
    this.#minutes.clear();
  }

  /** The counts of the day; those of the last minute are not worth keeping. */
  save(): SavedQuotas {
    return {
      day: this.#day,
      people: [...this.#people].map(([key, person]) => [key, person.messages, [...person.contents]]),
      broadcasts: [...this.#broadcasts],
    };
  }

  load(saved: SavedQuotas): void {
    this.clear();
    this.#day = saved.day;
    for (const [key, messages, contents] of saved.people) {
      this.#people.set(key, { messages, contents: new Map(contents) });
    }
    for (const [appKey, count] of saved.broadcasts) this.#broadcasts.set(appKey, count);
  }

  #person(appKey: string, userid: string, now: number): PersonToday {
    this.#turnDay(now);
    const key = `${appKey}|${userid}`;
    const known = this.#people.get(key);
    if (known !== undefined) return known;
    const made: PersonToday = { messages: 0, contents: new Map() };
    this.#people.set(key, made);
    return made;
  }

  #turnDay(now: number): void {
    if (now < this.#dayEnds) return;
    this.#dayEnds = nextDingtalkDay(now);
    const day = dingtalkDay(now);
    if (day === this.#day) return;
    this.#day = day;
    this.#people.clear();
    this.#broadcasts.clear();
  }
}
