import { chance } from '../chance.ts';
import type { Task } from '../task.ts';
import type { World } from '../world.ts';

/** How far a task is: 0 not started, 1 running, 2 done (K772). */
export interface Progress {
  readonly status: 0 | 1 | 2;
  readonly percent: number;
}

export function progressOf(task: Task, world: World, now: number): Progress {
  const { startsAfterMs, finishesAfterMs } = world.behaviour;
  const age = now - task.at;
  const finish = finishesAfterMs + task.lateMs;
  if (age >= finish) return { status: 2, percent: 100 };
  if (age < startsAfterMs) return { status: 0, percent: 0 };
  const span = Math.max(1, finish - startsAfterMs);
  return { status: 1, percent: Math.min(99, Math.max(1, Math.floor((100 * (age - startsAfterMs)) / span))) };
}

/**
 * When a person read a message: set by hand, or as the seed has it; null when not (yet). The seed decides once and
 * for all whether and how long after the end of the task somebody reads.
 */
export function readAt(task: Task, userid: string, world: World, now: number): number | null {
  const byHand = task.reads?.get(userid);
  if (byHand !== undefined) return byHand <= now ? byHand : null;
  const { readRatio, readAfterMs, finishesAfterMs } = world.behaviour;
  if (chance(world.seed, 'reads', task.id, userid) >= readRatio) return null;
  const [first, last] = readAfterMs;
  const delay = first + (last - first) * chance(world.seed, 'when', task.id, userid);
  const at = Math.round(task.at + finishesAfterMs + task.lateMs + delay);
  // What was taken back before it was read is never read.
  return at <= now && (task.recalledAt === null || at <= task.recalledAt) ? at : null;
}
