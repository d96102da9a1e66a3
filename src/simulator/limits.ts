import { callLimits, fieldLimits, rateLimits, resultRecipients, spans } from '../dingtalk/limits.ts';

/**
 * The limits that the stand-in enforces; null lifts one. The numbers and their sources are in dingtalk/limits.ts,
 * where sources disagree the stricter reading is the default.
 */
export interface SimulatorLimits {
  /** Calls of one app to one API in any window of one second. */
  readonly callsPerSecond: number | null;
  /** Metered calls of the whole organisation in a calendar month. */
  readonly callsPerMonth: number | null;
  /** Calls of one address in any 20 seconds; beyond it the address is banned for `ipBanMs`. */
  readonly callsPerIp: number | null;
  readonly ipBanMs: number;
  /** People reached by one app in any minute (silent). Broadcasts do not count. */
  readonly recipientsPerMinute: number | null;
  /** Messages of one app to one person a day (silent). */
  readonly messagesPerUserPerDay: number | null;
  /** The same content of one app to one person a day (silent). */
  readonly sameContentPerUserPerDay: number | null;
  readonly broadcastsPerDay: number | null;
  /** The code 41046 exists, its number is not published: not enforced unless set. */
  readonly broadcastsPerMinute: number | null;
  readonly useridsPerCall: number;
  readonly departmentsPerCall: number;
  readonly recipientsPerCall: number;
  readonly statusBarUserids: number;
  /** UTF-8 bytes of the whole msg JSON. */
  readonly messageBytes: number | null;
  /** Characters of a button's link; 700 by another source. */
  readonly actionUrlChars: number;
  /** A file in a message may be no bigger; 20 MiB by another source. Bytes. */
  readonly fileInMessageBytes: number;
  /** Tasks for more people give no result. */
  readonly resultRecipients: number;
  readonly resultWindowMs: number;
  readonly recallWindowMs: number;
  readonly progressWindowMs: number;
  readonly statusBarWindowMs: number;
  readonly tokenLifeMs: number;
}

export const documentedLimits: SimulatorLimits = {
  callsPerSecond: rateLimits.callsPerSecond.value,
  callsPerMonth: rateLimits.callsPerMonth.value,
  callsPerIp: rateLimits.callsPerIp.value,
  ipBanMs: spans.ipBan.value,
  recipientsPerMinute: rateLimits.recipientsPerMinute.value,
  messagesPerUserPerDay: rateLimits.perUserPerDay.value,
  sameContentPerUserPerDay: rateLimits.sameContentPerUserPerDay.value,
  broadcastsPerDay: rateLimits.broadcastsPerDay.value,
  broadcastsPerMinute: null,
  useridsPerCall: callLimits.userids.value,
  departmentsPerCall: callLimits.departments.value,
  recipientsPerCall: callLimits.recipients.value,
  statusBarUserids: callLimits.statusBarUserids.value,
  messageBytes: callLimits.messageBytes.value,
  actionUrlChars: fieldLimits.linkActionUrl.value,
  // K775: "the referenced file is at most 10 MB"; K646 lets 20 MB be uploaded.
  fileInMessageBytes: 10 * 1_048_576,
  resultRecipients: resultRecipients.value,
  resultWindowMs: spans.resultWindow.value,
  recallWindowMs: spans.recallWindow.value,
  progressWindowMs: spans.progressWindow.value,
  statusBarWindowMs: spans.statusBarWindow.value,
  tokenLifeMs: spans.tokenLife.value,
};

/** Every rate and quota lifted; what concerns the shape of one call stays. */
export const unlimited: Partial<SimulatorLimits> = {
  callsPerSecond: null,
  callsPerMonth: null,
  callsPerIp: null,
  recipientsPerMinute: null,
  messagesPerUserPerDay: null,
  sameContentPerUserPerDay: null,
  broadcastsPerDay: null,
  broadcastsPerMinute: null,
};

/** Limits that can be changed while the simulator runs. */
export class LimitSettings {
  #current: SimulatorLimits;

  constructor(initial: 'off' | Partial<SimulatorLimits>) {
    this.#current = documentedLimits;
    this.set(initial);
  }

  get current(): SimulatorLimits {
    return this.#current;
  }

  /** `off` lifts all rates and quotas, `documented` restores everything, an object changes what it names. */
  set(change: 'off' | 'documented' | Partial<SimulatorLimits>): void {
    if (change === 'documented') this.#current = documentedLimits;
    else this.#current = { ...this.#current, ...(change === 'off' ? unlimited : change) };
  }
}
