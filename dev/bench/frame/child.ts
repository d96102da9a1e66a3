import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const root = join(import.meta.dirname, '../../..');

export interface ChildOptions {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Standard output and error go here. */
  readonly log: string;
}

/** A program of its own, on the same Node, that ends with the bench. */
export class Child {
  readonly process: ChildProcess;
  readonly log: string;
  readonly #exited: Promise<void>;

  constructor(options: ChildOptions) {
    this.log = options.log;
    const log = openSync(options.log, 'a');
    this.process = spawn(process.execPath, options.args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#exited = new Promise((resolve) => {
      this.process.once('exit', () => {
        resolve();
      });
    });
  }

  /** What a reference program says of itself; the answer to a word over the channel between us. */
  ask<Answer>(word: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.process.once('message', (answer) => {
        resolve(answer as Answer);
      });
      this.process.send(word, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  requireRunning(): void {
    const { exitCode, signalCode } = this.process;
    if (exitCode !== null || signalCode !== null) {
      throw new Error(`a program of the bench has ended (${exitCode ?? signalCode ?? ''}); see ${this.log}`);
    }
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    const late = new AbortController();
    const killed = delay(30_000, undefined, { signal: late.signal }).then(
      () => this.process.kill('SIGKILL'),
      () => undefined,
    );
    await this.#exited;
    late.abort();
    await killed;
  }
}

/** Looks again and again until `look` gives something; a child that ends meanwhile ends the wait. */
export async function until<T>(
  children: readonly Child[],
  look: () => Promise<T | null>,
  everyMs = 20,
  withinMs = 600_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    for (const child of children) child.requireRunning();
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline)
      throw new Error(`the bench waited in vain; see ${children[0]?.log ?? ''}`);
    await delay(everyMs);
  }
}
