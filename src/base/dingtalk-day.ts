/**
 * DingTalk counts its daily limits by calendar day. Its documentation names no time zone; every source writes
 * Beijing time (UTC+8, without daylight saving since 1991), so days and months here are those of Asia/Shanghai.
 */
const offsetMs = 8 * 3_600_000;
const dayMs = 86_400_000;

/** The last day that was asked for: nearly always it is the same again, and writing it out takes time. */
let known = { day: Number.NaN, text: '' };

/** The DingTalk day of an instant, `YYYY-MM-DD`. */
export function dingtalkDay(nowMs: number): string {
  const day = Math.floor((nowMs + offsetMs) / dayMs);
  if (day !== known.day) known = { day, text: new Date(day * dayMs).toISOString().slice(0, 10) };
  return known.text;
}

/** The DingTalk month of an instant, `YYYY-MM`. */
export function dingtalkMonth(nowMs: number): string {
  return dingtalkDay(nowMs).slice(0, 7);
}

/** The first instant (ms) of the DingTalk day after the one that `nowMs` lies in. */
export function nextDingtalkDay(nowMs: number): number {
  return (Math.floor((nowMs + offsetMs) / dayMs) + 1) * dayMs - offsetMs;
}

/** The first instant (ms) of the DingTalk month after the one that `nowMs` lies in. */
export function nextDingtalkMonth(nowMs: number): number {
  const local = new Date(nowMs + offsetMs);
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1) - offsetMs;
}
