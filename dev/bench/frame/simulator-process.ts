import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { Child, root, until } from './child.ts';

interface Stats {
  readonly codes: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The simulator as a process of its own, so that its work is not counted as ours. */
export class SimulatorProcess extends Child {
  url = '';

  static async start(folder: string, people: number): Promise<SimulatorProcess> {
    const args = [join(root, 'dist/main.js'), 'simulator', '--port', '0', '--limits', 'off', '--json'];
    const log = join(folder, 'simulator.log');
    const simulator = new SimulatorProcess({
      args: [...args, '--generate', String(people)],
      cwd: folder,
      env: {},
      log,
    });
    simulator.url = await until([simulator], () => {
      const found = /^\{"url":"([^"]+)"\}$/m.exec(readFileSync(log, 'utf8'));
      return Promise.resolve(found?.[1] ?? null);
    });
    return simulator;
  }

  /** Sends that were accepted. */
  async accepted(): Promise<number> {
    return (await this.#stats()).codes['send']?.['0'] ?? 0;
  }

  /** Calls of an operation, whatever their answer. */
  async calls(operation: string): Promise<number> {
    const codes = (await this.#stats()).codes[operation] ?? {};
    return Object.values(codes).reduce((sum, count) => sum + count, 0);
  }

  /** Calls that the monthly budget counts: all but those for tokens. */
  async meteredCalls(): Promise<number> {
    const { codes } = await this.#stats();
    const metered = Object.entries(codes).filter(([operation]) => operation !== 'token');
    return metered.flatMap(([, counts]) => Object.values(counts)).reduce((sum, count) => sum + count, 0);
  }

  async put(what: 'behaviour' | 'limits', change: unknown): Promise<void> {
    const response = await fetch(`${this.url}/_sim/${what}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
    });
    if (!response.ok) throw new Error(`the simulator refused ${what}: ${await response.text()}`);
  }

  async reset(): Promise<void> {
    const response = await fetch(`${this.url}/_sim/reset`, { method: 'POST' });
    if (!response.ok) throw new Error(`the simulator did not reset: ${await response.text()}`);
  }

  async #stats(): Promise<Stats> {
    return (await (await fetch(`${this.url}/_sim/stats`)).json()) as Stats;
  }
}
