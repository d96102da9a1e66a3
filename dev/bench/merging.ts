/** Calls that are paid for when the same text goes to many people, one event each: byte-identical messages share calls. */
import type { BenchWorld } from './frame/bench-world.ts';
import { cloudEvent } from './frame/events.ts';
import { below, say, type Row } from './frame/report.ts';

export interface MergingOptions {
  readonly events: number;
  readonly rounds: number;
}

const routes = (topic: string): string => `routes:
  - name: notice
    on: ${topic}
    type: bench.Notice
    to: { userids: ["{{ data.userid }}"] }
    message: { text: { content: "今晚 22:00 系统维护，请提前保存工作" } }
    track: accepted
`;

export async function merging(world: BenchWorld, { events, rounds }: MergingOptions): Promise<Row[]> {
  const topic = await world.createTopic('merging');
  await world.produce(topic, events, (index) => cloudEvent('m', index, 'bench.Notice', 300));
  const simulator = await world.startSimulator(events);
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await simulator.reset();
    const service = await world.startService({ topic, routes: routes(topic), simulatorUrl: simulator.url });
    await service.drained(events);
    ratios.push((await simulator.meteredCalls()) / events);
    say(`round ${round}: ${await simulator.meteredCalls()} calls for ${events} people`);
    await world.stop(service);
  }
  await world.stop(simulator);
  return [below('calls per notified person, equal texts', ratios, 0.011, 'calls')];
}
