/**
 * Events that concern no route, read as fast as it goes, beside a bare consumer that does nothing with them. The
 * service counts as far as its group's committed offsets go, the consumer by what it was handed.
 */
import type { BenchWorld } from './frame/bench-world.ts';
import { until, type Child } from './frame/child.ts';
import { compare, say, type Row } from './frame/report.ts';

export interface IntakeOptions {
  readonly events: number;
  readonly rounds: number;
}

const routes = (topic: string): string => `routes:
  - name: never
    on: ${topic}
    type: bench.NothingIsCalledThis
    to: { userids: [load1] }
    message: { text: { content: "{{ data.order_id }}" } }
`;

export async function intake(world: BenchWorld, { events, rounds }: IntakeOptions): Promise<Row[]> {
  const topic = await world.manyEvents(events);
  const simulator = await world.startSimulator(1);
  const pairs: { ours: number; reference: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const consumer = world.startReference('empty-consumer', [topic, world.name('consumer')]);
    const reference = await rate(consumer, events, () => consumer.ask<number>('count'));
    await world.stop(consumer);

    const group = world.name('group');
    const service = await world.startService({
      topic,
      group,
      routes: routes(topic),
      simulatorUrl: simulator.url,
    });
    const ours = await rate(service, events, () => world.committed(group, topic));
    await world.stop(service);
    pairs.push({ ours, reference });
    say(`round ${round}: ${ours.toFixed(0)} events/s, bare consumer ${reference.toFixed(0)}`);
  }
  await world.stop(simulator);
  return [compare('intake of events that match nothing', pairs, { atLeast: 0.8 }, 'events/s')];
}

/** Records a second, from the first look that saw some to the one that saw all. */
async function rate(child: Child, events: number, count: () => Promise<number>): Promise<number> {
  const look = async (least: number): Promise<number | null> => {
    const seen = await count();
    return seen >= least ? seen : null;
  };
  const before = await until([child], () => look(1), 10);
  const begun = performance.now();
  await until([child], () => look(events), 10);
  return (events - before) / ((performance.now() - begun) / 1000);
}
