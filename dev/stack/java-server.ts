import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from './errors.ts';
import type { KeeperClient } from './keeper-client.ts';
import type { Server } from './server.ts';

export interface JavaServerOptions {
  readonly name: string;
  readonly java: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly log: string;
  /** Whether the server answers; asked again and again until it does. */
  readonly answers: () => Promise<boolean>;
}

/** A server that does not answer by then has a fault, in milliseconds; a busy machine needs far longer than a free one. */
const startWithinMs = 120_000;
const askEveryMs = 100;

/** How long a server may take to end after SIGTERM before it is killed, in milliseconds. */
const graceMs = 10_000;

/** A Java server under a keeper that can be stopped, killed and started again with the same port and data. */
export class JavaServer implements Server {
  readonly managed = true;
  readonly #keeper: KeeperClient;
  readonly #options: JavaServerOptions;

  constructor(keeper: KeeperClient, options: JavaServerOptions) {
    this.#keeper = keeper;
    this.#options = options;
  }

  get pid(): number | null {
    return this.#keeper.pidOf(this.#options.name);
  }

  async start(): Promise<void> {
    const { name, java, args, cwd, log } = this.#options;
    if (this.pid !== null) return;
    await this.#keeper.spawn({ name, command: java, args, cwd, log, signal: 'SIGTERM' });
    await this.#untilItAnswers();
  }

  async stop(withinMs: number = graceMs): Promise<void> {
    await this.#keeper.stop(this.#options.name, withinMs);
  }

  async kill(): Promise<void> {
    await this.#keeper.stop(this.#options.name, 0);
  }

  async #untilItAnswers(): Promise<void> {
    const { name, answers } = this.#options;
    const deadline = Date.now() + startWithinMs;
    for (;;) {
      if (await answers()) return;
      if (this.pid === null) throw new StackError(`${name} ended while starting.\n${this.#lastLines()}`);
      if (Date.now() > deadline) {
        throw new StackError(
          `${name} did not answer within ${startWithinMs / 1000} s.\n${this.#lastLines()}`,
        );
      }
      await delay(askEveryMs);
    }
  }

  #lastLines(): string {
    const { log } = this.#options;
    if (!existsSync(log)) return '';
    return `The end of ${log}:\n${readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n')}`;
  }
}
