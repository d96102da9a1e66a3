/**
 * How long one event takes to its acceptance when twenty come a second, beside the loop that promises nothing. The
 * simulator runs in the bench's own process here, so that both ends are read from one clock, in microseconds.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { BenchWorld } from './frame/bench-world.ts';
import { until, type Child } from './frame/child.ts';
import { cloudEvent } from './frame/events.ts';
import { compare, percentile, say, type Row } from './frame/report.ts';
import { sendingRoutes } from './sending.ts';

export interface LatencyOptions {
  readonly seconds: number;
  readonly rounds: number;
}

const perSecond = 20;
/** Events before those that are measured, so that code is warm and connections are open. */
const warmUp = 2 * perSecond;

const fineClock: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() };

export async function latency(world: BenchWorld, { seconds, rounds }: LatencyOptions): Promise<Row[]> {
  const events = seconds * perSecond + warmUp;
  const simulator = await startSimulator({ limits: 'off', generate: events, clock: fineClock });
  const medians: { ours: number; reference: number }[] = [];
  const slowest: { ours: number; reference: number }[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      simulator.control.reset();
      const loopTopic = await world.createTopic('latency');
      const loop = world.startReference('post-loop', [loopTopic, world.name('loop'), simulator.url]);
      const reference = await measure(world, loopTopic, events, simulator, loop);
      await world.stop(loop);

      simulator.control.reset();
      const topic = await world.createTopic('latency');
      const service = await world.startService({
        topic,
        routes: sendingRoutes(topic, 'accepted'),
        simulatorUrl: simulator.url,
      });
      await service.ready();
      const ours = await measure(world, topic, events, simulator, service);
      await world.stop(service);
      medians.push({ ours: percentile(ours, 0.5), reference: percentile(reference, 0.5) });
      slowest.push({ ours: percentile(ours, 0.99), reference: percentile(reference, 0.99) });
      say(
        `round ${round}: p50 ${percentile(ours, 0.5).toFixed(1)} ms, p99 ${percentile(ours, 0.99).toFixed(1)}; ` +
          `loop ${percentile(reference, 0.5).toFixed(1)}, ${percentile(reference, 0.99).toFixed(1)}`,
      );
    }
  } finally {
    await simulator.stop();
  }
  return [
    compare('event → accepted at 20 events/s: p50', medians, { atMost: 3 }, 'ms'),
    compare('event → accepted at 20 events/s: p99', slowest, { atMost: 4 }, 'ms'),
  ];
}

/** Milliseconds from before the event is published to its acceptance, the warm-up left out. */
async function measure(
  world: BenchWorld,
  topic: string,
  events: number,
  simulator: Simulator,
  child: Child,
): Promise<number[]> {
  const published: number[] = [];
  // The first event also finds out when the program has taken up its partitions.
  await until([child], async () => {
    await world.produce(topic, 1, () => cloudEvent('first', 0, 'bench.OrderPlaced', 300));
    await delay(250);
    return simulator.control.tasks().length > 0 ? true : null;
  });
  const begun = performance.now();
  for (let index = 0; index < events; index += 1) {
    await delay(Math.max(0, begun + (index * 1000) / perSecond - performance.now()));
    published.push(fineClock.now());
    await world.produce(topic, 1, () => cloudEvent('l', index, 'bench.OrderPlaced', 300));
  }
  const accepted = await until([child], () => {
    const found = new Map<number, number>();
    for (const { msg, at } of simulator.control.tasks()) {
      const index = /订单 l-(\d+)：/.exec(msg)?.[1];
      if (index !== undefined) found.set(Number(index), at);
    }
    return Promise.resolve(found.size === events ? found : null);
  });
  return published.map((at, index) => (accepted.get(index) ?? Number.NaN) - at).slice(warmUp);
}
