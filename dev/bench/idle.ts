/** What the service with the sample configuration costs while nothing happens, and how soon after its start it is ready. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchWorld } from './frame/bench-world.ts';
import { root } from './frame/child.ts';
import { below, say, type Row } from './frame/report.ts';

export interface IdleOptions {
  readonly seconds: number;
  readonly rounds: number;
}

/** What the start leaves to do (compiling hot code, first fetches) is over after this long. */
const settleMs = 10_000;
const topics = ['shop.orders', 'hr.leave', 'hr.announcements', 'ops.incidents'];

export async function idle(world: BenchWorld, { seconds, rounds }: IdleOptions): Promise<Row[]> {
  await world.ensureTopics([...topics, 'dingbus.results', 'dingbus.dead-letters']);
  const simulator = await world.startSimulator(0);
  const starts: number[] = [];
  const cpuShares: number[] = [];
  const memories: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const begun = performance.now();
    const service = await world.startConfigured(join(root, 'config'), world.subfolder('idle'), {
      DINGTALK_BASE_URL: simulator.url,
      DINGBUS_GROUP_ID: world.name('group'),
    });
    await service.ready();
    starts.push((performance.now() - begun) / 1000);
    await delay(settleMs);
    const [cpu, from] = [await service.cpuSeconds(), performance.now()];
    await delay(seconds * 1000);
    cpuShares.push(((await service.cpuSeconds()) - cpu) / ((performance.now() - from) / 100_000));
    memories.push(await service.rssMebibytes());
    await world.stop(service);
    say(
      `round ${round}: ready after ${starts.at(-1)?.toFixed(2)} s, ${cpuShares.at(-1)?.toFixed(2)} % of a core, ` +
        `${memories.at(-1)?.toFixed(0)} MiB`,
    );
  }
  await world.stop(simulator);
  return [
    below('from process start to ready', starts, 2, 's'),
    below('idle: processor', cpuShares, 1, '% of a core'),
    below('idle: memory (RSS)', memories, 150, 'MiB'),
  ];
}
