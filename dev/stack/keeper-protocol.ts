/** What the process that asked for servers tells its keeper. */
export type Order =
  | { readonly do: 'spawn'; readonly server: ServerOrder }
  | { readonly do: 'stop'; readonly name: string; readonly graceMs: number }
  | { readonly do: 'end' };

/** SIGINT is PostgreSQL's word for a fast shutdown; the Java servers take SIGTERM. */
export type StopSignal = 'SIGTERM' | 'SIGINT';

export interface ServerOrder {
  /** Unique within a run: a second server of the same name may only start after the first has ended. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Standard output and error are appended to this file. */
  readonly log: string;
  readonly signal: StopSignal;
  /** The user and group to run as, where that is not our own. */
  readonly owner?: Owner;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What the keeper answers. */
export type Report =
  | { readonly did: 'spawned'; readonly name: string; readonly pid: number }
  | {
      readonly did: 'exited';
      readonly name: string;
      readonly code: number | null;
      readonly signal: string | null;
    }
  | { readonly did: 'failed'; readonly name: string; readonly reason: string };
