/** Somebody who was left out by a limit, with the code and the limit that getsendresult names. */
export interface Forbidden {
  readonly userid: string;
  readonly code: string;
  readonly count: number;
}

/** One accepted send. What time brings about (progress, reading) is computed from `at`, never stored. */
export interface Task {
  readonly id: string;
  readonly appKey: string;
  readonly agentId: number;
  readonly kind: 'users' | 'departments' | 'mixed' | 'everyone';
  readonly msgtype: string;
  /** The message as JSON text. */
  readonly msg: string;
  /** When it was accepted, and how much longer than usual it takes; milliseconds. */
  readonly at: number;
  readonly lateMs: number;
  /** Those who have it. */
  readonly delivered: readonly string[];
  readonly invalidUserids: readonly string[];
  readonly invalidDepartments: readonly number[];
  readonly forbidden: readonly Forbidden[];
  readonly failed: readonly string[];
  /** How many people were addressed, departments expanded. */
  readonly recipients: number;
  recalledAt: number | null;
  statusBar: { readonly value: string; readonly background: string | null; readonly at: number } | null;
  /** Reading that was set by hand; it comes before what the seed says. */
  reads: Map<string, number> | null;
}

/** A message in somebody's inbox. Times in milliseconds since the epoch. */
export interface InboxEntry {
  readonly userid: string;
  readonly taskId: string;
  readonly app: string;
  /** The app's name as people see it. */
  readonly appTitle: string;
  readonly agentId: number;
  readonly msgtype: string;
  readonly msg: unknown;
  readonly at: number;
  readonly readAt: number | null;
  readonly recalledAt: number | null;
  readonly statusBar: { readonly value: string; readonly background: string | null } | null;
}
