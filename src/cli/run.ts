import type { Command } from 'commander';
import { environment, failpointCounts } from '../app/environment.ts';
import { loadActive, type Source } from '../app/configuration.ts';
import { startService, type Service } from '../app/service.ts';
import { systemdNotify } from '../app/systemd-notify.ts';
import { createServiceManager, type ServiceManager } from '../app/systemd.ts';
import { startTelemetry } from '../app/telemetry.ts';
import { systemClock } from '../base/clock.ts';
import { garbageCollection } from '../base/collect-garbage.ts';
import { armFailpoints } from '../base/failpoints.ts';
import { createLogger, type Logger } from '../base/logger.ts';
import { prettyStream } from './pretty.ts';
import { printFaults } from './loading.ts';
import { commonOptions, type SetExitCode } from './common-options.ts';
import { exitCodes } from './exit-codes.ts';
import { version } from './version.ts';

/** By then a start or a reload is over, and what it needed, or replaced, is garbage. */
const garbageAfterMs = 2_000;

export function addRun(program: Command, setExitCode: SetExitCode): void {
  program
    .command('run')
    .description('run the service; ends with SIGTERM or SIGINT, reloads with SIGHUP')
    .option('--pretty', 'log for people instead of JSON', false)
    .action(async (options: { pretty: boolean }, command: Command) => {
      const { config } = commonOptions(command);
      setExitCode(await run({ path: config, env: environment() }, options.pretty));
    });
}

async function run(source: Source, pretty: boolean): Promise<number> {
  const clock = systemClock;
  const tidy = garbageCollection(clock, garbageAfterMs);
  const load = () => {
    tidy();
    return loadActive(source, clock.now());
  };
  const loaded = load();
  if (!loaded.ok) {
    printFaults(loaded.faults, loaded.lines);
    return exitCodes.faults;
  }
  const { active } = loaded;
  const level = active.config.log.level;
  const logger = createLogger(pretty ? { level, destination: prettyStream() } : { level });
  for (const { file, line, col, code, message } of active.warnings) {
    logger.warn({ file, line, col, code, message }, 'configuration warning');
  }
  const unknown = armFailpoints(failpointCounts(source.env), () => process.kill(process.pid, 'SIGKILL'));
  if (unknown.length > 0) logger.warn({ unknown }, 'unknown failpoints');

  const endTelemetry = await startTelemetry(source.env, logger);
  const ending = new Ending(logger, active.config.shutdownTimeoutMs);
  const manager = createServiceManager({
    env: source.env,
    clock,
    logger,
    monotonicUs: () => process.hrtime.bigint() / 1_000n,
    notify: systemdNotify,
  });
  let running: Service | null = null;
  // Before the service runs there is nothing to reload, but the signal must not end the process.
  process.on('SIGHUP', () => {
    if (running !== null) reloadFor(manager, running);
  });
  const service = await startService({
    active,
    load,
    clock,
    random: Math.random,
    logger,
    build: { version: version(), revision: source.env['DINGBUS_REVISION'] ?? null },
    onCrash: (error) => {
      logger.error(
        { code: error.code, error: error.message },
        'reading from Kafka broke down; the process ends',
      );
      ending.end(exitCodes.faults);
    },
  });
  running = service;
  manager.ready(`serving at ${service.url}`);
  const pings = manager.watch(() => service.isLive());
  pings?.start();
  logger.info({ url: service.url, config: active.config.hash, pid: process.pid }, 'dingbus runs');
  const code = await ending.wanted;
  manager.stopping();
  await pings?.stop();
  await service.stop(active.config.shutdownTimeoutMs);
  await endTelemetry();
  logger.info({}, 'stopped');
  // Connections of libraries must not keep a finished process alive.
  process.exit(code);
}

function reloadFor(manager: ServiceManager, service: Service): void {
  manager.reloading();
  const taken = service.reload('SIGHUP');
  manager.ready(
    taken ? `serving at ${service.url}` : 'the last reload failed; the old configuration is in force',
  );
}

/** The first SIGTERM or SIGINT asks for an orderly end in time, the second one has it at once. */
class Ending {
  readonly wanted: Promise<number>;
  readonly #logger: Logger;
  readonly #timeoutMs: number;
  #asked = false;
  #end: (code: number) => void = () => undefined;

  constructor(logger: Logger, timeoutMs: number) {
    this.#logger = logger;
    this.#timeoutMs = timeoutMs;
    this.wanted = new Promise((resolve) => {
      this.#end = resolve;
    });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      // Until now main.ts has left at once.
      process.removeAllListeners(signal);
      process.on(signal, () => {
        if (this.#asked) process.exit(exitCodes.faults);
        logger.info({ signal }, 'stopping');
        this.end(exitCodes.good);
      });
    }
  }

  /** Also while the service starts: what is not finished in time is in the ledger and goes on after the next start. */
  end(code: number): void {
    this.#asked = true;
    systemClock.schedule(this.#timeoutMs, () => {
      this.#logger.warn(
        { timeoutMs: this.#timeoutMs },
        'stopping took too long; the rest goes on after the next start',
      );
      process.exit(code);
    });
    this.#end(code);
  }
}
