const second = 1_000;
const minute = 60 * second;

/** The last question is asked a little before DingTalk stops answering. */
const marginMs = 10 * minute;

/**
 * When an accepted call is asked about: early, because most people have the message within seconds, then ever more
 * rarely, because each question costs a metered call (`result_checks` of the app).
 */
export interface TrackingSchedule {
  /** Ascending, ms after acceptance. */
  readonly checks: readonly number[];
  /** How long DingTalk answers for a task, ms after acceptance. */
  readonly windowMs: number;
}

/**
 * The instant of the next question, whatever became of those before it: questions that failed use up none of the plan, and
 * those that were missed are not made up for. Null when the window is over and nothing more will be learned. The very
 * last question lies shortly before the end of the window.
 */
export function nextCheckAt(acceptedAt: number, schedule: TrackingSchedule, now: number): number | null {
  const last = acceptedAt + schedule.windowMs - marginMs;
  if (now >= last) return null;
  const planned = schedule.checks.find((after) => acceptedAt + after > now);
  const at = planned === undefined ? last : acceptedAt + planned;
  return Math.min(Math.max(at, now + second), last);
}
