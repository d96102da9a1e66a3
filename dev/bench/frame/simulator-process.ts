import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { Child, root, until } from './child.ts';

interface Stats {
  readonly codes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly callsThisMonth: number;
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

  /** Calls that DingTalk's monthly budget counts: all but those for tokens and the address book. */
  async meteredCalls(): Promise<number> {
    return (await this.#stats()).callsThisMonth;
  }

  async reset(): Promise<void> {
    const response = await fetch(`${this.url}/_sim/reset`, { method: 'POST' });
    if (!response.ok) throw new Error(`the simulator did not reset: ${await response.text()}`);
  }

  async #stats(): Promise<Stats> {
    return (await (await fetch(`${this.url}/_sim/stats`)).json()) as Stats;
  }
}
