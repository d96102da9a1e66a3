import { Child, root, until, type ChildOptions } from './child.ts';
import { join } from 'node:path';

/** The built service under measurement. */
export class Service extends Child {
  readonly url: string;

  constructor(
    options: Omit<ChildOptions, 'args'> & { readonly configFolder: string; readonly port: number },
  ) {
    const args = [join(root, 'dist/main.js'), 'run', '--config', options.configFolder];
    super({ ...options, args });
    this.url = `http://127.0.0.1:${options.port}`;
  }

  async ready(): Promise<void> {
    await until(
      [this],
      async () => {
        const response = await fetch(`${this.url}/-/ready`).catch(() => null);
        await response?.body?.cancel();
        return response?.status === 200 ? true : null;
      },
      5,
    );
  }

  /** The sum over all labels of each metric, by name. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const sums = new Map<string, number>();
    for (const line of text.split('\n')) {
      const found = /^([a-z_]+)(?:\{[^}]*\})? ([-+.\deE]+)$/.exec(line);
      if (found === null) continue;
      const [, name = '', value = '0'] = found;
      sums.set(name, (sums.get(name) ?? 0) + Number(value));
    }
    return sums;
  }

  /** Seconds of processor time so far, of all its threads. */
  async cpuSeconds(): Promise<number> {
    return (await this.metrics()).get('process_cpu_seconds_total') ?? Number.NaN;
  }

  async rssMebibytes(): Promise<number> {
    return ((await this.metrics()).get('process_resident_memory_bytes') ?? Number.NaN) / 1_048_576;
  }

  /** Until so many notifications were made, none is on its way any more, and every result has been published. */
  async drained(notifications: number): Promise<void> {
    await this.ready();
    const look = async (): Promise<true | null> => {
      const metrics = await this.metrics();
      const read = (name: string): number => metrics.get(`dingbus_${name}`) ?? 0;
      const left = read('notifications_pending') + read('results_unpublished');
      return read('notifications_total') >= notifications && left === 0 ? true : null;
    };
    await until([this], look, 100);
  }
}
