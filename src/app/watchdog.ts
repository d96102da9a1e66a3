import type { Clock } from '../base/clock.ts';
import { createLoop, type Loop, type LoopState } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';
import type { PartitionStats } from '../kafka/source-types.ts';
import type { ComponentHealth } from '../server/ports.ts';

/** No turn of a loop takes nearly as long: every call and every transaction in it has a limit of its own. */
const stuckAfterMs = 120_000;
const beatEveryMs = 1_000;
/** A beat that comes so late tells of an event loop that stood still; much less is a busy moment. */
const lateAfterMs = 10_000;

export interface Watchdog {
  /** What only a restart can help. */
  live(): readonly ComponentHealth[];
  /** Beats, and counts what has come to be stuck. */
  readonly loop: Loop;
}

export interface WatchdogParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly loops: () => readonly LoopState[];
  readonly partitions: () => readonly PartitionStats[];
  /** Told once of each loop that stands still, until it moves again. */
  readonly onStuck: (kind: string) => void;
}

/**
 * Watches whether everything moves. A turn or a batch that does not end is a fault of the program that no waiting
 * cures; servers that are away never look like that, because whoever waits for them gives up and tries again.
 */
export function createWatchdog(parts: WatchdogParts): Watchdog {
  const { clock, logger } = parts;
  const told = new Set<string>();
  let nextBeatAt = clock.now();

  const stuck = (): ComponentHealth[] => {
    const now = clock.now();
    const loops = parts.loops().flatMap(({ name, busySince }) => {
      const busyMs = busySince === null ? 0 : now - busySince;
      return busyMs < stuckAfterMs ? [] : [stood(`loop:${name}`, busyMs)];
    });
    const partitions = parts.partitions().flatMap(({ topic, partition, busyMs }) => {
      return busyMs < stuckAfterMs ? [] : [stood(`intake:${topic}/${partition}`, busyMs)];
    });
    return [...loops, ...partitions];
  };

  const loop = createLoop({
    name: 'watchdog',
    clock,
    logger,
    turn: () => {
      nextBeatAt = clock.now() + beatEveryMs;
      const found = new Map(stuck().map((each) => [each.component, each.reason]));
      for (const component of told) if (!found.has(component)) told.delete(component);
      for (const [component, reason] of found) {
        if (told.has(component)) continue;
        told.add(component);
        parts.onStuck(component.startsWith('loop:') ? 'loop' : 'intake');
        logger.error({ component, reason }, 'something stands still; only a restart can help');
      }
      return Promise.resolve({ wakeAt: nextBeatAt });
    },
  });
  return {
    live() {
      const lateMs = clock.now() - nextBeatAt;
      return [
        lateMs < lateAfterMs
          ? { component: 'event_loop', ok: true, reason: null }
          : stood('event_loop', lateMs),
        ...stuck(),
      ];
    },
    loop,
  };
}

function stood(component: string, ms: number): ComponentHealth {
  return { component, ok: false, reason: `it has not moved for ${Math.round(ms / 1000)} s` };
}
