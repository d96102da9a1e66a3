/** Calls that following a notification to its outcome costs beyond the send itself, in the normal case. */
import type { BenchWorld } from './frame/bench-world.ts';
import { cloudEvent } from './frame/events.ts';
import { below, say, type Row } from './frame/report.ts';
import { sendingRoutes } from './sending.ts';

export interface TrackingOptions {
  readonly events: number;
  readonly rounds: number;
}

export async function tracking(world: BenchWorld, { events, rounds }: TrackingOptions): Promise<Row[]> {
  const topic = await world.createTopic('tracking');
  await world.produce(topic, events, (index) => cloudEvent('t', index, 'bench.OrderPlaced', 300));
  const simulator = await world.startSimulator(events);
  const rows: Row[] = [];
  for (const [track, bound] of [
    ['accepted', 0],
    ['delivered', 2],
  ] as const) {
    const beyond: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      await simulator.reset();
      const service = await world.startService({
        topic,
        routes: sendingRoutes(topic, track),
        simulatorUrl: simulator.url,
      });
      await service.drained(events);
      beyond.push(((await simulator.meteredCalls()) - events) / events);
      await world.stop(service);
    }
    say(`track: ${track}: ${beyond.map((each) => each.toFixed(2)).join(', ')} calls beyond the send`);
    rows.push(below(`calls beyond the send, track: ${track}`, beyond, bound, 'calls'));
  }
  await world.stop(simulator);
  return rows;
}
