/**
 * Each run has a folder of its own under the machine's temporary folder: `data/` (removed at the end), `logs/`
 * (kept for a day, so that a failed run can be looked into) and `run.json` (who keeps it, which servers it has).
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine, isAlive, sendSignal } from './processes.ts';

export interface ServerNote {
  readonly name: string;
  readonly pid: number;
}

interface RunNote {
  readonly user: number;
  readonly servers: readonly ServerNote[];
}

/** Logs of ended runs are kept this long, in milliseconds. */
const keepLogsMs = 24 * 3_600_000;

/** A folder younger than this may belong to a run that has not written its note yet, in milliseconds. */
const settleMs = 30_000;

function runsFolder(): string {
  return join(tmpdir(), `dingbus-stack-${process.getuid?.() ?? 'user'}`);
}

/** Makes the folder of a new run and returns its path. */
export function createRunFolder(): string {
  const runs = runsFolder();
  mkdirSync(runs, { recursive: true, mode: 0o755 });
  const folder = mkdtempSync(join(runs, 'run-'));
  // PostgreSQL refuses to run as root and then runs as another user, who has to pass through to its data.
  chmodSync(folder, 0o711);
  mkdirSync(join(folder, 'data'));
  mkdirSync(join(folder, 'logs'));
  writeNote(folder, { user: process.pid, servers: [] });
  return folder;
}

/** Writes down which processes belong to a run, for the sweep of a later run. Called by the keeper alone. */
export function noteServers(folder: string, servers: readonly ServerNote[]): void {
  writeNote(folder, { user: process.pid, servers });
}

function writeNote(folder: string, note: RunNote): void {
  const path = join(folder, 'run.json');
  writeFileSync(`${path}.new`, JSON.stringify(note));
  renameSync(`${path}.new`, path);
}

/** Removes what a run stored; its logs stay. */
export function discardData(folder: string): void {
  rmSync(join(folder, 'data'), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  rmSync(join(folder, 'run.json'), { force: true });
}

/**
 * Ends what earlier runs left behind: servers whose keeper was killed too (each is recognised by its command line,
 * which names the run's folder), their data, and logs older than a day. Runs that are in use are not touched.
 */
export function sweepOldRuns(): void {
  const runs = runsFolder();
  for (const entry of readdirSync(runs)) {
    const folder = join(runs, entry);
    try {
      sweep(folder);
    } catch (error) {
      // Another run may be sweeping the same folder at this moment; whatever is missing then is already gone.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

function sweep(folder: string): void {
  const ageMs = Date.now() - statSync(folder).mtimeMs;
  const note = readNote(folder);
  if (note === null) {
    if (ageMs > keepLogsMs) rmSync(folder, { recursive: true, force: true });
    else if (ageMs > settleMs) discardData(folder);
    return;
  }
  if (belongsTo(note.user, folder) || (isAlive(note.user) && ageMs < settleMs)) return;
  for (const { pid } of note.servers) if (belongsTo(pid, folder)) sendSignal(pid, 'SIGKILL');
  discardData(folder);
}

function belongsTo(pid: number, folder: string): boolean {
  return isAlive(pid) && (commandLine(pid) ?? '').includes(folder);
}

function readNote(folder: string): RunNote | null {
  let text: string;
  try {
    text = readFileSync(join(folder, 'run.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return JSON.parse(text) as RunNote;
}
