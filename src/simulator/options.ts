import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { DirectoryData } from './directory-data.ts';
import type { SimulatorLimits } from './limits.ts';

/** How the stand-in acts where the documentation leaves it open; every choice is told in docs/simulator.md. */
export interface SimulatorBehaviour {
  /** A task is "not started" (0) for this long after its acceptance. Milliseconds. */
  readonly startsAfterMs: number;
  /** A task is "done" (2) from then on; between the two it is "running" (1). Milliseconds. */
  readonly finishesAfterMs: number;
  /** The share of messages that get read at all, 0 … 1; who reads what is fixed by the seed. */
  readonly readRatio: number;
  /** Reading happens between these two times after the task is done. Milliseconds. */
  readonly readAfterMs: readonly [number, number];
  /** What getsendresult says of a task that is not done: nobody in any list, or error 41052. */
  readonly resultBeforeFinish: 'empty' | '41052';
  /** What getsendresult says of a task for more than 100 people: a gateway time-out (K773), or error 41052 (K771). */
  readonly largeResult: 'timeout' | '41052';
  /** Lists in getsendresult: arrays as seen live, or comma-separated strings as older documentation shows them. */
  readonly listStyle: 'live' | 'comma';
  /** People outside an app's scope: listed as invalid in the result, or the whole call refused with 50002/50004. */
  readonly outOfScope: 'silent' | 'refuse';
  /** `\uXXXX` escapes in a request: refused with 40033 as documented, or taken. */
  readonly unicodeEscapes: 'refuse' | 'accept';
  /** The code for a token that was once good. */
  readonly expiredTokenCode: '42001' | '40014';
  /** The first task id, in digits; may lie beyond 2^53 to try how a client keeps such numbers. */
  readonly firstTaskId: string;
}

export const defaultBehaviour: SimulatorBehaviour = {
  startsAfterMs: 200,
  finishesAfterMs: 1000,
  readRatio: 0.6,
  readAfterMs: [2_000, 60_000],
  resultBeforeFinish: 'empty',
  largeResult: 'timeout',
  listStyle: 'live',
  outOfScope: 'silent',
  unicodeEscapes: 'refuse',
  expiredTokenCode: '42001',
  firstTaskId: '256271667526',
};

/** How much is remembered; the oldest goes first, and the counters tell how much went. */
export interface SimulatorKeep {
  readonly tasks: number;
  readonly calls: number;
  readonly violations: number;
}

export const defaultKeep: SimulatorKeep = { tasks: 500_000, calls: 10_000, violations: 1_000 };

export interface SimulatorOptions {
  /** 0 or absent takes a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Data, or the path of a JSON or YAML file with it; the built-in company when absent. */
  readonly directory?: DirectoryData | string | null;
  /** Adds this many made-up people whose userid and mobile follow from their number; see docs/simulator.md. */
  readonly generate?: number;
  /** `off` lifts every rate and quota; the limits on the shape of one call always hold. */
  readonly limits?: 'off' | Partial<SimulatorLimits>;
  readonly behaviour?: Partial<SimulatorBehaviour>;
  readonly keep?: Partial<SimulatorKeep>;
  readonly clock?: Clock;
  /** Fixes tokens, readers and the dice of faults with a probability. */
  readonly seed?: string;
  readonly log?: Logger;
  /** A file that is read at start when it exists and written at stop, so that a restart forgets nothing. */
  readonly snapshot?: string | null;
}
