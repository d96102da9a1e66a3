import type { Logger } from '../base/logger.ts';
import type { Answer, Breach, Refusal } from './answer.ts';
import type { Arguments } from './arguments.ts';
import type { Directory } from './directory.ts';
import type { DirectoryApp } from './directory-data.ts';
import type { Faults } from './faults.ts';
import type { LimitSettings } from './limits.ts';
import type { MediaStore } from './media-store.ts';
import type { MovableClock } from './movable-clock.ts';
import type { Operation } from './operations.ts';
import type { SimulatorBehaviour } from './options.ts';
import type { Quotas } from './quotas.ts';
import type { Records } from './records.ts';
import type { TaskStore } from './task-store.ts';
import type { Throttle } from './throttle.ts';
import type { Tokens } from './tokens.ts';

/** Everything that the stand-in knows and remembers. */
export interface World {
  readonly clock: MovableClock;
  readonly seed: string;
  behaviour: SimulatorBehaviour;
  readonly limits: LimitSettings;
  readonly directory: Directory;
  readonly tokens: Tokens;
  readonly throttle: Throttle;
  readonly quotas: Quotas;
  readonly tasks: TaskStore;
  readonly media: MediaStore;
  readonly faults: Faults;
  readonly records: Records;
  readonly log: Logger;
  /** Grows with everything that a page could show; pages wait for it to move. */
  revision: number;
}

/** One call that passed the gateway. */
export interface Call {
  readonly world: World;
  readonly operation: Operation;
  /** Null for token operations, which have no token yet. */
  readonly app: DirectoryApp | null;
  readonly values: Arguments;
  readonly query: URLSearchParams;
  readonly path: string;
  readonly now: number;
  readonly requestId: string;
  /** Names of faults that struck; handlers add theirs. */
  readonly struck: string[];
  /** A JSON body held `\uXXXX` escapes. */
  readonly unicodeEscape: boolean;
  /** The body was a multipart form. */
  readonly multipart: boolean;
}

/** A call of an app, token checked. */
export interface AppCall extends Call {
  readonly app: DirectoryApp;
}

export type HandlerResult = Answer | Refusal;

export function isRefusal(result: HandlerResult): result is Refusal {
  return 'layer' in result;
}

/** Writes down that a call, or part of it, is not as documented. */
export function note(call: Call, kind: Breach | 'advice', detail: string): void {
  const { world, operation, app, now, requestId } = call;
  const { name } = operation;
  world.records.violation({ at: now, operation: name, app: app?.name ?? null, kind, detail, requestId });
}
