/**
 * Prometheus asks while messages flow: how long an answer takes, and whether the number of series depends on how many
 * people and events have come through.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchWorld } from './frame/bench-world.ts';
import { cloudEvent } from './frame/events.ts';
import { below, percentile, say, type Row } from './frame/report.ts';
import { sendingRoutes } from './sending.ts';

/** Milliseconds; the interval is that of an impatient Prometheus. */
const scrapeBound = 50;
const everyMs = 1_000;

export async function scraping(world: BenchWorld, { events }: { readonly events: number }): Promise<Row[]> {
  const topic = await world.createTopic('scraping');
  await world.produce(topic, events, (index) => cloudEvent('s', index, 'bench.OrderPlaced', 300));
  const simulator = await world.startSimulator(events);
  const routes = sendingRoutes(topic, 'accepted');
  const service = await world.startService({ topic, routes, simulatorUrl: simulator.url });
  await service.ready();

  const times: number[] = [];
  const series: number[] = [];
  const progress = { over: false };
  const scraping = (async () => {
    while (!progress.over) {
      const begun = performance.now();
      const text = await (await fetch(`${service.url}/metrics`)).text();
      times.push(performance.now() - begun);
      // Those of Node itself come up with each kind of garbage collection.
      series.push(text.split('\n').filter((line) => line.startsWith('dingbus_')).length);
      await delay(everyMs);
    }
  })();
  await service.drained(events);
  progress.over = true;
  await scraping;
  await world.stop(service);
  await world.stop(simulator);

  // Once each kind of thing has happened there is nothing left that could bring a new series.
  const settled = series.slice(Math.floor(series.length / 2));
  const growth = Math.max(...settled) - (settled[0] ?? 0);
  say(`${times.length} scrapes, ${series.at(-1) ?? 0} series at the end`);
  return [
    below('scrape while messages flow, 95th percentile', [percentile(times, 0.95)], scrapeBound, 'ms'),
    below('series that came up in the second half', [growth], 0, 'series'),
  ];
}
