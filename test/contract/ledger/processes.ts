import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('child.ts', import.meta.url));

/** A process that has the ledger open. */
export interface LedgerProcess {
  readonly process: ChildProcess;
  /** What it has said so far, line by line. */
  readonly lines: readonly string[];
  /** Resolves when it has said so many lines; rejects when it ends before that. */
  saying(count: number): Promise<void>;
  /** Ends it without a chance to do anything, and waits until it is gone and everything it said has arrived. */
  kill(): Promise<void>;
}

export function startProcess(store: string, mode: 'hold' | 'write', name: string): LedgerProcess {
  const child = spawn(process.execPath, [program, store, mode, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let waiting: (() => void)[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines.push(line);
    for (const check of waiting) check();
  });
  const closed = new Promise<void>((resolve) => {
    reader.once('close', resolve);
  });
  return {
    process: child,
    lines,
    saying: (count) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (lines.length < count) return;
          waiting = waiting.filter((each) => each !== check);
          resolve();
        };
        waiting.push(check);
        void closed.then(() => {
          reject(new Error(`the process ended after ${lines.length} lines: ${lines.at(-1) ?? ''}`));
        });
        check();
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
