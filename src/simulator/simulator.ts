/**
 * The simulator: a stand-in for DingTalk's work-notification API over HTTP, so strict that a client which passes here
 * can be trusted with the real service. It shares no code with the client except the tables of limits and codes, keeps
 * everything in memory, and must never be kinder than the documentation: what is wrong is refused as DingTalk refuses
 * it, or written down as a violation where DingTalk would take it silently. It listens on the loopback address unless
 * told otherwise, because its control API has no password.
 */
import type { AddressInfo } from 'node:net';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { Control } from './control.ts';
import { defaultDirectory } from './default-directory.ts';
import { Directory } from './directory.ts';
import { readDirectoryFile } from './directory-file.ts';
import { Faults } from './faults.ts';
import { handle, type ApiRequest } from './gateway.ts';
import { createFastLane } from './http/fast-lane.ts';
import { createFullServer, isOwnPath } from './http/full-server.ts';
import { LimitSettings } from './limits.ts';
import { MediaStore } from './media-store.ts';
import { MovableClock } from './movable-clock.ts';
import { operations } from './operations.ts';
import { defaultBehaviour, defaultKeep, type SimulatorOptions } from './options.ts';
import { createPages } from './pages/pages.ts';
import { Quotas } from './quotas.ts';
import { Records } from './records.ts';
import { loadSnapshot, saveSnapshot } from './snapshot.ts';
import { TaskStore } from './task-store.ts';
import { Throttle } from './throttle.ts';
import { Tokens } from './tokens.ts';
import type { World } from './world.ts';

export interface Simulator {
  /** Base address, without a trailing slash: what a client takes for both of DingTalk's hosts. */
  readonly url: string;
  readonly port: number;
  /** Everything that tests and people may look at and change while it runs. */
  readonly control: Control;
  /** Ends every connection, writes the snapshot when one is wanted, and frees the port. */
  stop(): Promise<void>;
}

/** Starts a simulator. Fails when the port is taken or a file cannot be read. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const log = options.log ?? silentLogger;
  const world = await createWorld(options);
  if (options.snapshot != null && (await loadSnapshot(world, options.snapshot))) {
    log.info({ path: options.snapshot, tasks: world.tasks.size }, 'simulator state restored');
  }
  const control = new Control(world);
  const pages = createPages(world, control);
  const answer = (request: ApiRequest) => handle(world, request);
  const delayed = new Set<() => void>();
  const later = (delayMs: number, task: () => void): void => {
    const cancel = world.clock.schedule(delayMs, () => {
      delayed.delete(cancel);
      task();
    });
    delayed.add(cancel);
  };
  const full = createFullServer({
    handle: answer,
    later,
    pages: pages.listener,
    failed: (fault) => {
      log.error({ err: fault }, 'simulator could not serve a request');
    },
  });
  const lane = createFastLane({
    full,
    serves: (path) => !isOwnPath(path) && path !== operations.media.path,
    handle: answer,
    later,
  });
  const host = options.host ?? '127.0.0.1';
  const port = await listen(lane.server, options.port ?? 0, host);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  log.info({ url }, 'simulator listens');
  return {
    url,
    port,
    control,
    async stop() {
      for (const cancel of delayed) cancel();
      pages.close();
      await new Promise<void>((resolve) => {
        lane.server.close(() => {
          resolve();
        });
        lane.cut();
      });
      if (options.snapshot != null) await saveSnapshot(world, options.snapshot);
      log.info('simulator stopped');
    },
  };
}

async function createWorld(options: SimulatorOptions): Promise<World> {
  const clock = new MovableClock(options.clock ?? systemClock);
  const seed = options.seed ?? 'dingbus';
  const behaviour = { ...defaultBehaviour, ...options.behaviour };
  const keep = { ...defaultKeep, ...options.keep };
  const given = options.directory ?? defaultDirectory;
  const data = typeof given === 'string' ? await readDirectoryFile(given) : given;
  const media = new MediaStore();
  for (const known of data.media) media.know(known.id, known.type);
  return {
    clock,
    seed,
    behaviour,
    limits: new LimitSettings(options.limits ?? {}),
    directory: new Directory(data, options.generate ?? 0),
    tokens: new Tokens(clock, seed),
    throttle: new Throttle(),
    quotas: new Quotas(),
    tasks: new TaskStore(keep.tasks, behaviour.firstTaskId),
    media,
    faults: new Faults(seed),
    records: new Records(keep),
    log: options.log ?? silentLogger,
    revision: 0,
  };
}

function listen(server: import('node:net').Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
