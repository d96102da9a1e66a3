/**
 * The composition root: builds every object of the running service in one straight function and starts them in
 * order — ledger, DingTalk apps, publisher, server, and Kafka last, so that nothing is read before everything that
 * follows from it can be done. It decides nothing itself.
 */
import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/backoff.ts';
import { messageOf, type DingbusError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { createLoop, type Loop } from '../base/loop.ts';
import { createRecovery } from '../delivery/recovery.ts';
import { createEventDecoder } from '../events/decoder.ts';
import { createBackpressure } from '../intake/backpressure.ts';
import { createDigestLoop } from '../intake/digests.ts';
import { givingWay } from '../intake/give-way.ts';
import { createIntake } from '../intake/intake.ts';
import { createAdmin } from '../kafka/admin.ts';
import { createSink } from '../kafka/sink.ts';
import { createSource } from '../kafka/source.ts';
import { openLedger } from '../ledger/open.ts';
import { createPrometheus } from '../server/metrics.ts';
import { createServer } from '../server/server.ts';
import { createApps } from './apps.ts';
import { createClockWatch } from './clock-watch.ts';
import type { Active, Loaded } from './configuration.ts';
import { Current } from './current.ts';
import { formerMember } from './former-member.ts';
import { createHealth } from './health.ts';
import { createHolds } from './holds.ts';
import { intakeRules } from './intake-rules.ts';
import { kafkaConnection } from './kafka-connection.ts';
import { createLagWatch } from './lag-watch.ts';
import { countIntake, createStateReport } from './observation.ts';
import { createOutput } from './output.ts';
import { createPauses } from './pauses.ts';
import { createPublishing } from './publishing.ts';
import { createQuotaWatch } from './quota-watch.ts';
import { quotasOf } from './quotas.ts';
import { openRegistry } from './registry.ts';
import { createReloads } from './reload.ts';
import { createServerPorts } from './server-ports.ts';
import { StopStack } from './stop-stack.ts';
import { subscriptions } from './subscriptions.ts';
import { tracedIntake, tracedRules } from './traced.ts';
import { createHeartbeat, createPurger } from './upkeep.ts';
import { createConfigWatch } from './watch.ts';
import { createWatchdog } from './watchdog.ts';

export interface ServiceOptions {
  readonly active: Active;
  /** Loads the configuration anew, for reloads. */
  readonly load: () => Loaded;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly build: { readonly version: string; readonly revision: string | null };
  /** Only a new process can help; whoever supervises should start one. */
  readonly onCrash: (error: DingbusError) => void;
}

export interface Service {
  /** Address of the console and the API. */
  readonly url: string;
  /** Reloads because a signal asked for it; false when the old configuration stays. */
  reload(signal: string): boolean;
  /** False when something stands still that only a restart can help, as `/-/healthy` tells it. */
  isLive(): boolean;
  /** Stops reading, finishes what is under way, publishes, and closes everything, within about the deadline. */
  stop(deadlineMs: number): Promise<void>;
}

export async function startService(options: ServiceOptions): Promise<Service> {
  const { clock, random, logger } = options;
  const current = new Current(options.active, options.load, () => clock.now());
  const config = options.active.config;
  const stack = new StopStack(logger);
  let phase: 'starting' | 'running' | 'stopping' = 'starting';
  let startProblem: string | null = 'waiting for Kafka and the schema registry';

  try {
    const ledger = await openLedger({
      store: config.store.kind === 'sqlite' ? `sqlite:${config.store.path}` : config.store.url.reveal(),
      instance: randomUUID(),
      description: `process ${process.pid} on ${hostname()}`,
      clock,
      logger,
      leaseMs: null,
      readOnly: false,
    });
    stack.push('ledger', () => ledger.close());
    // Ends last: without it others would take the calls that a stop waits for to be crashed.
    const heartbeat = createHeartbeat(ledger, clock, logger);
    stack.push('heartbeat', () => heartbeat.stop());

    const prometheus = createPrometheus({ clock });
    const { metrics } = prometheus;
    const registry = openRegistry(config.schemaRegistry, clock, logger);
    if (registry !== null) stack.push('registry', () => registry.close());

    const connection = kafkaConnection(config.kafka, clock);
    const admin = createAdmin({ connection, clock, logger });
    stack.push('kafka admin', () => admin.close());
    const sink = createSink({ connection, clock, logger });
    stack.push('kafka sink', () => sink.stop(2_000));
    const output = createOutput({ config, registry, admin });
    const publishing = createPublishing({ ledger, clock, logger, metrics, sink, output });

    const pauses = createPauses({ ledger, clock });
    const apps = await createApps({ ledger, clock, random, logger, metrics, current });
    const holds = createHolds({ pauses, apps });

    const decoder = createEventDecoder(registry);
    const intake = createIntake({
      group: config.kafka.groupId,
      ledger,
      decoder,
      rules: () => tracedRules(intakeRules(current.active), () => clock.now()),
      clock,
      logger,
      observer: countIntake(metrics),
    });
    const member = await formerMember(ledger, config.kafka.groupId, logger);
    const source = createSource({
      connection,
      groupId: config.kafka.groupId,
      sessionTimeoutMs: config.kafka.sessionTimeoutMs,
      previousMemberId: member.id,
      topics: subscriptions(options.active),
      clock,
      logger,
      handler: {
        onBatch: givingWay(tracedIntake(config.kafka.groupId, intake), {
          clock,
          pressed: () => apps.pressed(),
        }),
        onAssigned: (partitions) => intake.assigned(partitions),
        onJoined: (memberId) => {
          member.joined(memberId);
        },
        beforeCommit: (positions) => intake.beforeCommit(positions),
        onCommitted: (positions) => {
          intake.committed(positions);
        },
      },
      onCrash: options.onCrash,
      onStall: (stall) => {
        metrics.stall(stall.kind);
        logger.warn({ ...stall }, 'reading from Kafka stood still; reconnecting');
      },
    });
    const backpressure = createBackpressure({
      ledger,
      clock,
      logger,
      maxPending: () => current.active.config.intake.maxPending,
      pause: () => {
        source.pause();
      },
      resume: () => {
        source.resume();
      },
    });
    const digests = createDigestLoop({
      ledger,
      clock,
      logger,
      planDigest: (route, key, members, now) => {
        const { rules } = current.active;
        return { planned: rules.planDigest(route, key, members, now), configHash: rules.hash };
      },
      onPlanned: (route, app) => {
        metrics.planned(route, app, 1);
      },
    });

    const reloads = createReloads({ current, ledger, metrics, logger });
    const watchdog = createWatchdog({
      clock,
      logger,
      loops: () => [heartbeat, ...loops, publishing.loop].map((loop) => loop.state()).concat(apps.states()),
      partitions: () => source.stats().partitions,
      onStuck: (kind) => {
        metrics.stall(kind);
      },
    });
    const health = createHealth({
      watchdog,
      ledger,
      registry,
      source,
      sink,
      apps,
      current,
      pauses,
      starting: () => startProblem,
      stopping: () => phase === 'stopping',
    });
    prometheus.onScrape(createStateReport({ metrics, ledger, source, holds, health, clock }));
    const server = createServer({
      host: config.server.host,
      port: config.server.port,
      adminToken: () => current.active.config.server.adminToken,
      readToken: () => current.active.config.server.readToken,
      ports: createServerPorts({
        health,
        metrics: prometheus.port,
        ledger,
        decoder,
        source,
        admin,
        apps,
        current,
        pauses,
        holds,
        clock,
        logger,
        reload: () => reloads.reload(),
      }),
      clock,
      logger,
    });
    current.onSwap((active) => {
      source.setTopics(subscriptions(active));
      apps.reconfigured();
      metrics.configInfo(active.config.hash);
      digests.wake();
    });

    const loops: Loop[] = [
      createRecovery({ ledger, clock, random, logger }),
      createClockWatch({
        ledger,
        clock,
        logger,
        onSetBack: () => {
          apps.wake();
          digests.wake();
        },
      }),
      createPurger(ledger, () => current.active.config.retentionMs, clock, logger),
      digests,
      backpressure,
      createLagWatch({ clock, logger, partitions: () => source.stats().partitions }),
      createQuotaWatch({
        clock,
        logger,
        metrics,
        quotas: () => quotasOf(ledger, current.active.config.dingtalk.apps.values(), clock.now()),
      }),
      createConfigWatch({
        current,
        clock,
        logger,
        onChange: () => {
          reloads.onFilesChanged();
        },
      }),
    ];
    watchdog.loop.start();
    stack.push('watchdog', () => watchdog.loop.stop());
    const { url } = await server.start();
    stack.push('server', () => server.stop(1_000));
    for (const loop of [heartbeat, ...loops]) loop.start();
    apps.start();

    /** Topics and schema must be there before anything is read or published; Kafka may be late. */
    const bootstrap = createLoop({
      name: 'start',
      clock,
      logger,
      turn: async () => {
        await output.prepare().catch((thrown: unknown) => {
          startProblem = `waiting for Kafka and the schema registry: ${messageOf(thrown)}`;
          throw thrown;
        });
        startProblem = null;
        phase = 'running';
        publishing.loop.start();
        source.start();
        return { wakeAt: null };
      },
    });
    bootstrap.start();
    metrics.configInfo(config.hash);
    metrics.buildInfo(options.build.version, options.build.revision, process.version);

    const stop = async (deadlineMs: number): Promise<void> => {
      phase = 'stopping';
      const deadline = clock.now() + deadlineMs;
      await bootstrap.stop();
      await source.stop(Math.max(1_000, deadlineMs / 3));
      await member.left();
      await intake.flushCommits();
      await Promise.all(loops.map((loop) => loop.stop()));
      await apps.stop();
      await publishing.drain(deadline);
      await publishing.loop.stop();
      await stack.stopAll();
    };
    return {
      url,
      reload: (signal) => reloads.onSignal(signal),
      isLive: () => health.live().every(({ ok }) => ok),
      stop,
    };
  } catch (thrown) {
    await stack.stopAll();
    throw thrown;
  }
}
