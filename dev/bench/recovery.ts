/**
 * How soon after `kill -9` and a new start the next call arrives at the simulator: for work that is in the ledger, and
 * for events that are still in Kafka. The simulator runs in the bench's own process, so that one clock reads both ends.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { BenchWorld, ServiceSetup } from './frame/bench-world.ts';
import { until } from './frame/child.ts';
import { cloudEvent } from './frame/events.ts';
import { below, say, type Row } from './frame/report.ts';
import { sendingRoutes } from './sending.ts';
import type { Service } from './frame/service.ts';

export interface RecoveryOptions {
  readonly rounds: number;
  readonly store: 'sqlite' | 'postgres';
}

/** More than is sent before the kill, at DingTalk's rate. */
const backlog = 400;
const sentBeforeKill = 30;
/**
 * With SQLite a restarted process takes back its name in the group. With PostgreSQL it waits for the session of the dead
 * one, by default 10 s; this is what to set for whom that is too long, and what it costs stands in docs/upgrade.md.
 */
const postgresSession = '7s';
const limits = { callsPerSecond: 20, recipientsPerMinute: 5_000 };

export async function recovery(world: BenchWorld, { rounds, store }: RecoveryOptions): Promise<Row[]> {
  const simulator = await startSimulator({ limits: { callsPerMonth: null }, generate: 2 * backlog });
  const fromLedger: number[] = [];
  const fromKafka: number[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      simulator.control.reset();
      const topic = await world.createTopic('recovery');
      const setup: ServiceSetup & { readonly folder: string } = {
        topic,
        routes: sendingRoutes(topic, 'accepted'),
        simulatorUrl: simulator.url,
        group: world.name('group'),
        folder: world.subfolder('recovery'),
        limits,
        ...(store === 'postgres'
          ? { store: await world.startDatabase(), sessionTimeout: postgresSession }
          : {}),
      };
      const working = await world.startService(setup);
      await working.ready();
      await world.produce(topic, backlog, (index) => cloudEvent('r', index, 'bench.OrderPlaced', 300));
      await until([working], () => Promise.resolve(sends(simulator) >= sentBeforeKill ? true : null));
      const second = await killAndStart(world, setup, working);
      fromLedger.push(await nextCall(simulator, second));
      const cpu = await second.service.cpuSeconds();

      await until([second.service], () => Promise.resolve(sends(simulator) >= backlog ? true : null));
      await second.service.drained(0);
      const third = await killAndStart(world, setup, second.service, () =>
        world.produce(topic, 1, () => cloudEvent('r', backlog, 'bench.OrderPlaced', 300)),
      );
      fromKafka.push(await nextCall(simulator, third));
      await world.stop(third.service);
      say(
        `round ${round}: ${fromLedger.at(-1)?.toFixed(2)} s from the ledger (${cpu.toFixed(2)} s of them at work), ` +
          `${fromKafka.at(-1)?.toFixed(2)} s from Kafka`,
      );
    }
  } finally {
    await simulator.stop();
  }
  const tuned = store === 'postgres' ? `, session_timeout: ${postgresSession}` : '';
  return [
    below(`kill -9 to the next call (${store}): work in the ledger`, fromLedger, 1.5, 's'),
    below(`kill -9 to the next call (${store}${tuned}): events in Kafka`, fromKafka, 8, 's'),
  ];
}

interface Life {
  readonly service: Service;
  /** When the one before it was killed; as `performance.now`. */
  readonly from: number;
}

/** The same configuration, ledger and topics; `meanwhile` happens while nobody runs. */
async function killAndStart(
  world: BenchWorld,
  { folder }: { readonly folder: string },
  service: Service,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<Life> {
  const from = performance.now();
  service.process.kill('SIGKILL');
  await world.stop(service);
  await meanwhile();
  return { service: await world.startConfigured(join(folder, 'config'), folder, {}), from };
}

/** Seconds until a call arrives that had not arrived before. */
async function nextCall(simulator: Simulator, { service, from }: Life): Promise<number> {
  // What the dead process had on its way has arrived by the time that a new one has read its configuration.
  await delay(20);
  const before = sends(simulator);
  await until([service], () => Promise.resolve(sends(simulator) > before ? true : null), 5);
  return (performance.now() - from) / 1000;
}

function sends(simulator: Simulator): number {
  return simulator.control.calls('send').length;
}
