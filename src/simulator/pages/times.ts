import { dingtalkDay } from '../../base/dingtalk-day.ts';

const offsetMs = 8 * 3_600_000;

/** `14:05` for an instant of today, `03-02 14:05` for another day; Beijing time, as everything DingTalk counts. */
export function clockTime(at: number, now: number): string {
  const text = new Date(at + offsetMs).toISOString();
  const time = text.slice(11, 16);
  return dingtalkDay(at) === dingtalkDay(now) ? time : `${text.slice(5, 10)} ${time}`;
}

/** `2026-03-02 12:00:05`, Beijing time. */
export function fullTime(at: number): string {
  return new Date(at + offsetMs).toISOString().slice(0, 19).replace('T', ' ');
}
