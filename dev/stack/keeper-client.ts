import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from './errors.ts';
import type { Order, Report, ServerOrder } from './keeper-protocol.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

interface Running {
  pid: number;
  readonly ended: Promise<Exit>;
  readonly end: (exit: Exit) => void;
}

interface Waiting {
  readonly resolve: (pid: number) => void;
  readonly reject: (error: Error) => void;
}

/** The user's end of a run's keeper: starts and stops servers, and knows which of them run. */
export class KeeperClient {
  readonly folder: string;
  readonly #process: ChildProcess;
  readonly #running = new Map<string, Running>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #gone: Promise<void>;
  #ending = false;
  #holds = 0;

  constructor(folder: string) {
    this.folder = folder;
    const log = openSync(join(folder, 'logs', 'keeper.log'), 'a');
    this.#process = fork(join(import.meta.dirname, 'keeper.ts'), [folder], {
      detached: true,
      execArgv: [],
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#process.on('message', (report: Report) => {
      this.#hear(report);
    });
    this.#gone = new Promise((resolve) => {
      this.#process.once('exit', () => {
        this.#lose();
        resolve();
      });
    });
    // The keeper must not hold its user alive: when the user has nothing left to do, both end.
    this.#process.unref();
    this.#process.channel?.unref();
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The process id of a running server, or null. */
  pidOf(name: string): number | null {
    return this.#running.get(name)?.pid ?? null;
  }

  /** Settles when the server of this name has ended; at once when it does not run. */
  async ended(name: string): Promise<Exit> {
    return (await this.#running.get(name)?.ended) ?? { code: null, signal: null };
  }

  /** Starts a server and gives its process id. Throws `StackError` when the command cannot be run. */
  spawn(server: ServerOrder): Promise<number> {
    return this.#began(server.name, { do: 'spawn', server });
  }

  /** Asks a server to end, and makes it end after `graceMs`; 0 is `kill -9` at once. */
  async stop(name: string, graceMs: number): Promise<void> {
    const server = this.#running.get(name);
    if (server === undefined) return;
    await this.#held(async () => {
      this.#send({ do: 'stop', name, graceMs });
      await server.ended;
    });
  }

  /** Ends every server and the keeper itself, and removes the run's data. */
  async end(): Promise<void> {
    await this.#held(async () => {
      if (!this.#ending && this.#process.connected) this.#send({ do: 'end' });
      this.#ending = true;
      await this.#gone;
    });
  }

  async #began(name: string, order: Order): Promise<number> {
    return this.#held(
      () =>
        new Promise<number>((resolve, reject) => {
          this.#waiting.set(name, { resolve, reject });
          this.#send(order);
        }),
    );
  }

  /** While any answer is awaited, the keeper does hold its user alive. */
  async #held<T>(work: () => Promise<T>): Promise<T> {
    this.#holds += 1;
    this.#process.ref();
    this.#process.channel?.ref();
    try {
      return await work();
    } finally {
      this.#holds -= 1;
      if (this.#holds === 0) {
        this.#process.unref();
        this.#process.channel?.unref();
      }
    }
  }

  #send(order: Order): void {
    if (!this.#process.connected) throw new StackError('The keeper of the local servers has ended.');
    this.#process.send(order);
  }

  #hear(report: Report): void {
    const waiting = this.#waiting.get(report.name);
    if (report.did === 'exited') {
      this.#running.get(report.name)?.end({ code: report.code, signal: report.signal });
      this.#running.delete(report.name);
    } else if (report.did === 'failed') {
      this.#waiting.delete(report.name);
      waiting?.reject(new StackError(`${report.name} could not be started: ${report.reason}`));
    } else {
      const { promise, resolve } = Promise.withResolvers<Exit>();
      this.#running.set(report.name, { pid: report.pid, ended: promise, end: resolve });
      this.#waiting.delete(report.name);
      waiting?.resolve(report.pid);
    }
  }

  #lose(): void {
    for (const { end } of this.#running.values()) end({ code: null, signal: null });
    this.#running.clear();
    for (const [name, { reject }] of this.#waiting)
      reject(new StackError(`The keeper ended before ${name} was up.`));
    this.#waiting.clear();
  }
}
