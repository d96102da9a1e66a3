/**
 * A backlog of a million events before a DingTalk that takes twenty calls a second: memory stays flat and the ledger
 * grows with what is sent, not with what waits, because Kafka keeps the rest.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchWorld } from './frame/bench-world.ts';
import { below, median, say, type Row } from './frame/report.ts';
import { sendingRoutes } from './sending.ts';

export interface BacklogOptions {
  readonly events: number;
  readonly seconds: number;
}

/** The pending part is bounded by `intake.max_pending` (10,000); this is ample for it and for what was sent. */
const ledgerBound = 128;
const sampleMs = 2_000;

export async function backlog(world: BenchWorld, { events, seconds }: BacklogOptions): Promise<Row[]> {
  const topic = await world.manyEvents(events);
  const simulator = await world.startSimulator(events);
  const folder = world.subfolder('backlog');
  const service = await world.startService({
    topic,
    folder,
    routes: sendingRoutes(topic, 'accepted'),
    simulatorUrl: simulator.url,
    limits: { callsPerSecond: 20, recipientsPerMinute: 5000 },
  });
  await service.ready();
  const memories: number[] = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    await delay(sampleMs);
    memories.push(await service.rssMebibytes());
  }
  const third = Math.max(1, Math.floor(memories.length / 3));
  const [early, late] = [median(memories.slice(third, 2 * third)), median(memories.slice(-third))];
  const ledger = join(folder, 'ledger');
  const bytes = readdirSync(ledger).reduce((sum, file) => sum + statSync(join(ledger, file)).size, 0);
  const accepted = await simulator.accepted();
  say(
    `${events} events, ${seconds} s: ${accepted} sent, RSS ${early.toFixed(0)} MiB, then ${late.toFixed(0)}`,
  );
  await world.stop(service);
  await world.stop(simulator);
  return [
    below('backlog: most memory (RSS)', [Math.max(...memories)], 300, 'MiB'),
    below('backlog: memory at the end, of that in the middle', [late / early], 1.1, 'times'),
    below('backlog: ledger on disk', [bytes / 1_048_576], ledgerBound, 'MiB'),
  ];
}
