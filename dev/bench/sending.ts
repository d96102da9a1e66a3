/**
 * From the event to its acceptance by DingTalk, as fast as it goes: distinct texts to distinct people, no limits, beside a
 * loop that consumes and posts without any promise. Processor seconds are counted until everything is written down
 * and every result has been published.
 */
import type { BenchWorld } from './frame/bench-world.ts';
import { until, type Child } from './frame/child.ts';
import { cloudEvent } from './frame/events.ts';
import { compare, say, type Row } from './frame/report.ts';
import type { SimulatorProcess } from './frame/simulator-process.ts';

export interface SendingOptions {
  readonly events: number;
  readonly rounds: number;
  readonly track: string;
  readonly store: 'sqlite' | 'postgres';
}

interface Measured {
  readonly perSecond: number;
  /** For 100,000 events. */
  readonly cpuSeconds: number;
}

export function sendingRoutes(topic: string, track: string): string {
  return `routes:
  - name: order
    on: ${topic}
    type: bench.OrderPlaced
    when: data.amount_cents >= 100
    to: { userids: ["{{ data.userid }}"] }
    message: { text: { content: "订单 {{ data.order_id }}：{{ data.amount_cents | money: 'CNY' }}，请处理" } }
    track: ${track}
`;
}

export async function sending(world: BenchWorld, options: SendingOptions): Promise<Row[]> {
  const { events, rounds, track } = options;
  const topic = await world.createTopic('sending');
  await world.produce(topic, events, (index) => cloudEvent('s', index, 'bench.OrderPlaced', 300));
  const simulator = await world.startSimulator(events);
  const ours: Measured[] = [];
  const loop: Measured[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await simulator.reset();
    const reference = world.startReference('post-loop', [topic, world.name('loop'), simulator.url]);
    loop.push(
      await measure(events, simulator, reference, {
        cpuSeconds: () => reference.ask<number>('cpu'),
        drained: () => Promise.resolve(),
      }),
    );
    await world.stop(reference);

    await simulator.reset();
    const store = options.store === 'postgres' ? { store: await world.startDatabase() } : {};
    const service = await world.startService({
      topic,
      routes: sendingRoutes(topic, track),
      simulatorUrl: simulator.url,
      ...store,
    });
    ours.push(await measure(events, simulator, service, service));
    await world.stop(service);
    const [own, bare] = [ours.at(-1), loop.at(-1)];
    say(
      `round ${round}: ${own?.perSecond.toFixed(0)} events/s, ${own?.cpuSeconds.toFixed(1)} CPU s per 100,000; ` +
        `loop ${bare?.perSecond.toFixed(0)}, ${bare?.cpuSeconds.toFixed(1)}`,
    );
  }
  await world.stop(simulator);
  const pairs = (field: keyof Measured) =>
    ours.map((each, index) => ({ ours: each[field], reference: loop[index]?.[field] ?? Number.NaN }));
  const what = `event → accepted (${options.store}, track: ${track})`;
  return [
    compare(`${what}: throughput`, pairs('perSecond'), { atLeast: 0.45 }, 'events/s'),
    compare(`${what}: processor time per 100,000`, pairs('cpuSeconds'), { atMost: 2.5 }, 's'),
  ];
}

interface Measurable {
  cpuSeconds(): Promise<number>;
  drained(notifications: number): Promise<void>;
}

/** From the first sends that are seen to the last. */
async function measure(
  events: number,
  simulator: SimulatorProcess,
  child: Child,
  program: Measurable,
): Promise<Measured> {
  const children = [child, simulator];
  const positive = async (least: number): Promise<number | null> => {
    const accepted = await simulator.accepted();
    return accepted >= least ? accepted : null;
  };
  const before = await until(children, () => positive(1), 10);
  const begun = performance.now();
  const cpuBefore = await program.cpuSeconds();
  await until(children, () => positive(events), 20);
  const seconds = (performance.now() - begun) / 1000;
  await program.drained(events);
  const cpu = (await program.cpuSeconds()) - cpuBefore;
  const sent = events - before;
  return { perSecond: sent / seconds, cpuSeconds: (cpu / sent) * 100_000 };
}
