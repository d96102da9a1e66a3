import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessSettings {
  readonly configDir: string;
  readonly dataDir: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '../../..');
const readyWithinMs = 60_000;

/** The built program as a process of its own, to be killed and started again over the same ledger. */
export class DingbusProcess {
  readonly #settings: ProcessSettings;
  #child: ChildProcess | null = null;
  #saidBefore = 0;
  #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }> | null = null;
  /** Everything that all lives wrote to standard output and error. */
  readonly logPath: string;

  constructor(settings: ProcessSettings) {
    this.#settings = settings;
    this.logPath = join(settings.dataDir, 'dingbus.log');
  }

  /** For commands that are run beside it. */
  get settings(): ProcessSettings {
    return this.#settings;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts a life; `failpoints` as in `DINGBUS_FAILPOINTS`. */
  start(failpoints = ''): void {
    this.#saidBefore = existsSync(this.logPath) ? statSync(this.logPath).size : 0;
    const log = createWriteStream(this.logPath, { flags: 'a' });
    const child = spawn(
      process.execPath,
      [join(root, 'dist/main.js'), 'run', '--config', this.#settings.configDir],
      {
        cwd: this.#settings.dataDir,
        env: { PATH: process.env['PATH'] ?? '', ...this.#settings.env, DINGBUS_FAILPOINTS: failpoints },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#child = null;
        resolve({ code, signal });
      });
    });
  }

  /** Waits until `/-/ready` says so; fails when the process ends first. */
  async ready(): Promise<void> {
    const deadline = Date.now() + readyWithinMs;
    for (;;) {
      if (this.#child === null) throw new Error(`dingbus ended before it was ready; see ${this.logPath}`);
      if (await this.isReady()) return;
      if (Date.now() > deadline) throw new Error(`dingbus was not ready in time; see ${this.logPath}`);
      await delay(50);
    }
  }

  /** Waits until this life is ready or has ended. */
  async readyOrOver(): Promise<void> {
    while (this.isRunning() && !(await this.isReady())) await delay(50);
  }

  async isReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.#settings.port}/-/ready`)).status === 200;
    } catch {
      return false;
    }
  }

  /** Resolves when this life ends, by itself or not. */
  async exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return (await this.#exited) ?? { code: 0, signal: null };
  }

  /** What this life has written so far. */
  lifeSaid(): string {
    return existsSync(this.logPath) ? readFileSync(this.logPath).subarray(this.#saidBefore).toString() : '';
  }

  /** The end of the log, for messages. */
  lastWords(): string {
    return readFileSync(this.logPath, 'utf8').split('\n').slice(-6).join('\n').slice(-2_000);
  }

  isRunning(): boolean {
    return this.#child !== null;
  }

  /** Ends this life at once, as a power failure would, and waits until it is over. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.#child?.kill('SIGTERM');
    return this.exited();
  }
}
