import type { Clock } from '../base/clock.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import type { Logger } from '../base/logger.ts';
import type { Current } from './current.ts';

/** How often the files are looked at. What has changed counts once two looks in a row find it the same. */
const lookEveryMs = 1_000;

/**
 * Reloads when the configuration's files have changed and are quiet again. It looks at what the last load has read
 * (links followed, folders of globs and missing files included) instead of asking the system to be told: that works
 * on every file system and for every way to write files, and one look costs a few calls of `stat`.
 */
export function createConfigWatch(parts: {
  readonly current: Current;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onChange: () => void;
}): Loop {
  const { current, clock, logger } = parts;
  let changing: string | null = null;
  return createLoop({
    name: 'configuration watch',
    clock,
    logger,
    turn: () => {
      // Looked up each time, because a reload can begin or end the watching.
      if (current.active.config.reload.watch) {
        const stamp = current.inputs.stampNow();
        if (stamp === current.inputs.stamp) changing = null;
        else if (stamp !== changing) changing = stamp;
        else {
          changing = null;
          parts.onChange();
        }
      }
      return Promise.resolve({ wakeAt: clock.now() + lookEveryMs });
    },
  });
}
