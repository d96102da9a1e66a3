import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './processes.ts';
import type { Say } from './say.ts';

/** The holder writes its process id right after the file exists; a file that stays empty longer was left behind. */
const emptyForMs = 5_000;
const lookEveryMs = 500;

/** Runs `work` while no other process of this user runs under the same lock; waits for one that does. */
export async function withLock<T>(path: string, say: Say, work: () => Promise<T>): Promise<T> {
  let told = false;
  while (!take(path)) {
    if (!told) say('another run is preparing the servers; waiting for it');
    told = true;
    await delay(lookEveryMs);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (isLeftBehind(path)) rmSync(path, { force: true });
  return false;
}

function isLeftBehind(path: string): boolean {
  try {
    const holder = Number(readFileSync(path, 'utf8'));
    if (holder > 0) return !isAlive(holder);
    return Date.now() - statSync(path).mtimeMs > emptyForMs;
  } catch (error) {
    // Its holder has just given it back.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
